// Outlines of masks give the masks back; brushes, sums and differences keep their areas; what a slide's regions are kept in survives
// damage.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Dice.h"
#include "core/base/Files.h"
#include "core/region/region_files.h"
#include "core/region/region_store.h"
#include "core/region/shapes.h"
#include "core/region/tissue_region.h"
#include "core/slide/SlideSource.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

Polygon squareAt(double left, double top, double side) {
    return {{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}, {}};
}

RegionMask masked(const char* rows, int width) {
    RegionMask mask{width, int(std::strlen(rows)) / width, {}};
    for (const char* c = rows; *c; ++c) mask.inside.push_back(*c == '#');
    return mask;
}

bool nearly(double area, double expected) { return std::abs(area - expected) < 1e-3 * expected; } // areas are summed over rows

const SlideBox slide{0, 0, 10000, 8000};

} // namespace

class TestShapes : public QObject {
    Q_OBJECT
    fs::path at(const char* name) const { return fs::path(m_dir.path().toStdString()) / name; }
    QTemporaryDir m_dir;

private slots:
    void outlineGivesTheMaskBack_data() {
        QTest::addColumn<QByteArray>("rows");
        QTest::addColumn<int>("parts");
        QTest::addColumn<int>("holes");
        QTest::newRow("one pixel") << QByteArray(".....#...") << 1 << 0;
        QTest::newRow("all") << QByteArray("#########") << 1 << 0;
        QTest::newRow("nothing") << QByteArray(".........") << 0 << 0;
        QTest::newRow("ring") << QByteArray("####.####") << 1 << 1;
        QTest::newRow("corners that meet") << QByteArray("#...#...#") << 3 << 0;
        QTest::newRow("a side") << QByteArray("###......") << 1 << 0;
        QTest::newRow("chess") << QByteArray("#.#.#.#.#") << 5 << 0;
        QTest::newRow("the other chess") << QByteArray(".#.#.#.#.") << 4 << 0;
    }
    void outlineGivesTheMaskBack() {
        QFETCH(QByteArray, rows);
        QFETCH(int, parts);
        QFETCH(int, holes);
        const auto mask = masked(rows.constData(), 3);
        const auto shapes = outlineOf(mask, 100, 50, 4);
        QCOMPARE(int(shapes.size()), parts);
        int found = 0;
        for (const auto& shape : shapes) found += int(shape.holes.size());
        QCOMPARE(found, holes);
        QVERIFY(rasterised(shapes, 100, 50, mask.width, mask.height, 4).inside == mask.inside);
    }

    void outlineOfNoise() {
        Dice dice(5);
        for (int round = 0; round < 20; ++round) {
            RegionMask mask{37, 23, {}};
            for (int i = 0; i < 37 * 23; ++i) mask.inside.push_back(dice.chance(0.3 + 0.02 * round));
            const auto shapes = outlineOf(mask, 0, 0, 1);
            QVERIFY(rasterised(shapes, 0, 0, 37, 23, 1).inside == mask.inside);
            const auto pixels = std::count(mask.inside.begin(), mask.inside.end(), 1);
            QVERIFY(std::abs(areaPx(shapes) - double(pixels)) < 1e-6 * double(pixels) + 1);
        }
    }

    void brushIsAsWideAsSaid() {
        const auto disc = combined({}, brushed({{500, 500}}, 100), Combine::Add, slide, 1);
        QCOMPARE(disc.size(), std::size_t(1));
        QVERIFY(std::abs(areaPx(disc) / (3.14159 * 100 * 100) - 1) < 0.02);
        const auto line = combined({}, brushed({{500, 500}, {800, 700}, {1100, 500}}, 50), Combine::Add, slide, 1);
        QCOMPARE(line.size(), std::size_t(1));
        QVERIFY2(line[0].outer.size() < 150, std::to_string(line[0].outer.size()).c_str()); // a few places, not stairs
        QVERIFY(contains(line, {800, 700}) && !contains(line, {800, 640 - 50}));
    }

    void brushOffTheSlide() {
        QVERIFY(combined({}, brushed({{-500, -500}, {-300, -900}}, 100), Combine::Add, slide, 1).empty());
        const auto edge = combined({}, brushed({{0, 0}}, 100), Combine::Add, slide, 1);
        const auto box = boundingBox(edge);
        QVERIFY(box.left >= 0 && box.top >= 0);
        QVERIFY(std::abs(areaPx(edge) / (3.14159 * 100 * 100 / 4) - 1) < 0.05);
    }

    void addAndTakeAway() {
        const std::vector<Polygon> base{squareAt(100, 100, 200)};
        const auto more = combined(base, {squareAt(200, 200, 200)}, Combine::Add, slide, 1);
        QCOMPARE(more.size(), std::size_t(1));
        QVERIFY(nearly(areaPx(more), 2 * 200 * 200 - 100 * 100));
        const auto less = combined(base, {squareAt(150, 150, 50)}, Combine::TakeAway, slide, 1);
        QCOMPARE(less.size(), std::size_t(1));
        QCOMPARE(less[0].holes.size(), std::size_t(1));
        QVERIFY(nearly(areaPx(less), 200 * 200 - 50 * 50));
        QCOMPARE(combined(base, {squareAt(150, 90, 20)}, Combine::TakeAway, slide, 1).size(), std::size_t(1));
        QCOMPARE(combined(base, {{{{190, 0}, {210, 0}, {210, 500}, {190, 500}}, {}}}, Combine::TakeAway, slide, 1).size(), std::size_t(2));
        QVERIFY(combined(base, {squareAt(0, 0, 1000)}, Combine::TakeAway, slide, 1).empty());
    }

    void combinesWhatCrossesItself() {
        const std::vector<Polygon> bow{{{{100, 100}, {300, 300}, {300, 100}, {100, 300}}, {}}};
        const auto shapes = combined(bow, {squareAt(150, 150, 10)}, Combine::Add, slide, 1);
        QVERIFY(std::abs(areaPx(shapes) - areaPx(bow)) < 0.03 * areaPx(bow) + 200);
    }

    void crossing_data() {
        QTest::addColumn<QVector<double>>("places");
        QTest::addColumn<bool>("crosses");
        QTest::newRow("square") << QVector<double>{0, 0, 1, 0, 1, 1, 0, 1} << false;
        QTest::newRow("bow") << QVector<double>{0, 0, 1, 1, 1, 0, 0, 1} << true;
        QTest::newRow("triangle") << QVector<double>{0, 0, 5, 1, 2, 7} << false;
        QTest::newRow("hook") << QVector<double>{0, 0, 4, 0, 4, 4, 2, 4, 2, 2, 0, 2} << false;
        QTest::newRow("touches its own side") << QVector<double>{0, 0, 4, 0, 4, 4, 2, 0, 0, 4} << true;
        QTest::newRow("pentagram") << QVector<double>{0, 10, 6, -8, -9, 3, 9, 3, -6, -8} << true;
    }
    void crossing() {
        QFETCH(QVector<double>, places);
        QFETCH(bool, crosses);
        Ring ring;
        for (int i = 0; i < places.size(); i += 2) ring.push_back({places[i], places[i + 1]});
        QCOMPARE(crossesItself(ring), crosses);
    }

    void tissueOfTheSampleSlide() {
        const auto slide = openSlide(qEnvironmentVariable("PHLOXINE_RESOURCES").toStdString() + "/slides/CMU-1-Small-Region.svs");
        const auto picture = overview(*slide, 1024, 1024);
        const double width = double(slide->info().width()), height = double(slide->info().height());
        const auto tissue = tissuePolygons(picture, width, height);
        QVERIFY(!tissue.empty());
        const double share = areaPx(tissue) / (width * height);
        QVERIFY2(share > 0.2 && share < 0.9, qPrintable(QString::number(share)));
        const auto box = boundingBox(tissue);
        QVERIFY(box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height);
        Image glass(64, 64);
        fill(glass, 0, 0, 64, 64, 250, 250, 250);
        QVERIFY(tissuePolygons(glass, 1000, 1000).empty());
    }

    void keptAndFoundAgain() {
        Region region;
        region.id = "a", region.className = "lung_scc", region.colour = "#E69F00", region.polygons = {squareAt(0.125, 7, 90.5)};
        keepRegions(at("project"), "key", {region});
        QVERIFY(keptRegions(at("project"), "key").regions == std::vector{region});
        QVERIFY(keptRegions(at("project"), "other").regions.empty());
        keepRegions(at("project"), "key", {});
        QVERIFY(keptRegions(at("project"), "key").regions.empty());
    }

    void ownLabels() {
        const std::vector<OwnLabel> labels{{"Nekrose \xc3\xa4", "#8A5F00"}, {"stroma", "#009E73"}};
        keepLabels(at("labels"), labels);
        QVERIFY(keptLabels(at("labels")) == labels);
        QVERIFY(keptLabels(at("nothing")).empty());
        for (const char* text : {"", "{}", "[3]", R"({"format":"phloxine-labels/1","labels":[{"name":3}]})"}) {
            writeFileAtomically(at("labels") / "regions" / "labels.json", text, IfExists::Replace);
            QVERIFY(keptLabels(at("labels")).empty());
        }
    }

    void damagedFileIsSetAside() {
        const auto file = at("damaged") / "regions" / "key.geojson";
        fs::create_directories(file.parent_path());
        for (const char* text : {"", "{\"type\":\"FeatureColl", "\x89PNG"}) {
            writeFileAtomically(file, text, IfExists::Replace);
            const auto kept = keptRegions(at("damaged"), "key");
            QVERIFY(kept.regions.empty());
            QCOMPARE(kept.notices.size(), std::size_t(1));
            QVERIFY(!isThere(file));
        }
        QCOMPARE(std::distance(fs::directory_iterator(file.parent_path()), fs::directory_iterator()), std::ptrdiff_t(3));
    }

    void readOnlyFolder() {
        const auto folder = at("closed");
        fs::create_directories(folder);
        fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
        const AsNobody nobody;
        QCOMPARE(errorOf([&] { keepRegions(folder, "key", {}); }), "read-only");
    }

    void keyFollowsTheBytesAlone() {
        const std::string large(300'000, 'x');
        auto other = large;
        other[150'000] = 'y';
        writeFileAtomically(at("a.svs"), large), writeFileAtomically(at("b.svs"), large), writeFileAtomically(at("c.svs"), other);
        writeFileAtomically(at("small"), "s"), writeFileAtomically(at("empty"), "");
        QVERIFY(slideKey(at("a.svs")) == slideKey(at("b.svs")));
        QVERIFY(slideKey(at("a.svs")) != slideKey(at("c.svs")));
        QCOMPARE(slideKey(at("small")).size(), std::size_t(32));
        QVERIFY(slideKey(at("small")) != slideKey(at("empty")));
        QCOMPARE(errorOf([&] { slideKey(at("gone.svs")); }), "not-found");
    }
};

PHLOXINE_TEST(region_shapes, TestShapes, QCoreApplication)
#include "test_shapes.moc"
