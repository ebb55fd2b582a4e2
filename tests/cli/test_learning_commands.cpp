// `assess` and `encoder` as a user calls them, on rendered fields of two classes.
#include <QJsonArray>

#include "tests/cli/measure_folder.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestLearningCommands : public QObject {
    Q_OBJECT
    MeasureFolder m_folder;

    static QStringList assess(const QString& out, const QStringList& more = {}) {
        return QStringList{"assess", "--real",  "real", "--synthetic", "made", "--group-pattern", "^g([0-9]+)_", "--seeds",
                           "1",      "--steps", "3",    "--batch",     "8",    "--rates",         "0.001",       "--ratios",
                           "1",      "--size",  "32",   "--out",       out} +
               more;
    }
    static QStringList train(const QString& out, const QStringList& more = {}) {
        return QStringList{"encoder", "train", "--data", "real", "--group-pattern", "^g([0-9]+)_", "--hold-out", "/[01]$", "--steps", "2",
                           "--batch", "8",     "--out",  out} +
               more;
    }

private slots:
    void initTestCase() { m_folder.prepare(); }

    void help() {
        for (const auto& words : {QStringList{"compare"}, {"assess"}, {"encoder", "train"}}) {
            const auto o = m_folder.run(words + QStringList{"--help"});
            QVERIFY2(o.code == 0 && o.out.contains("Usage") && o.err.isEmpty(), o.err);
        }
    }

    void assesses() {
        const auto o = m_folder.run(assess("gain", {"--json"}));
        QVERIFY2(o.code == 0, o.err);
        const auto json = o.json();
        QCOMPARE(json["format"].toString(), QStringLiteral("phloxine-assess/1"));
        QVERIFY(json["rows"].toArray().size() >= 2 && json["n"].toObject()["test_tiles"].toInt() > 0);
        for (const auto& row : json["rows"].toArray()) QVERIFY(row.toObject()["balanced_accuracy"].isDouble());
        QVERIFY(!m_folder.read("gain/assess.json").isEmpty() && !m_folder.read("gain/assess.csv").isEmpty() &&
                !o.out.contains(m_folder.dir.path().toUtf8()));
        const auto before = m_folder.read("gain/assess.json");
        const auto again = m_folder.run(assess("gain", {"--seed", "2"}));
        QCOMPARE(again.code, 1);
        m_folder.requireOneSentence(again);
        QCOMPARE(m_folder.read("gain/assess.json"), before);
    }

    void trainsAnEncoder() {
        const auto o = m_folder.run(train("own.safetensors", {"--data-words", "rendered fields", "--json"}));
        QVERIFY2(o.code == 0, o.err);
        const auto json = o.json();
        QCOMPARE(json["file"].toString(), QStringLiteral("own.safetensors"));
        const auto said = m_folder.run({"encoder", "info", "own.safetensors", "--json"});
        QVERIFY2(said.code == 0 && !said.json().isEmpty() && said.out.contains("rendered fields"), said.err + said.out);
        QVERIFY(m_folder.run({"encoder", "info"}).code == 0); // the embedded one
        const auto before = m_folder.read("own.safetensors");
        const auto again = m_folder.run(train("own.safetensors"));
        QCOMPARE(again.code, 1);
        m_folder.requireOneSentence(again);
        QCOMPARE(m_folder.read("own.safetensors"), before);
    }

    void failures_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::newRow("assess nothing") << QStringList{"assess", "--real", "gone", "--synthetic", "made", "--out", "x"} << 1;
        QTest::newRow("assess without classes") << QStringList{"assess", "--real", "real/few", "--synthetic", "made", "--out", "x"} << 2;
        QTest::newRow("assess with no seed") << assess("x", {"--seeds", "0"}) << 2;
        QTest::newRow("encoder of nothing") << QStringList{"encoder", "train", "--data", "gone", "--out", "x"} << 1;
        QTest::newRow("encoder without a word") << QStringList{"encoder"} << 2;
        QTest::newRow("unknown precision") << train("x.safetensors", {"--precision", "int3"}) << 2;
        QTest::newRow("info of nothing") << QStringList{"encoder", "info", "gone.safetensors"} << 1;
        QTest::newRow("info of a text") << QStringList{"encoder", "info", "clicks.json"} << 1;
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

PHLOXINE_TEST(cli_learning, TestLearningCommands, QCoreApplication)
#include "test_learning_commands.moc"
