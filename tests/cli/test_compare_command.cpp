// `compare` as a user calls it, on rendered fields of two classes.
#include <QJsonArray>

#include "tests/cli/measure_folder.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestCompareCommand : public QObject {
    Q_OBJECT
    MeasureFolder m_folder;

    static QStringList compare(const QString& out, const QStringList& more = {}) {
        return QStringList{"compare", "--real", "real", "--synthetic", "ours=made", "--groups", "^g([0-9]+)_", "--out", out} + more;
    }
private slots:
    void initTestCase() { m_folder.prepare(); }

    // One object on stdout, as other programs read it, and files that say the same.
    void compares() {
        const auto o = m_folder.run(
            compare("report", {"--metrics", "distances,tissue,copying,cues", "--stain", "macenko", "--no-real-pictures", "--json"}));
        QVERIFY2(o.code == 0, o.err);
        const auto json = o.json();
        for (const char* key : {"protocol", "n", "metrics", "warnings"}) QVERIFY2(json.contains(QLatin1String(key)), key);
        QCOMPARE(json["n"].toObject()["real"].toInt(), 28);
        QCOMPARE(json["n"].toObject()["ours"].toInt(), 16);
        const auto metrics = json["metrics"].toObject();
        for (const char* key : {"value", "low", "high", "real_vs_real"})
            QVERIFY2(metrics["kid"].toObject()[QLatin1String(key)].isDouble(), key);
        QVERIFY(metrics["fid"].toObject()["value"].isDouble());
        for (const char* key : {"precision", "recall", "density", "coverage"})
            QVERIFY2(metrics["prdc"].toObject()[QLatin1String(key)].isDouble(), key);
        for (const char* key : {"count", "n", "upper"}) QVERIFY2(metrics["copying"].toObject().contains(QLatin1String(key)), key);
        QVERIFY(metrics["stain"].toObject().contains("haematoxylin") && json["warnings"].isArray());
        QCOMPARE(json["protocol"].toObject()["stain"].toObject()["choice"].toString(), QStringLiteral("macenko"));
        QCOMPARE(QJsonDocument::fromJson(m_folder.read("report/report.json")).object(), json);
        for (const char* file : {"report.html", "metrics.csv", "tiles.csv"})
            QVERIFY2(!m_folder.read(QStringLiteral("report/") + QLatin1String(file)).isEmpty(), file);
        QVERIFY(!o.out.contains(m_folder.dir.path().toUtf8()) &&
                !m_folder.read("report/report.html").contains(m_folder.dir.path().toUtf8()));
        // nothing is overwritten
        const auto before = m_folder.read("report/report.json");
        const auto again = m_folder.run(compare("report", {"--metrics", "cues"}));
        QCOMPARE(again.code, 1);
        m_folder.requireOneSentence(again);
        QCOMPARE(m_folder.read("report/report.json"), before);
    }

    void comparesInWords() {
        const auto o = m_folder.run(compare("words", {"--metrics", "tissue,cues"}));
        QVERIFY2(o.code == 0, o.err);
        QVERIFY2(o.out.contains("Counts of nuclei: Not calibrated on this stain") && o.out.contains("ours: 16 tiles against 28 real ones"),
                 o.out);
    }

    void failures_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        const QStringList quick{"--metrics", "cues"};
        QTest::newRow("compare with nothing") << QStringList{"compare", "--real", "gone", "--synthetic", "made", "--out", "x"} + quick << 1;
        QTest::newRow("compare nothing") << QStringList{"compare", "--real", "real", "--synthetic", "gone", "--out", "x"} + quick << 1;
        QTest::newRow("no set") << QStringList{"compare", "--real", "real", "--out", "x"} << 2;
        QTest::newRow("unknown metric") << compare("x", {"--metrics", "beauty"}) << 2;
        QTest::newRow("unknown stain matrix") << compare("x", {"--stain", "per-tile"}) << 2;
        QTest::newRow("extractor that is not there") << compare("x", quick + QStringList{"--extractor", "torchscript:gone.pt"}) << 1;
        QTest::newRow("no clicked nuclei") << compare("x", {"--metrics", "tissue", "--calibration", "gone.json"}) << 1;
        QTest::newRow("broken clicked nuclei") << compare("x", {"--metrics", "tissue", "--calibration", "clicks.json"}) << 1;
        QTest::newRow("clicks that nothing reads") << compare("x", quick + QStringList{"--calibration", "clicks.json"}) << 2;
        QTest::newRow("pattern that fits nothing")
            << QStringList{"compare", "--real", "real", "--synthetic", "made", "--groups", "^p([0-9]+)", "--out", "x"} + quick << 2;
        QTest::newRow("report into a file") << compare("clicks.json", quick) << 1;
    }
    void failures() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        const auto o = m_folder.run(arguments);
        QVERIFY2(o.code == code, QByteArray::number(o.code) + " " + o.err);
        m_folder.requireOneSentence(o);
        QVERIFY(!QFile::exists(m_folder.at("x/report.json")) && !QFile::exists(m_folder.at("x/assess.json")));
    }
};

PHLOXINE_TEST(cli_compare, TestCompareCommand, QCoreApplication)
#include "test_compare_command.moc"
