// JSON, hashes and the log.
#include <filesystem>
#include <thread>

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestText : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const char* name) const { return fs::path(m_dir.path().toStdString()) / name; }

private slots:
    void jsonKeepsItsOrder() { QCOMPARE(parseJson(R"({"z":1,"a":2})", "x").dump(), std::string(R"({"z":1,"a":2})")); }

    void badJson_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut") << QByteArray("{\"a\":");
        QTest::newRow("rest") << QByteArray("{} {}");
        QTest::newRow("not utf-8") << QByteArray("\"\xff\"");
        QTest::newRow("number too large") << QByteArray("1e999");
        QTest::newRow("deep") << QByteArray(100000, '[');
        QTest::newRow("deep and closed") << QByteArray(1000, '[') + QByteArray(1000, ']');
        QTest::newRow("nan") << QByteArray("NaN");
    }
    void badJson() {
        QFETCH(QByteArray, text);
        std::string message;
        QCOMPARE(errorOf([&] { parseJson({text.constData(), std::size_t(text.size())}, "plan.json"); }, &message), "corrupt");
        QVERIFY(message.starts_with("plan.json"));
    }

    void bracketsInTextAreNotNesting() {
        QCOMPARE(errorOf([] { parseJson("\"" + std::string(1000, '[') + "\\\"[\"", "x"); }), "");
    }

    void jsonFiles() {
        writeFileAtomically(at("good.json"), "[1]");
        QCOMPARE(readJsonFile(at("good.json")).size(), 1u);
        QCOMPARE(errorOf([&] { readJsonFile(at("missing.json")); }), "not-found");
    }

    void formats() {
        const auto word = [](const char* json) { return errorOf([&] { requireFormat(parseJson(json, "x"), "export", 2, "x"); }); };
        QCOMPARE(word(R"({"format":"phloxine-export/1"})"), "");
        QCOMPARE(word(R"({"format":"phloxine-export/2"})"), "");
        QCOMPARE(word(R"({"format":"phloxine-export/3"})"), "unsupported");
        QCOMPARE(word(R"({"format":"phloxine-export/0"})"), "corrupt");
        QCOMPARE(word(R"({"format":"phloxine-export/1x"})"), "corrupt");
        QCOMPARE(word(R"({"format":"phloxine-export/"})"), "corrupt");
        QCOMPARE(word(R"({"format":"phloxine-export/99999999999"})"), "corrupt");
        QCOMPARE(word(R"({"format":"phloxine-request/1"})"), "corrupt");
        QCOMPARE(word(R"({"format":1})"), "corrupt");
        QCOMPARE(word("{}"), "corrupt");
        QCOMPARE(word("[]"), "corrupt");
    }

    void knownHashes() {
        QCOMPARE(sha256(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(sha256("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        Sha256 pieces;
        pieces.add("a");
        pieces.add("bc");
        QCOMPARE(pieces.hex(), sha256("abc"));
        writeFileAtomically(at("abc"), "abc");
        QCOMPARE(sha256OfFile(at("abc")), sha256("abc"));
        QCOMPARE(errorOf([&] { sha256OfFile(at("none")); }), "not-found");
    }

    void theLogRotates() {
        setLogToStderr(false);
        setLogFile(at("logs/phloxine.log"));
        logInfo("one\ntwo");
        QVERIFY(readFile(at("logs/phloxine.log")).ends_with(" info: one two\n"));
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([] {
                for (int i = 0; i < 3000; ++i) logWarning(std::string(150, 'x'));
            });
        for (std::thread& thread : threads) thread.join();
        QVERIFY(fs::file_size(at("logs/phloxine.log")) <= (1 << 20) + 200);
        QVERIFY(fs::exists(at("logs/phloxine.log.1")));
        QCOMPARE(std::distance(fs::directory_iterator(at("logs")), fs::directory_iterator()), 2);
        setLogFile("/proc/none/phloxine.log"); // no log file must not stop anybody
        logInfo("still alive");
        setLogFile({});
    }
};

PHLOXINE_TEST(base_text, TestText, QCoreApplication)
#include "test_text.moc"
