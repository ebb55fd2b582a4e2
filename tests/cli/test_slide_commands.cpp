// `phloxine slide`, `metadata` and `export` as a user calls them: exit codes, one line on stderr, JSON alone on stdout.
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/forked_command.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestSlideCommands : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    const QString m_slide = QStringLiteral(PHLOXINE_TEST_DATA "/../../resources/slides/CMU-1-Small-Region.svs");

    QString at(const char* name) const { return m_dir.filePath(name); }
    Outcome run(const QStringList& arguments) const { return runForked(arguments, m_dir.path()); }
    void write(const char* name, const QByteArray& bytes) const {
        QFile file(at(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }

private slots:
    void info() {
        const Outcome text = run({"slide", "info", m_slide});
        QCOMPARE(text.code, 0);
        QVERIFY(text.out.contains("0.499 um per pixel (property)"));
        const Outcome json = run({"slide", "info", m_slide, "--json"});
        const QJsonObject object = QJsonDocument::fromJson(json.out).object();
        QCOMPARE(object["width"].toInt(), 2220);
        QCOMPARE(object["mpp_source"].toString(), QString("property"));
    }

    void region() {
        const QStringList arguments = {"slide",      "region", m_slide, "--x", "700",   "--y",       "900",
                                       "--width-um", "60",     "--mpp", "0.6", "--out", "region.png"};
        const Outcome first = run(arguments);
        QCOMPARE(first.code, 0);
        QVERIFY(first.out.contains("100 x 100 pixels"));
        const Outcome again = run(arguments);
        QCOMPARE(again.code, 1);
        QVERIFY(again.err.contains("exists already"));
        const Outcome known = run({"slide", "info", "region.png"}); // the scale stays with the file
        QVERIFY(known.out.contains("0.6 um per pixel (property)"));
    }

    void failures_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        const QStringList region = {"slide", "region", m_slide, "--x", "0", "--y", "0", "--out", "never.png"};
        QTest::newRow("no subcommand") << QStringList{"slide"} << 2;
        QTest::newRow("unknown subcommand") << QStringList{"slide", "burn"} << 2;
        QTest::newRow("no file") << QStringList{"slide", "info"} << 2;
        QTest::newRow("missing") << QStringList{"slide", "info", "missing.svs"} << 1;
        QTest::newRow("folder") << QStringList{"slide", "info", "."} << 1;
        QTest::newRow("text") << QStringList{"slide", "info", "text.svs"} << 1;
        QTest::newRow("empty") << QStringList{"slide", "info", "empty.svs"} << 1;
        QTest::newRow("no width") << region << 2;
        QTest::newRow("negative width") << region + QStringList{"--width-um", "-5"} << 2;
        QTest::newRow("width nan") << region + QStringList{"--width-um", "nan"} << 2;
        QTest::newRow("width text") << region + QStringList{"--width-um", "wide"} << 2;
        QTest::newRow("huge") << region + QStringList{"--width-um", "1e12"} << 2;
        QTest::newRow("mpp 0") << region + QStringList{"--width-um", "10", "--mpp", "0"} << 2;
        QTest::newRow("metadata of a slide") << QStringList{"metadata", m_slide} << 1;
        QTest::newRow("metadata of nothing") << QStringList{"metadata", "missing.png"} << 1;
        QTest::newRow("export without a plan") << QStringList{"export", "--out", "x"} << 2;
        QTest::newRow("export of a missing plan") << QStringList{"export", "--plan", "missing.json", "--out", "x"} << 1;
        QTest::newRow("export of a text") << QStringList{"export", "--plan", "text.svs", "--out", "x"} << 1;
        QTest::newRow("export of nothing") << QStringList{"export", "--plan", "empty.json", "--out", "x"} << 2;
        QTest::newRow("export of an unknown class") << QStringList{"export", "--plan", "class.json", "--out", "x"} << 1;
        QTest::newRow("export of an unknown model") << QStringList{"export", "--plan", "model.json", "--out", "x"} << 1;
    }
    void failures() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        write("text.svs", "just some text\n");
        write("empty.svs", "");
        write("empty.json", R"({"format":"phloxine-export/1","items":[]})");
        write("class.json",
              R"({"format":"phloxine-export/1","items":[{"class":"a","request":{"format":"phloxine-request/1","class":"unicorn"}}]})");
        write(
            "model.json",
            R"({"format":"phloxine-export/1","items":[{"class":"a","request":{"format":"phloxine-request/1","model":"unicorn","prompt":"x"}}]})");
        const Outcome result = run(arguments);
        QVERIFY2(result.code == code, result.err);
        QVERIFY2(result.err.startsWith("phloxine: ") && result.err.count('\n') == 1, result.err);
        QVERIFY(result.out.isEmpty());
        QVERIFY(!QFile::exists(at("never.png")));
        QVERIFY(!QDir(at("x")).exists());
    }

    void exportAndResume() {
        write("plan.json", R"({"format":"phloxine-export/1","title":"Two","items":[
            {"class":"lung_n","split":"train","request":{"format":"phloxine-request/1","class":"lung_n","count":2,"seed":7,"steps":2}}]})");
        write("other.json", R"({"format":"phloxine-export/1","title":"Other","items":[
            {"class":"lung_n","split":"train","request":{"format":"phloxine-request/1","class":"lung_n","count":1,"seed":7,"steps":2}}]})");
        const Outcome first = run({"export", "--plan", "plan.json", "--out", "out", "--json"});
        QVERIFY2(first.code == 0, first.err);
        QCOMPARE(QJsonDocument::fromJson(first.out).object()["written"].toInt(), 2);
        const Outcome again = run({"export", "--plan", "plan.json", "--out", "out", "--json"});
        QCOMPARE(QJsonDocument::fromJson(again.out).object()["kept"].toInt(), 2);
        const Outcome other = run({"export", "--plan", "other.json", "--out", "out"});
        QCOMPARE(other.code, 1);
        QVERIFY(other.err.contains("another plan"));
        QProcess check;
        check.setWorkingDirectory(at("out"));
        check.start("sha256sum", {"-c", "--strict", "--quiet", "SHA256SUMS"});
        QVERIFY(check.waitForFinished());
        QCOMPARE(check.exitCode(), 0);
        const Outcome metadata = run({"metadata", "out/set/train/lung_n/lung_n-8.png", "--json"});
        QCOMPARE(QJsonDocument::fromJson(metadata.out).object()["seed"].toInt(), 8);
    }
};

PHLOXINE_TEST(cli_slide_and_export, TestSlideCommands, QCoreApplication)
#include "test_slide_commands.moc"
