// What a confined process can no longer do, by each layer alone and by all.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/base/confine.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestConfine : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    std::string at(const char* name) const { return m_dir.path().toStdString() + "/" + name; }

    // The letters of what a confined child could still do.
    std::string done(StillOpen stillOpen, unsigned layers, unsigned& held) const {
        int ends[2];
        if (::pipe(ends) != 0) return "no pipe";
        const auto victim = at("victim"), fresh = at("fresh");
        const pid_t parent = ::getpid(), child = ::fork();
        if (child == 0) {
            ::signal(SIGXFSZ, SIG_IGN);
            const int own = ::open("/dev/null", O_WRONLY);
            const auto holds = confineThisProcess(stillOpen, layers);
            std::string able(1, char('0' + holds));
            const auto tried = [&](char letter, bool success) {
                if (success) able += letter;
            };
            tried('r', ::open(victim.c_str(), O_RDONLY) >= 0);
            tried('w', ::open(victim.c_str(), O_RDWR) >= 0);
            tried('t', ::open(victim.c_str(), O_WRONLY | O_TRUNC) >= 0);
            tried('c', ::open(fresh.c_str(), O_WRONLY | O_CREAT, 0600) >= 0);
            tried('l', ::open("/proc/self/maps", O_RDONLY) >= 0);
            tried('T', ::truncate(victim.c_str(), 0) == 0);
            tried('m', ::rename(victim.c_str(), fresh.c_str()) == 0);
            tried('u', ::unlink(victim.c_str()) == 0);
            tried('s', ::socket(AF_INET, SOCK_STREAM, 0) >= 0);
            tried('k', ::kill(parent, 0) == 0);
            const pid_t another = ::fork();
            if (another == 0) ::_exit(0);
            tried('f', another > 0);
            char sh[] = "sh", c[] = "-c", line[] = "exit 9", *words[] = {sh, c, line, nullptr};
            bool ran = false; // what it may always do: threads, and descriptors that are open
            std::thread([&] { ran = true; }).join();
            tried('.', ran && ::write(own, "x", 1) == 1);
            if (::write(ends[1], able.data(), able.size()) < 0) ::_exit(1);
            ::execv("/bin/sh", words);
            ::_exit(0);
        }
        ::close(ends[1]);
        char answer[64] = {};
        const auto n = ::read(ends[0], answer, sizeof answer);
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        std::string able(answer + 1, std::size_t(std::max<ssize_t>(n, 1) - 1));
        held = unsigned(answer[0] - '0');
        if (WIFEXITED(status) && WEXITSTATUS(status) == 9) able += 'x';
        return able;
    }

private slots:
    void init() { writeFileAtomically(at("victim"), "mine", IfExists::Replace); }

    void whatIsTakenAway_data() {
        QTest::addColumn<unsigned>("layers");
        QTest::addColumn<bool>("driver");
        QTest::addColumn<QByteArray>("left");
        QTest::newRow("all") << unsigned(AllLayers) << false << QByteArray(".");
        QTest::newRow("filter") << unsigned(FilterLayer) << false << QByteArray(".");
        QTest::newRow("landlock") << unsigned(LandlockLayer) << false << QByteArray("sf.");        // a socket without TCP; a copy of itself
        QTest::newRow("descriptors") << unsigned(DescriptorLayer) << false << QByteArray("Tmkf."); // a file is changed by its name alone
        QTest::newRow("all, driver") << unsigned(AllLayers) << true << QByteArray("l.");
        QTest::newRow("filter, driver") << unsigned(FilterLayer) << true << QByteArray("rl.");
    }
    void whatIsTakenAway() {
        QFETCH(unsigned, layers);
        QFETCH(bool, driver);
        QFETCH(QByteArray, left);
        if (layers != AllLayers && !(offeredLayers() & layers)) QSKIP("This machine does not offer it.");
        unsigned held = 0;
        const auto able = done(driver ? StillOpen::LibrariesAndDevices : StillOpen::Nothing, layers, held);
        if (layers == AllLayers && (offeredLayers() & 3) != 3) QSKIP("This machine offers less.");
        QCOMPARE(QByteArray::fromStdString(able), left);
        QCOMPARE(held, driver ? layers & ~unsigned(DescriptorLayer) : layers);
        if (!left.contains('T')) QCOMPARE(readFile(at("victim")), std::string("mine"));
    }

    void words() { QCOMPARE(layerWords(FilterLayer | DescriptorLayer), std::string("filter, descriptors")); }
};

PHLOXINE_TEST(base_confine, TestConfine, QCoreApplication)
#include "test_confine.moc"
