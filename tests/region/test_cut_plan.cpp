// Which tiles are cut, on the synthetic slide: 0.25 um per pixel, tissue nearly everywhere.
#include <cmath>
#include <set>

#include <QtTest>

#include "core/region/cut_plan.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

Region region(const std::string& className, double left, double top, double width, double height) {
    return {"1", "",           className,
            "",  "annotation", {{{{left, top}, {left + width, top}, {left + width, top + height}, {left, top + height}}, {}}}};
}

CutRequest request() { // tiles of 64 px at 0.5: 128 px of the slide
    CutRequest r;
    r.tilePx = 64;
    r.tissueShare = 0;
    return r;
}

// Half of it is glass.
class HalfGlass final : public SlideSource {
public:
    const SlideInfo& info() const override { return m_slide->info(); }
    Image read(int level, std::int64_t x, std::int64_t y, int width, int height) override {
        auto image = m_slide->read(level, x, y, width, height);
        const double downsample = info().levels[std::size_t(level)].downsample;
        for (int column = 0; column < width; ++column)
            if (double(x) + column * downsample >= double(info().width()) / 2) fill(image, column, 0, 1, height, 250, 250, 250);
        return image;
    }

private:
    std::unique_ptr<SlideSource> m_slide = syntheticSlide(2048, 2048);
};

} // namespace

class TestCutPlan : public QObject {
    Q_OBJECT

private slots:
    void grid() {
        auto slide = syntheticSlide(1300, 1024);
        auto r = request();
        r.className = "tissue";
        const auto plan = planTiles(*slide, nullptr, r);
        QCOMPARE(plan.sidePx, 128.0);
        QCOMPARE(plan.tiles.size(), std::size_t(80)); // what does not fit whole is not cut
        QCOMPARE(plan.tiles[11].x, std::int64_t(128));
        QCOMPARE(plan.tiles[11].y, std::int64_t(128));
        r.strideMicrons = 16;
        QCOMPARE(planTiles(*slide, nullptr, r).tiles.size(), std::size_t(19 * 15));
    }

    void regionsChooseTheClass() {
        auto slide = syntheticSlide(1024, 1024);
        const std::vector<Region> regions{region("a", 0, 0, 512, 1024), region("b", 512, 0, 512, 500)};
        const auto plan = planTiles(*slide, &regions, request());
        QCOMPARE(plan.classes, (std::vector<std::string>{"a", "b"}));
        QCOMPARE(std::count_if(plan.tiles.begin(), plan.tiles.end(), [](const auto& t) { return t.classNumber == 0; }), 32);
        QCOMPARE(plan.tiles.size(), std::size_t(48)); // the row to 512 is covered to 0.906
        QCOMPARE(plan.leftOut.outsideRegions, std::int64_t(16));
        auto strict = request();
        strict.regionShare = 1;
        QCOMPARE(planTiles(*slide, &regions, strict).tiles.size(), std::size_t(32 + 12));
    }

    void regionsOfOneClassCountTogether() {
        auto slide = syntheticSlide(512, 512);
        const std::vector<Region> halves{region("a", 0, 0, 64, 128), region("a", 60, 0, 68, 128)};
        const auto plan = planTiles(*slide, &halves, request());
        QCOMPARE(plan.tiles.size(), std::size_t(1));
        QVERIFY(std::abs(plan.tiles[0].regionShare - 1) < 1e-6);
    }

    void twoClassesGiveNeither() {
        auto slide = syntheticSlide(512, 512);
        const std::vector<Region> regions{region("a", 0, 0, 256, 512), region("b", 128, 0, 256, 512)};
        const auto plan = planTiles(*slide, &regions, request());
        QCOMPARE(plan.leftOut.twoClasses, std::int64_t(4));
        QCOMPARE(plan.leftOut.outsideRegions, std::int64_t(4));
        QCOMPARE(plan.tiles.size(), std::size_t(8));
    }

    void regionsWithoutClass() {
        auto slide = syntheticSlide(512, 512);
        const std::vector<Region> regions{region("", 0, 0, 512, 512), region("b", 9000, 0, 100, 100)};
        const auto none = planTiles(*slide, &regions, request());
        QVERIFY(none.tiles.empty());
        QCOMPARE(none.notices.size(), std::size_t(2)); // no class, and one outside
        auto named = request();
        named.className = "a";
        QCOMPARE(planTiles(*slide, &regions, named).tiles.size(), std::size_t(16));
    }

    void tissue() {
        HalfGlass slide;
        auto r = request();
        r.className = "tissue", r.tissueShare = 0.5;
        const auto plan = planTiles(slide, nullptr, r);
        QVERIFY(std::all_of(plan.tiles.begin(), plan.tiles.end(), [](const auto& t) { return t.x < 1024 && t.tissueShare >= 0.5; }));
        QVERIFY(plan.tiles.size() > 96); // of 128; lumens are pale too
        QCOMPARE(plan.leftOut.littleTissue + std::int64_t(plan.tiles.size()), std::int64_t(256));
    }

    void spreadOverTheSlide() {
        auto slide = syntheticSlide(4096, 4096);
        auto r = request();
        r.className = "tissue", r.perSlide = 64;
        const auto plan = planTiles(*slide, nullptr, r);
        QCOMPARE(plan.tiles.size(), std::size_t(64));
        QCOMPARE(plan.leftOut.beyondPerSlide, std::int64_t(1024 - 64));
        std::set<std::pair<std::int64_t, std::int64_t>> cells; // of 512 px: one tile in each of the 64
        for (const auto& tile : plan.tiles) cells.insert({tile.x / 512, tile.y / 512});
        QCOMPARE(cells.size(), std::size_t(64));
        const auto places = [](const SlidePlan& p) {
            std::vector<std::pair<std::int64_t, std::int64_t>> all;
            for (const auto& tile : p.tiles) all.push_back({tile.x, tile.y});
            return all;
        };
        QVERIFY(places(planTiles(*slide, nullptr, r)) == places(plan));
        r.seed = 2;
        QVERIFY(places(planTiles(*slide, nullptr, r)) != places(plan));
    }

    void groups() {
        QCOMPARE(groupOf("TCGA-CR-7395-01A-01-TS1.svs", ""), std::string("TCGA-CR-7395"));
        QCOMPARE(groupOf("slide 7.ome.tiff", ""), std::string("slide 7.ome"));
        QCOMPARE(groupOf("p12_s3.svs", "^(p[0-9]+)_"), std::string("p12"));
        std::string message;
        QCOMPARE(errorOf([] { groupOf("x.svs", "^(p[0-9]+)_"); }, &message), QByteArray("wrong-use"));
        QVERIFY(message.find("--group-from") != message.npos);
        QCOMPARE(errorOf([] { groupOf("x.svs", "x"); }), QByteArray("wrong-use"));     // no bracket
        QCOMPARE(errorOf([] { groupOf("x.svs", "(y*)x"); }), QByteArray("wrong-use")); // finds nothing
        QCOMPARE(errorOf([] { groupOf("x.svs", "("); }), QByteArray("wrong-use"));
    }

    void refusals() {
        auto r = request();
        r.className = "a";
        const auto refused = [&](SlideSource& slide, const CutRequest& one, const char* word) {
            std::string message;
            return errorOf([&] { planTiles(slide, nullptr, one); }, &message) == "wrong-use" && message.find(word) != message.npos;
        };
        auto slide = syntheticSlide(1024, 1024);
        const auto unknown = withScale(syntheticSlide(1024, 1024), {});
        QVERIFY(refused(*unknown, r, "--assume-mpp"));
        const auto coarse = withScale(syntheticSlide(1024, 1024), {0.6, ScaleSource::User});
        QVERIFY(refused(*coarse, r, "enlarged"));
        QVERIFY(refused(*syntheticSlide(100, 1000), r, "smaller than one tile"));
        QVERIFY(refused(*slide, request(), "--class"));
        r.strideMicrons = 0.001; // one pixel is the least
        QVERIFY(refused(*syntheticSlide(100000, 100000), r, "--stride-um"));
    }

    void requests_data() {
        QTest::addColumn<QByteArray>("word");
        for (const char* word : {"--tile-px", "--mpp", "--tissue-share", "--region-share", "--per-slide", "--stride-um", "--assume-mpp",
                                 "--seed", "--group-from"})
            QTest::newRow(word) << QByteArray(word);
    }
    void requests() {
        QFETCH(QByteArray, word);
        CutRequest r;
        QVERIFY(errorOf([&] { requireValid(r); }).isEmpty());
        if (word == "--tile-px") r.tilePx = 8;
        if (word == "--mpp") r.micronsPerPixel = std::nan("");
        if (word == "--tissue-share") r.tissueShare = 1.1;
        if (word == "--region-share") r.regionShare = 0;
        if (word == "--per-slide") r.perSlide = -1;
        if (word == "--stride-um") r.strideMicrons = INFINITY;
        if (word == "--assume-mpp") r.assumedMicronsPerPixel = 1000;
        if (word == "--seed") r.seed = 1ull << 60;
        if (word == "--group-from") r.groupPattern = std::string(3, '[');
        std::string message;
        QCOMPARE(errorOf([&] { requireValid(r); }, &message), QByteArray("wrong-use"));
        QVERIFY2(message.find(word.toStdString()) != message.npos, message.c_str());
    }
};

PHLOXINE_TEST(region_cut_plan, TestCutPlan, NoApplication)
#include "test_cut_plan.moc"
