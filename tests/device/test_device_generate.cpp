// Tiles on a device: the same as on the CPU but for rounding, with every sampler and way of making them; full memory at twenty sizes; a
// device that is lost in the middle; and how often a step crosses the bus.
#include <QTemporaryDir>
#include <QtTest>

#include "core/generate/Generator.h"
#include "core/generate/memory_estimate.h"
#include "core/tensor/devices.h"
#include "core/tensor/peak_memory.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/stand_in_gpu.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

GenerateRequest onDevice(GenerateRequest request) {
    request.device = "cuda";
    return request;
}

// The part of all values that differ by more than two of 255.
double apart(const Image& a, const Image& b) {
    if (a.rgb.size() != b.rgb.size()) return 1;
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) count += std::abs(int(a.rgb[i]) - int(b.rgb[i])) > 2;
    return double(count) / double(a.rgb.size());
}

} // namespace

class TestDeviceGenerate : public QObject {
    Q_OBJECT
    ModelStore m_store;
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    GenerateRequest plain(int count = 1) const {
        auto request = quickRequest(count);
        request.precision = "fp32";
        return request;
    }
    void requireSameTiles(const GenerateRequest& request, double bound = 0.001) {
        const auto here = tilesOf(m_store, request), there = tilesOf(m_store, onDevice(request));
        QCOMPARE(there.size(), here.size());
        for (std::size_t i = 0; i < here.size(); ++i) {
            const double share = apart(here[i].image, there[i].image);
            QVERIFY2(share < bound, qPrintable(QStringLiteral("tile %1: %2 of the values differ").arg(i).arg(share)));
            QCOMPARE(there[i].request.device, std::string("cuda"));
        }
    }

private slots:
    void init() {
        // it is loaded with the first device
        if (!stand_in::isLoaded()) (void)tilesOf(m_store, onDevice(plain()));
        stand_in::giveBack();
    }
    void cleanup() { stand_in::giveBack(); }

    void theDefaultIsTheDevice() {
        auto request = plain();
        request.device = "auto";
        QCOMPARE(tilesOf(m_store, request)[0].request.device, std::string("cuda"));
        QVERIFY(tilesOf(m_store, request)[0].request.build.find("Stand-in GPU") != std::string::npos);
    }

    void everySampler_data() {
        QTest::addColumn<QByteArray>("sampler");
        for (const auto& row : samplerRows())
            if (row.models == SamplerModels::Others) QTest::newRow(row.id.c_str()) << QByteArray::fromStdString(row.id);
    }
    void everySampler() {
        QFETCH(QByteArray, sampler);
        auto request = plain();
        request.sampler = sampler.toStdString();
        requireSameTiles(request);
    }

    void everyWay_data() {
        QTest::addColumn<QString>("way");
        for (const auto* way : {"batch", "text and negative", "variation", "canvas", "initial image", "mask"})
            QTest::newRow(way) << QString(way);
    }
    void everyWay() {
        QFETCH(QString, way);
        auto request = plain();
        if (way == "batch") request.count = 3, request.batch = 2;
        if (way == "text and negative") request.classId.clear(), request.prompt = "benign colon, few nuclei", request.negative = "lung";
        if (way == "variation") request.variationSeed = 5, request.variation = 0.4;
        if (way == "canvas") request.widthPx = 448, request.heightPx = 336;
        if (way == "initial image" || way == "mask") {
            writePng(at("r.png"), testPicture(224, 224), {}, IfExists::Replace);
            request.initialImage = at("r.png"), request.strength = 0.6;
        }
        if (way == "mask") {
            Image mask(224, 224);
            fill(mask, 40, 70, 100, 90, 255, 255, 255);
            writePng(at("mask.png"), mask, {}, IfExists::Replace);
            request.mask = at("mask.png");
        }
        requireSameTiles(request, way == "canvas" ? 0.005 : 0.001);
    }

    void recordedWorkGivesTheSameBits_data() {
        QTest::addColumn<QString>("way");
        for (const auto* way : {"plain", "batch", "guided within an interval", "canvas"}) QTest::newRow(way) << QString(way);
    }
    void recordedWorkGivesTheSameBits() {
        QFETCH(QString, way);
        auto request = onDevice(plain(way == "batch" ? 3 : 1));
        request.steps = 6, request.batch = way == "batch" ? 2 : 1;
        if (way == "guided within an interval") request.guidanceLow = 1, request.guidanceHigh = 8;
        if (way == "canvas") request.widthPx = 448;
        const auto before = stand_in::counts().graphs;
        const auto recorded = tilesOf(m_store, request);
        QVERIFY(stand_in::counts().graphs - before >= (way == "guided within an interval" ? 4 : 5));
        qputenv("PHLOXINE_CUDA_GRAPHS", "off");
        const auto back = qScopeGuard([] { qunsetenv("PHLOXINE_CUDA_GRAPHS"); });
        const auto after = stand_in::counts().graphs;
        const auto started = tilesOf(m_store, request);
        QCOMPARE(stand_in::counts().graphs, after);
        QCOMPARE(recorded.size(), started.size());
        for (std::size_t i = 0; i < recorded.size(); ++i) QVERIFY(recorded[i].image == started[i].image);
    }

    void inBf16() { // one step is 1/128 there: only that a tissue of the same kind comes out
        auto request = onDevice(plain());
        request.precision = "bf16";
        const auto tile = tilesOf(m_store, request)[0];
        QVERIFY(tilesOf(m_store, request)[0].image == tile.image);
        QVERIFY(apart(tile.image, tilesOf(m_store, plain())[0].image) < 0.7);
    }

    void previewsComeAStepLaterAndSamplingWaitsForNone() {
        auto request = onDevice(plain());
        request.steps = 6;
        const auto run = [&](bool previews) {
            std::vector<int> steps;
            GenerateHooks hooks;
            if (previews)
                hooks.preview = [&](const TilePreview& preview) {
                    if (preview.image.width > 0 && preview.image.scale.known()) steps.push_back(preview.step);
                };
            hooks.tile = [](int, const Tile&) {};
            const auto before = stand_in::counts();
            generate(m_store, request, hooks);
            const auto after = stand_in::counts();
            return std::tuple(steps, after.waits - before.waits, after.downloads - before.downloads);
        };
        const auto [none, waits, downloads] = run(false);
        const auto [steps, waitsWith, downloadsWith] = run(true);
        QVERIFY(none.empty());
        QVERIFY((steps == std::vector<int>{1, 2, 3, 4})); // the fifth comes with the tile
        QCOMPARE(waitsWith, waits);
        QCOMPARE(downloadsWith, downloads + 5);
    }

    // Without a limit, the counts of two runs of three and six steps tell what one step costs.
    void aStepCrossesTheBusSeldom() {
        const auto counted = [&](int steps, int widthPx) {
            auto request = onDevice(plain());
            request.steps = steps, request.widthPx = widthPx;
            (void)tilesOf(m_store, request);
            const auto before = stand_in::counts();
            (void)tilesOf(m_store, request);
            const auto after = stand_in::counts();
            return StandInCounts{after.uploads - before.uploads, after.downloads - before.downloads, after.waits - before.waits, 0, 0, 0};
        };
        const auto a = counted(3, 0), b = counted(6, 0);
        qInfo("a step: %.1f copies up, %.1f down, %.1f waits; a tile beside its steps: %ld up, %ld down, %ld waits",
              double(b.uploads - a.uploads) / 3, double(b.downloads - a.downloads) / 3, double(b.waits - a.waits) / 3,
              2 * a.uploads - b.uploads, 2 * a.downloads - b.downloads, 2 * a.waits - b.waits);
        QCOMPARE(b.uploads, a.uploads);
        QCOMPARE(b.downloads, a.downloads);
        QCOMPARE(b.waits, a.waits);
        QVERIFY(a.uploads <= 12 && a.downloads <= 3 && a.waits <= 3);
        const auto c = counted(3, 448), d = counted(6, 448);
        qInfo("a step of a canvas of six windows: %.1f copies up, %.1f down, %.1f waits", double(d.uploads - c.uploads) / 3,
              double(d.downloads - c.downloads) / 3, double(d.waits - c.waits) / 3);
    }

    void theEstimateIsOfTheDevice_data() {
        QTest::addColumn<int>("batch");
        QTest::addColumn<int>("width");
        QTest::newRow("tile") << 1 << 0;
        QTest::newRow("four at once") << 4 << 0;
        QTest::newRow("canvas") << 1 << 448;
    }
    void theEstimateIsOfTheDevice() {
        QFETCH(int, batch);
        QFETCH(int, width);
        auto request = onDevice(plain(batch));
        request.batch = batch, request.widthPx = width, request.heightPx = width;
        m_store.unloadAll();
        const auto device = chooseDevice("cuda");
        resetPeakMemory(device);
        (void)tilesOf(m_store, request);
        const auto size = sizeOfModel(m_store.find("lc25000").path);
        QVERIFY(size);
        const double estimated = double(estimateMemory(*size, m_store.find("lc25000").card, request).total()),
                     seen = double(peakMemory(device));
        qInfo("estimated %.1f MB, the stand-in held %.1f MB", estimated / 1e6, seen / 1e6);
        QVERIFY(estimated > seen * 0.8 && estimated < seen * 2.5);
    }

    void fullMemory_data() {
        QTest::addColumn<int>("megabytes");
        for (int megabytes = 8; megabytes <= 160; megabytes += 8) QTest::addRow("%d MB", megabytes) << megabytes;
    }
    void fullMemory() { // each size makes the same tiles, or says in a sentence that it cannot; and the next run is as if nothing had been
        QFETCH(int, megabytes);
        const auto request = onDevice([&] {
            auto r = plain(2);
            r.batch = 2;
            return r;
        }());
        static const auto whole = tilesOf(m_store, request);
        ModelStore fresh;
        m_store.unloadAll();
        stand_in::limitMemory(std::size_t(megabytes) << 20);
        std::vector<Tile> tiles;
        const auto error = errorOf([&] { tiles = tilesOf(fresh, request); });
        stand_in::giveBack();
        if (error.isEmpty()) {
            QCOMPARE(tiles.size(), whole.size());
            for (std::size_t i = 0; i < tiles.size(); ++i) QVERIFY(apart(tiles[i].image, whole[i].image) < 0.001);
        } else {
            QCOMPARE(error, "out-of-memory");
            QVERIFY(megabytes <= 48); // where the weights alone do not fit
        }
        auto one = request;
        one.count = 1;
        QVERIFY(tilesOf(fresh, one)[0].image == whole[0].image);
    }

    void aLostDeviceIsSaid() {
        const auto request = onDevice(plain(4));
        std::vector<Tile> tiles;
        GenerateHooks hooks;
        hooks.tile = [&](int, const Tile& tile) {
            tiles.push_back(tile);
            if (tiles.size() == 2) stand_in::loseAfter(100);
        };
        std::string sentence;
        const auto error = errorOf(
            [&] {
                try {
                    generate(m_store, request, hooks);
                } catch (const std::exception& e) {
                    if (const auto fault = deviceFault(e)) throw *fault;
                    throw;
                }
            },
            &sentence);
        QCOMPARE(error, "device-lost");
        QVERIFY(sentence.find("choose the CPU") != std::string::npos);
        QCOMPARE(tiles.size(), std::size_t(2));
        stand_in::giveBack();
        QCOMPARE(tilesOf(m_store, plain()).size(), std::size_t(1)); // the CPU is still there
    }
};

PHLOXINE_TEST(device_generate, TestDeviceGenerate, NoApplication)
#include "test_device_generate.moc"
