// Canvases and real pixels end to end with the embedded model: what is kept, what is refused, and what the file says.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/slide/SlideSource.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestCanvas : public QObject {
    Q_OBJECT
    ModelStore m_store;
    QTemporaryDir m_temporary;
    fs::path m_folder;
    Image m_real, m_maskPicture;

    GenerateRequest withInitial(const char* mask = nullptr, int count = 1) const {
        auto r = quickRequest(count);
        r.initialImage = m_folder / "region.png";
        if (mask) r.mask = m_folder / mask;
        return r;
    }
    static GenerateRequest wide(int width, int height, int count = 1) {
        auto r = quickRequest(count);
        r.widthPx = width, r.heightPx = height;
        return r;
    }
    static double meanDifference(const Image& a, const Image& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int(a.rgb[i]) - int(b.rgb[i]));
        return sum / double(a.rgb.size());
    }
    void write(const char* name, const Image& image) const { writePng(m_folder / name, image); }

private slots:
    void initTestCase() {
        m_folder = m_temporary.path().toStdString();
        const auto slide = openSlide(resourcesFolder() / "slides" / "CMU-1-Small-Region.svs");
        m_real = readRegion(*slide, 700, 1000, 224, 224, 0.7);
        write("region.png", m_real);
        Image mask(224, 224);
        write("black.png", mask);
        fill(mask, 60, 50, 101, 77, 255, 255, 255); // off the grid of the autoencoder
        write("mask.png", m_maskPicture = mask);
        write("narrow-mask.png", Image(200, 224));
        fill(mask, 0, 0, 224, 224, 255, 255, 255);
        write("white.png", mask);
        write("large.png", Image(448, 224));
        writeFileAtomically(m_folder / "text.png", std::string_view("no image"));
    }

    void realPixelsOutsideTheMaskAreExact_data() {
        QTest::addColumn<QByteArray>("sampler");
        QTest::addColumn<double>("strength");
        for (const auto& row : samplerRows())
            if (row.id != "flow_euler" && row.id != "scheduler") // for other kinds of models
                QTest::addRow("%s", row.id.c_str()) << QByteArray::fromStdString(row.id) << -1.0;
        QTest::newRow("half the way") << QByteArray("dpmpp_2m") << 0.5;
    }
    void realPixelsOutsideTheMaskAreExact() {
        QFETCH(QByteArray, sampler);
        QFETCH(double, strength);
        auto request = withInitial("mask.png");
        request.sampler = sampler.toStdString(), request.strength = strength;
        generateIntoFolder(m_store, request, m_folder / QTest::currentDataTag(), {});
        const auto made = readPng(m_folder / QTest::currentDataTag() / "lung_scc-11.png").image;
        int changed = 0;
        for (int y = 0; y < 224; ++y)
            for (int x = 0; x < 224; ++x) {
                const bool same = std::equal(made.pixel(x, y), made.pixel(x, y) + 3, m_real.pixel(x, y));
                if (m_maskPicture.pixel(x, y)[0] == 0) QVERIFY(same);
                changed += !same;
            }
        QVERIFY(changed > 101 * 77 * 9 / 10); // the rest was painted
        QVERIFY(made.scale == m_real.scale || made.scale.micronsPerPixel == m_real.scale.micronsPerPixel);
    }

    void sameRequestSamePixels() {
        const auto many = tilesOf(m_store, withInitial("mask.png", 3));
        QVERIFY(tilesOf(m_store, withInitial("mask.png", 3))[2].image == many[2].image);
        QVERIFY(tilesOf(m_store, many[2].request)[0].image == many[2].image); // from its provenance
        QVERIFY(!(many[1].image == many[2].image));
    }

    void strengthLeadsAwayFromTheImage() {
        double before = 0;
        for (const double strength : {0.2, 0.6, 1.0}) {
            auto request = withInitial();
            request.strength = strength, request.steps = 10;
            const auto away = meanDifference(tilesOf(m_store, request)[0].image, m_real);
            QVERIFY2(away > before, QByteArray::number(away));
            before = away;
        }
        auto request = withInitial();
        request.strength = 1; // forgets the image
        QVERIFY(tilesOf(m_store, request)[0].image == tilesOf(m_store, quickRequest())[0].image);
        request.mask = m_folder / "white.png";
        QVERIFY(tilesOf(m_store, request)[0].image == tilesOf(m_store, quickRequest())[0].image);
    }

    void provenanceSaysComposite() {
        auto request = withInitial("mask.png");
        generateIntoFolder(m_store, request, m_folder / "said", {});
        const auto file = m_folder / "said" / "lung_scc-11.png";
        const auto texts = readPngTexts(file);
        const auto json = Json::parse(texts[0].text);
        QVERIFY(!json.contains("initial_image") && !json.contains("mask")); // a name may be a patient's
        for (const auto& text : texts) QVERIFY2(text.text.find("region.png") == std::string::npos, text.text.c_str());
        QCOMPARE(json["initial_sha256"].get<std::string>().size(), std::size_t(64));
        QCOMPARE(json["mask_sha256"].get<std::string>().size(), std::size_t(64));
        QCOMPARE(json["strength"].get<double>(), 1.0);
        QVERIFY(json["composite"].get<bool>());
        for (const auto& text : texts) QVERIFY2(text.text.find(m_folder.string()) == std::string::npos, text.text.c_str());
        QVERIFY(texts[2].text.find("/compositeWithTrainedAlgorithmicMedia\"") != std::string::npos);
        QVERIFY(texts[1].text.find("Denoising strength: 1") != std::string::npos);
        // The same request goes on; another image of that name is another request.
        QCOMPARE(generateIntoFolder(m_store, request, m_folder / "said", {}).kept, 1);
        request.initialImage = m_folder / "white.png";
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, request, m_folder / "said", {}); }), "exists");
    }

    void otherFilesAreRefused() {
        auto request = resolve(withInitial("mask.png"), m_store.find(""));
        request.initialImage = m_folder / "white.png";
        std::string message;
        QCOMPARE(errorOf([&] { generate(m_store, request, {}); }, &message), "not-found");
        QVERIFY2(message.find("SHA-256") != std::string::npos && message.find("white.png") != std::string::npos, message.c_str());
        request = resolve(withInitial("mask.png"), m_store.find(""));
        request.maskSha256[0] = request.maskSha256[0] == 'a' ? 'b' : 'a';
        QCOMPARE(errorOf([&] { generate(m_store, request, {}); }), "not-found");
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("initial");
        QTest::addColumn<QByteArray>("mask");
        QTest::addColumn<int>("width");
        QTest::addColumn<QByteArray>("code");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const char* initial, const char* mask, int width, const char* code, const char* says) {
            QTest::newRow(name) << QByteArray(initial) << QByteArray(mask) << width << QByteArray(code) << QByteArray(says);
        };
        row("image is missing", "gone.png", "", 0, "not-found", "gone.png");
        row("image is a text", "text.png", "", 0, "unsupported", "text.png");
        row("image is a folder", ".", "", 0, "unsupported", "not a file");
        row("image of another size", "large.png", "", 0, "wrong-use", "448 x 224");
        row("image smaller than the canvas", "region.png", "", 448, "wrong-use", "448 x 224");
        row("mask is missing", "region.png", "gone.png", 0, "not-found", "gone.png");
        row("mask is a text", "region.png", "text.png", 0, "unsupported", "text.png");
        row("mask of another size", "region.png", "narrow-mask.png", 0, "wrong-use", "200 x 224");
        row("mask without anything to paint", "region.png", "black.png", 0, "wrong-use", "nothing to paint");
        row("mask without an image", "", "mask.png", 0, "wrong-use", "initial image");
        row("width is no multiple", "", "", 250, "wrong-use", "multiple of 16");
        row("width below one tile", "", "", 208, "wrong-use", "one tile");
        row("width too large", "", "", 4112, "wrong-use", "4096");
        row("negative width", "", "", -16, "wrong-use", "4096");
    }
    void refused() {
        QFETCH(QByteArray, initial);
        QFETCH(QByteArray, mask);
        QFETCH(int, width);
        QFETCH(QByteArray, code);
        QFETCH(QByteArray, says);
        auto request = quickRequest();
        if (!initial.isEmpty()) request.initialImage = m_folder / initial.toStdString();
        if (!mask.isEmpty()) request.mask = m_folder / mask.toStdString();
        request.widthPx = width;
        std::string message;
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, request, m_folder / "never", {}); }, &message), code);
        QVERIFY2(message.find(says.toStdString()) != std::string::npos && message.find('\n') == std::string::npos, message.c_str());
        QVERIFY2(message.find(m_folder.string()) == std::string::npos, message.c_str());
        QVERIFY(!fs::exists(m_folder / "never"));
        QVERIFY(!errorOf([&] { generate(m_store, request, {}); }).isEmpty());
    }

    void anotherScaleIsSaid() {
        auto coarse = m_real;
        coarse.scale = {1.4, ScaleSource::User};
        write("coarse.png", coarse);
        auto request = withInitial(nullptr, 2);
        request.initialImage = m_folder / "coarse.png";
        std::vector<std::string> notices;
        std::vector<Image> made;
        GenerateHooks hooks;
        hooks.notice = [&](const std::string& s) { notices.push_back(s); };
        hooks.tile = [&](int, const Tile& tile) { made.push_back(tile.image); };
        generate(m_store, request, hooks);
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY(notices[0].find("1.4") != std::string::npos);
        QCOMPARE(made[0].scale.micronsPerPixel, 1.4);
    }

    void canvasOfTheAskedSize() {
        const auto tiles = tilesOf(m_store, wide(448, 256, 2));
        QCOMPARE(tiles[0].image.width, 448);
        QCOMPARE(tiles[0].image.height, 256);
        QCOMPARE(tiles[0].image.scale.micronsPerPixel, 0.7);
        QVERIFY(tilesOf(m_store, tiles[1].request)[0].image == tiles[1].image);
        QCOMPARE(tileFileName(tiles[1].request), std::string("lung_scc-12.png"));
        const auto result = generateIntoFolder(m_store, wide(448, 256, 2), m_folder / "canvas", {});
        QVERIFY(readPng(m_folder / "canvas" / "lung_scc-11.png").image == tiles[0].image);
        QCOMPARE(generateIntoFolder(m_store, wide(448, 256, 2), m_folder / "canvas", {}).kept, 2);
        QCOMPARE(errorOf([&] { generateIntoFolder(m_store, wide(448, 272, 2), m_folder / "canvas", {}); }), "exists");
    }

    void tileSizeIsThePlainRequest() {
        QVERIFY(resolve(wide(224, 224), m_store.find("")) == resolve(quickRequest(), m_store.find("")));
        const auto half = resolve(wide(256, 0), m_store.find(""));
        QCOMPARE(half.heightPx, 224);
    }

    void inpaintsACanvas() {
        const auto slide = openSlide(resourcesFolder() / "slides" / "CMU-1-Small-Region.svs");
        const auto real = readRegion(*slide, 300, 900, 544, 256, 0.7); // beyond one window of the codec
        write("region544.png", real);
        Image mask(544, 256);
        fill(mask, 100, 40, 300, 120, 255, 255, 255);
        write("mask544.png", mask);
        auto request = wide(544, 256);
        request.initialImage = m_folder / "region544.png", request.mask = m_folder / "mask544.png";
        const auto made = tilesOf(m_store, request)[0].image;
        for (int y = 0; y < 256; ++y)
            for (int x = 0; x < 544; ++x)
                if (mask.pixel(x, y)[0] == 0) QVERIFY(std::equal(made.pixel(x, y), made.pixel(x, y) + 3, real.pixel(x, y)));
        QVERIFY(meanDifference(made, real) > 1);
    }

    void previewsAndStopWithinAStep() {
        std::vector<TilePreview> previews;
        int calls = 0;
        GenerateHooks hooks;
        hooks.preview = [&](const TilePreview& p) { previews.push_back(p); };
        hooks.step = [&](int tile, int step, int steps) {
            QVERIFY(tile == 0 && step >= 0 && step <= steps && steps == 3);
            ++calls;
        };
        generate(m_store, wide(448, 448), hooks);
        QCOMPARE(previews.back().image.width, 28);
        QCOMPARE(calls, 4 + 3 * 2); // also between the batches of windows
        hooks.step = [n = 0](int, int step, int) mutable {
            if (step == 0 && ++n == 3) throw Cancelled();
        };
        QCOMPARE(errorOf([&] { generate(m_store, wide(448, 448), hooks); }), "cancelled");
    }
};

PHLOXINE_TEST(generate_canvas, TestCanvas, NoApplication)
#include "test_canvas.moc"
