// An export that is killed in the middle, more than once, ends as an unbroken one does.
#include <csignal>

#include <QDir>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/program.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestKill : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    QStringList arguments(const QString& out) const {
        return {"export", "--plan", m_dir.filePath("plan.json"), "--out", m_dir.filePath(out)};
    }
    QStringList tiles(const QString& out) const {
        QStringList files;
        for (QDirIterator it(m_dir.filePath(out), {"*.png"}, QDir::Files, QDirIterator::Subdirectories); it.hasNext();) files << it.next();
        files.sort();
        return files;
    }
    static QByteArray read(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void initTestCase() {
        QVERIFY2(QFile::exists(program()), "the program is not built");
        QFile plan(m_dir.filePath("plan.json"));
        QVERIFY(plan.open(QIODevice::WriteOnly));
        plan.write(R"({"format":"phloxine-export/1","title":"A small set","items":[
            {"class":"lung_scc","split":"train","request":{"format":"phloxine-request/1","class":"lung_scc","count":8,"seed":1,"steps":2,"device":"cpu"}},
            {"class":"colon_n","split":"test","request":{"format":"phloxine-request/1","class":"colon_n","count":4,"seed":50,"steps":2,"device":"cpu"}}]})");
    }

    void killedExportCompletes() {
        QHash<QString, QDateTime> times;
        QHash<QString, QByteArray> bytes;
        for (const int wanted : {2, 6}) {
            QProcess process;
            process.start(program(), arguments("killed"));
            QTRY_VERIFY_WITH_TIMEOUT(tiles("killed").size() >= wanted || process.state() == QProcess::NotRunning, 60000);
            QVERIFY2(process.state() == QProcess::Running, process.readAllStandardError());
            kill(pid_t(process.processId()), SIGKILL);
            QVERIFY(process.waitForFinished());
            for (const auto& file : tiles("killed")) {
                QVERIFY2(!isPartial(file), "a partial file has a final name");
                if (times.contains(file)) QCOMPARE(QFileInfo(file).lastModified(), times[file]); // verified, not made again
                times[file] = QFileInfo(file).lastModified();
                bytes[file] = read(file);
            }
        }
        const auto last = runProgram(arguments("killed"), m_dir.path());
        QVERIFY2(last.code == 0, last.err);
        QCOMPARE(tiles("killed").size(), 12);
        for (auto it = times.begin(); it != times.end(); ++it) {
            QCOMPARE(QFileInfo(it.key()).lastModified(), it.value());
            QCOMPARE(read(it.key()), bytes[it.key()]);
        }
        for (QDirIterator it(m_dir.filePath("killed"), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); it.hasNext();)
            QVERIFY2(!it.next().contains(".phloxine-tmp-"), qPrintable(it.filePath()));

        QProcess check;
        check.setWorkingDirectory(m_dir.filePath("killed"));
        check.start("sha256sum", {"-c", "--quiet", "SHA256SUMS"});
        QVERIFY(check.waitForFinished());
        QVERIFY2(check.exitCode() == 0, check.readAllStandardOutput());

        // The same files as a run that nobody disturbed.
        const auto whole = runProgram(arguments("whole"), m_dir.path());
        QVERIFY2(whole.code == 0, whole.err);
        QCOMPARE(read(m_dir.filePath("killed/SHA256SUMS")), read(m_dir.filePath("whole/SHA256SUMS")));
    }

    void finishedExportHasNothingToDo() {
        QVERIFY(QFile::exists(m_dir.filePath("whole/SHA256SUMS")));
        const auto before = QFileInfo(m_dir.filePath("whole/SHA256SUMS")).lastModified();
        QCOMPARE(runProgram(arguments("whole"), m_dir.path()).code, 0);
        QCOMPARE(QFileInfo(m_dir.filePath("whole/SHA256SUMS")).lastModified(), before);
    }

    void secondProgramIsBusy() {
        QProcess first;
        first.start(program(), arguments("shared"));
        QTRY_VERIFY_WITH_TIMEOUT(!tiles("shared").isEmpty(), 60000);
        kill(pid_t(first.processId()), SIGSTOP); // it holds the folder as long as it lives
        const auto second = runProgram(arguments("shared"), m_dir.path());
        kill(pid_t(first.processId()), SIGCONT);
        QVERIFY(first.waitForFinished(60000));
        QCOMPARE(second.code, 1);
        QVERIFY2(second.err.count('\n') == 1, second.err);
        QCOMPARE(first.exitCode(), 0);
    }

private:
    // True when the file is not a whole PNG: it lacks the signature or the end chunk.
    static bool isPartial(const QString& path) {
        const auto bytes = read(path);
        return !bytes.startsWith("\x89PNG") || !bytes.contains("IEND");
    }
};

PHLOXINE_TEST(cli_kill, TestKill, QCoreApplication)
#include "test_kill.moc"
