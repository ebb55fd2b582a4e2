// `phloxine train` as a user runs it: killed at several moments, stopped with Ctrl+C, gone on with, and told what is wrong.
#include <csignal>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/program.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;

class TrainCommandTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    QString path(const QString& name) const { return m_dir.filePath(name); }
    void write(const QString& name, const Json& json) const {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(json.dump()));
    }
    QStringList train(const QString& out, bool resume = false) const {
        QStringList arguments{"train",        "diffusion", "--recipe", path("recipe.json"), "--data",
                              path("tissue"), "--out",     path(out),  "--threads",         "1"};
        if (resume) arguments << "--resume";
        return arguments;
    }
    int steps(const QString& out) const {
        QFile log(path(out) + "/log.jsonl");
        return log.open(QIODevice::ReadOnly) ? int(log.readAll().count('\n')) : 0;
    }
    QByteArray model(const QString& out) const {
        QFile file(path(out) + "/model/weights.safetensors");
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void initTestCase() {
        QVERIFY2(QFile::exists(program()), "the program is not built");
        writeTissue(path("tissue").toStdString());
        write("autoencoder.json", smallAutoencoder());
        const auto made = runProgram({"train", "autoencoder", "--recipe", path("autoencoder.json"), "--data", path("tissue"), "--out",
                                      path("ae"), "--json", "--threads", "1"},
                                     m_dir.path());
        QVERIFY2(made.code == 0, made.err);
        QCOMPARE(made.json()["tiles"].toInt(), 4);
        auto recipe = smallDiffusion("ae/autoencoder", 24);
        recipe["watch"]["samples_every"] = 0;
        write("recipe.json", recipe);
        const auto whole = runProgram(train("whole"), m_dir.path());
        QVERIFY2(whole.code == 0, whole.err);
        QVERIFY2(whole.out.contains("caption gap"), whole.out);
        QVERIFY(!model("whole").isEmpty());
    }

    void killedAnywhereEndsTheSame() {
        bool resume = false;
        for (const int wanted : {0, 1, 6, 17}) {
            QProcess process;
            process.start(program(), train("killed", resume));
            if (wanted == 0) QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("killed/recipe.json")), 20000); // while it prepares
            else QTRY_VERIFY_WITH_TIMEOUT(steps("killed") >= wanted || process.state() == QProcess::NotRunning, 60000);
            QVERIFY2(process.state() == QProcess::Running, process.readAllStandardError());
            kill(pid_t(process.processId()), SIGKILL);
            QVERIFY(process.waitForFinished());
            resume = true;
        }
        const auto last = runProgram(train("killed", true), m_dir.path());
        QVERIFY2(last.code == 0, last.err);
        QCOMPARE(steps("killed"), 24);
        QVERIFY(model("killed") == model("whole"));
    }

    void stoppedByTheUserKeepsItsState() {
        QProcess process;
        process.start(program(), train("stopped"));
        QTRY_VERIFY_WITH_TIMEOUT(steps("stopped") >= 6 || process.state() == QProcess::NotRunning, 60000);
        kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 130);
        const int done = steps("stopped");
        QVERIFY(QFile::exists(path("stopped/checkpoints/%1/state.json").arg(done * 4))); // after the step, not at the last interval
        QCOMPARE(runProgram(train("stopped", true), m_dir.path()).code, 0);
        QVERIFY(model("stopped") == model("whole"));
    }

    void finishedHasNothingToDo() {
        const auto again = runProgram(train("whole", true), m_dir.path());
        QCOMPARE(again.code, 0);
        QVERIFY(again.out.contains("is finished"));
    }

    void saysWhatIsWrong() {
        auto recipe = smallDiffusion("ae/autoencoder");
        recipe["optimiser"]["raet"] = 1;
        write("wrong.json", recipe);
        auto arguments = train("wrong");
        arguments[3] = path("wrong.json");
        const auto wrong = runProgram(arguments, m_dir.path());
        QCOMPARE(wrong.code, 1);
        QVERIFY2(wrong.err.contains("\"optimiser.raet\" is not known") && wrong.err.count('\n') == 1, wrong.err);
        const auto twice = runProgram(train("whole"), m_dir.path());
        QCOMPARE(twice.code, 1);
        QVERIFY2(twice.err.contains("--resume"), twice.err);
        QCOMPARE(runProgram({"train"}, m_dir.path()).code, 2);
        QCOMPARE(runProgram({"train", "diffusion"}, m_dir.path()).code, 2);
    }
};

PHLOXINE_TEST(train_command, TrainCommandTest, QCoreApplication)
#include "test_train_command.moc"
