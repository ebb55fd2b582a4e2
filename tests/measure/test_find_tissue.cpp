// Real tissue like a tile, and how near a tile is to its model's training tiles.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/image/ImageFile.h"
#include "core/measure/find_tissue.h"
#include "core/measure/nearest_training.h"
#include "core/measure/neighbours.h"
#include "core/measure/tissue/rendered_fields.h"
#include "core/slide/SlideSource.h"
#include "core/tensor/devices.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

constexpr int tilePx = 128;
constexpr double tileMpp = 1.8;

fs::path sample() { return fs::path(qgetenv("PHLOXINE_RESOURCES").toStdString()) / "slides/CMU-1-Small-Region.svs"; }

TissueSearch searchAt(std::int64_t x, std::int64_t y) {
    const auto slide = openSlide(sample());
    TissueSearch search;
    search.slide = sample();
    search.slideMicronsPerPixel = slide->info().scale.micronsPerPixel;
    search.tile = readRegion(*slide, x, y, tilePx, tilePx, tileMpp);
    search.tileMicronsPerPixel = tileMpp;
    return search;
}

const ProgressHook ignored = [](const Progress&) {};

} // namespace

class FindTissueTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    fs::path at(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

private slots:
    void initTestCase() { initDevices("cpu"); }

    void aRegionIsFoundAtItsOwnPlace() {
        auto search = searchAt(1013, 1657); // on no point of the grid
        double last = -1;
        int reports = 0;
        const auto found = findTissueLike(search, [&](const Progress& p) {
            QVERIFY(p.fraction >= last && p.fraction < 1);
            last = p.fraction, ++reports;
        });
        QVERIFY(reports > 3);
        QVERIFY(found.places.size() >= 5 && found.places.size() <= 12);
        QVERIFY(found.searched > 100 && found.searched <= mostSearchedPlaces);
        const auto& best = found.places.front();
        QVERIFY(std::abs(double(best.x - 1013)) <= found.sidePx / 4);
        QVERIFY(std::abs(double(best.y - 1657)) <= found.sidePx / 4);
        QCOMPARE(best.picture.width, tilePx);
        for (std::size_t i = 0; i < found.places.size(); ++i) {
            const auto& a = found.places[i];
            if (i) QVERIFY(a.similarity <= found.places[i - 1].similarity);
            for (std::size_t k = 0; k < i; ++k) {
                const auto& b = found.places[k];
                QVERIFY(std::abs(double(a.x - b.x)) >= found.sidePx || std::abs(double(a.y - b.y)) >= found.sidePx);
            }
        }
        // The next tile of the same scale looks at no place again, and finds its own one.
        auto next = searchAt(420, 2210);
        next.known = found.fingerprints;
        const auto again = findTissueLike(next, [](const Progress&) { QFAIL("looked again"); });
        QCOMPARE(again.fingerprints, found.fingerprints);
        QVERIFY(std::abs(double(again.places.front().x - 420)) <= found.sidePx / 4);
        QVERIFY(std::abs(double(again.places.front().y - 2210)) <= found.sidePx / 4);
        // At another scale of the slide everything is looked at anew.
        next.slideMicronsPerPixel *= 0.8;
        const auto fresh = [](const Progress&) { throw Cancelled(); };
        QCOMPARE(errorOf([&] { findTissueLike(next, fresh); }), "cancelled");
    }

    void whatCannotBeSearchedIsSaid() {
        auto search = searchAt(1000, 1000);
        search.slide = at("gone.svs");
        QCOMPARE(errorOf([&] { findTissueLike(search, ignored); }), "not-found");
        search.slide = sample();
        search.tileMicronsPerPixel = 20; // 2.5 mm across
        QCOMPARE(errorOf([&] { findTissueLike(search, ignored); }), "wrong-use");
        search.tileMicronsPerPixel = 0.1; // much finer than the slide
        QCOMPARE(errorOf([&] { findTissueLike(search, ignored); }), "wrong-use");
        search.tileMicronsPerPixel = 0;
        QCOMPARE(errorOf([&] { findTissueLike(search, ignored); }), "wrong-use");
        search = searchAt(1000, 1000), search.tile = {};
        QCOMPARE(errorOf([&] { findTissueLike(search, ignored); }), "wrong-use");
    }

    void aSearchIsStoppedAndASlideMayGo() {
        auto search = searchAt(1000, 1000);
        int batches = 0;
        const auto stopping = [&](const Progress&) {
            if (++batches == 3) throw Cancelled();
        };
        QCOMPARE(errorOf([&] { findTissueLike(search, stopping); }), "cancelled");
        QCOMPARE(batches, 3);
        search.slide = at("slide.svs");
        fs::copy_file(sample(), search.slide);
        const auto deleting = [&](const Progress&) { fs::remove(search.slide); };
        QCOMPARE(errorOf([&] { findTissueLike(search, deleting); }), "not-found");
    }

    void glassHasNoTissue() {
        Image glass(600, 600);
        std::fill(glass.rgb.begin(), glass.rgb.end(), std::uint8_t(250));
        writePng(at("glass.png"), glass);
        auto search = searchAt(1000, 1000);
        search.slide = at("glass.png"), search.slideMicronsPerPixel = 1; // assumed: the file states none
        const auto found = findTissueLike(search, ignored);
        QVERIFY(found.places.empty());
        QCOMPARE(found.searched, 0);
    }

    void aTileIsHeldAgainstTheListOfItsModel() {
        const auto training = at("training"), held = at("held");
        fs::create_directories(training), fs::create_directories(held), fs::create_directories(at("model"));
        FieldSettings settings;
        settings.sidePx = 96;
        for (int g = 0; g < 60; ++g) {
            settings.nuclei = 4 + g % 9;
            writePng((g < 30 ? training : held) / ("g" + std::to_string(g) + "_0.png"), renderField(settings, std::uint64_t(g)));
        }
        const auto missing = nearestTraining(renderField(settings, 3), at("model"));
        QVERIFY(!missing.checked() && !missing.nearCopy());
        QVERIFY(missing.notChecked.find("no list of its training tiles") != std::string::npos);

        const auto list = at("model") / neighboursFile;
        writeNeighbours({"training", training, "^g([0-9]+)_"}, {"held", held, "^g([0-9]+)_"}, list);
        const auto copy = nearestTraining(readImage(training / "g7_0.png"), at("model"));
        QVERIFY(copy.checked() && copy.nearCopy());
        QVERIFY(copy.distance < 0.01);
        QCOMPARE(copy.trainingTiles, 30);
        QVERIFY(copy.limit > 0 && copy.limit < 1);
        const auto other = nearestTraining(searchAt(1000, 1000).tile, at("model")); // tissue, where all others are drawn
        QVERIFY(other.checked() && !other.nearCopy());
        QVERIFY(other.distance > copy.distance);

        QCOMPARE(trainingPicture(at("model"), copy.index, training).name, "g7_0.png");
        QCOMPARE(errorOf([&] { trainingPicture(at("model"), copy.index, held); }), "wrong-use"); // as many, but others
        QCOMPARE(errorOf([&] { trainingPicture(at("model"), 30, training); }), "wrong-use");
        QCOMPARE(errorOf([&] { trainingPicture(at("model"), copy.index, at("nowhere")); }), "not-found");
        writePng(training / "g99_0.png", renderField(settings, 99)); // one more
        QCOMPARE(errorOf([&] { trainingPicture(at("model"), copy.index, training); }), "wrong-use");

        // A list that is damaged later is noticed, and is no fault of the run.
        fs::remove(list);
        writeFileAtomically(list, "no list");
        fs::last_write_time(list, fs::last_write_time(list) + std::chrono::seconds(5));
        const auto damaged = nearestTraining(renderField(settings, 3), at("model"));
        QVERIFY(!damaged.checked() && !damaged.notChecked.empty());
    }
};

PHLOXINE_TEST(measure_find_tissue, FindTissueTest, QCoreApplication)
#include "test_find_tissue.moc"
