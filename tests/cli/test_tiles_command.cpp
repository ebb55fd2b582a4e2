// `phloxine tiles cut` as a user calls it, and the commands that take its folder.
#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/region/region_files.h"
#include "core/slide/SlideSource.h"
#include "tests/support/forked_command.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestTilesCommand : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    std::filesystem::path at(const char* name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }
    Outcome run(const QStringList& arguments) const { return runForked(arguments, m_dir.path()); }
    const QStringList m_cut{"tiles", "cut", "slides", "--mpp", "1", "--tile-px", "64", "--out", "set"};

private slots:
    void initTestCase() {
        std::filesystem::create_directories(at("slides"));
        std::filesystem::copy_file(smallSlide(), at("slides/s1.svs"));
        const Ring left{{0, 0}, {1100, 0}, {1100, 2900}, {0, 2900}}, right{{1100, 0}, {2200, 0}, {2200, 2900}, {1100, 2900}};
        const std::vector<Region> regions{{"1", "", "left side", "", "annotation", {{left, {}}}},
                                          {"2", "", "right", "", "annotation", {{right, {}}}}};
        writeRegions(at("slides/s1.xml"), regions, RegionFormat::AsapXml);
    }

    void cutsAndGoesOn() {
        const auto first = run(m_cut + QStringList{"--json"});
        QCOMPARE(first.code, 0);
        QVERIFY(first.err.isEmpty());
        const auto json = first.json();
        const int tiles = json["tiles"].toInt();
        QVERIFY(tiles > 40);
        QCOMPARE(json["classes"]["left_side"].toInt() + json["classes"]["right"].toInt(), tiles);
        QVERIFY(json["left_out"]["little_tissue"].toInt() > 0);
        QCOMPARE(QDir(m_dir.filePath("set/right")).entryList({"s1_*.png"}).size(), json["classes"]["right"].toInt());
        const auto again = run(m_cut);
        QCOMPARE(again.code, 0);
        QVERIFY(again.out.contains(QByteArray::number(tiles) + " of them found finished"));
        const auto other = run(m_cut + QStringList{"--seed", "3"});
        QCOMPARE(other.code, 1);
        QVERIFY(other.err.contains("another plan"));
    }

    void otherCommandsTakeTheFolder() { // as it is
        const auto captions = run({"caption", "set", "--data", "set", "--out", "captions.jsonl", "--json"});
        QVERIFY2(captions.code == 0, captions.err.constData());
        const auto info = run({"slide", "info", "set/right/" + QDir(m_dir.filePath("set/right")).entryList({"*.png"}).front()});
        QVERIFY(info.out.contains("1 um per pixel (property)"));
    }

    void failures_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("word");
        const QStringList cut{"tiles", "cut"}, out{"--out", "never"}, mpp{"--mpp", "1"}, slide{"slides/s1.svs"};
        QTest::newRow("nothing") << QStringList{"tiles"} << 2 << QByteArray("subcommand");
        QTest::newRow("no scale wanted") << cut + slide + out << 2 << QByteArray("--mpp");
        QTest::newRow("no place") << cut + slide + mpp << 2 << QByteArray("--out");
        QTest::newRow("no slide") << cut + mpp + out << 2 << QByteArray("slides");
        QTest::newRow("not there") << cut + QStringList{"nowhere.svs"} + mpp + out << 1 << QByteArray("not found");
        QTest::newRow("no slide at all") << cut + QStringList{"slides/s1.xml"} + mpp + out << 1 << QByteArray("not a slide");
        QTest::newRow("tile") << cut + slide + mpp + out + QStringList{"--tile-px", "5"} << 2 << QByteArray("--tile-px");
        QTest::newRow("not a number") << cut + slide + out + QStringList{"--mpp", "x"} << 2 << QByteArray("--mpp");
        QTest::newRow("finer than the slide") << cut + slide + out + QStringList{"--mpp", "0.25"} << 2 << QByteArray("enlarged");
        QTest::newRow("no regions there") << cut + slide + mpp + out + QStringList{"--regions", "set"} << 2 << QByteArray("--class");
        QTest::newRow("taken") << cut + slide + mpp + QStringList{"--out", "slides"} << 1 << QByteArray("new or empty");
        QTest::newRow("a file") << cut + slide + mpp + QStringList{"--out", "slides/s1.xml"} << 1 << QByteArray("s1.xml");
        QTest::newRow("pattern") << cut + slide + mpp + out + QStringList{"--group-from", "("} << 2 << QByteArray("--group-from");
    }
    void failures() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QByteArray, word);
        const auto outcome = run(arguments);
        QVERIFY2(outcome.code == code && outcome.err.contains(word), outcome.err.constData());
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY(!isThere(at("never")));
    }
};

PHLOXINE_TEST(cli_tiles, TestTilesCommand, NoApplication)
#include "test_tiles_command.moc"
