#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Sha256.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/learning/tile_data.h"
#include "core/slide/SlideSource.h"
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"
#include "tests/measure/learning/toy_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace fs = std::filesystem;

namespace {

using Pixel = std::function<void(const Image& from, int x, int y, std::uint8_t* to)>;

Image mapped(const Image& image, const Pixel& pixel) {
    Image result(image.width, image.height);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) pixel(image, x, y, result.pixel(x, y));
    return result;
}

Image turned(const Image& image, int orientation) {
    return mapped(image, [=](const Image& from, int x, int y, std::uint8_t* to) {
        const int last = from.width - 1;
        int u = orientation & 1 ? y : x, v = orientation & 1 ? x : y;
        if (orientation & 2) u = last - u;
        if (orientation & 4) v = last - v;
        std::copy_n(from.pixel(u, v), 3, to);
    });
}

// More or less of the stain in each channel: light to a power.
Image restained(const Image& image, double r, double g, double b) {
    return mapped(image, [=](const Image& from, int x, int y, std::uint8_t* to) {
        const double powers[3] = {r, g, b};
        for (int c = 0; c < 3; ++c) to[c] = std::uint8_t(std::lround(255 * std::pow(from.pixel(x, y)[c] / 255.0, powers[c])));
    });
}

double whiteShare(const Image& image) {
    double white = 0;
    for (std::size_t i = 1; i < image.rgb.size(); i += 3) white += image.rgb[i] > 215;
    return white / (double(image.width) * image.height);
}

} // namespace

class EncoderTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::vector<Image> m_crops; // of one slide, side by side
    at::Tensor m_originals;
    fs::path at(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

private slots:
    void initTestCase() {
        initDevices("cpu");
        const auto slide = openSlide(smallSlide());
        for (int y = 0; y + 224 <= 2900; y += 224)
            for (int x = 0; x + 224 <= 2200; x += 224)
                if (auto crop = slide->read(0, x, y, 224, 224); whiteShare(crop) < 0.7) m_crops.push_back(std::move(crop));
        QVERIFY2(m_crops.size() >= 40, qPrintable(QString::number(m_crops.size())));
        m_originals = embeddedEncoder().embed(m_crops);
    }

    void fingerprintsHaveUnitLength() {
        const auto& encoder = embeddedEncoder();
        QCOMPARE(encoder.width, 128);
        QCOMPARE(m_originals.sizes(), at::IntArrayRef({std::int64_t(m_crops.size()), 128}));
        QVERIFY(at::allclose(m_originals.norm(2, {1}), at::ones({m_originals.size(0)})));
        const auto cells = encoder.dense({m_crops[0], m_crops[1]});
        QCOMPARE(cells.sizes(), at::IntArrayRef({2, 49, 128}));
        QCOMPARE(encoder.embed({}).size(0), 0);
        QCOMPARE(encoder.sha256, sha256OfFile(embeddedEncoderFile()));
        QVERIFY(fs::file_size(embeddedEncoderFile()) < 2u << 20);
        QVERIFY(!encoder.metadata.at("training_data").empty());
        QCOMPARE(errorOf([&] { encoder.embed({Image()}); }), "wrong-use");
    }

    // The same tissue, however it lies and is stained, is nearer than any other field of the slide.
    void knowsTissueAgain_data() {
        QTest::addColumn<int>("orientation");
        QTest::addColumn<double>("red");
        QTest::addColumn<double>("green");
        QTest::addColumn<double>("blue");
        QTest::newRow("exact") << 0 << 1.0 << 1.0 << 1.0;
        QTest::newRow("flipped") << 2 << 1.0 << 1.0 << 1.0;
        QTest::newRow("quarter turn") << 3 << 1.0 << 1.0 << 1.0;
        QTest::newRow("half turn") << 6 << 1.0 << 1.0 << 1.0;
        QTest::newRow("transposed") << 1 << 1.0 << 1.0 << 1.0;
        QTest::newRow("darker") << 0 << 1.15 << 1.15 << 1.15;
        QTest::newRow("other stain, turned") << 5 << 1.12 << 0.9 << 1.05;
    }
    void knowsTissueAgain() {
        QFETCH(int, orientation);
        QFETCH(double, red);
        QFETCH(double, green);
        QFETCH(double, blue);
        std::vector<Image> changed;
        for (const auto& crop : m_crops) {
            changed.push_back(turned(crop, orientation));
            if (red != 1 || green != 1) changed.back() = restained(changed.back(), red, green, blue);
        }
        const auto nearest = at::matmul(embeddedEncoder().embed(changed), m_originals.t()).argmax(1);
        for (int i = 0; i < int(m_crops.size()); ++i) QCOMPARE(nearest.data_ptr<std::int64_t>()[i], std::int64_t(i));
    }

    // Cells of quarter-turned fields among all cells of all fields.
    void knowsPlacesAgain() {
        std::vector<Image> changed;
        for (const auto& crop : m_crops) changed.push_back(turned(crop, 3)); // (x, y) -> what was at (last - y, x)
        const auto cells = embeddedEncoder().dense(m_crops).flatten(0, 1), other = embeddedEncoder().dense(changed).flatten(0, 1);
        const auto nearest = at::matmul(other, cells.t()).argmax(1);
        int sameField = 0, samePlace = 0;
        for (int i = 0; i < int(nearest.size(0)); ++i) {
            const int found = int(nearest.data_ptr<std::int64_t>()[i]), x = i % 7, y = i / 7 % 7;
            sameField += found / 49 == i / 49;
            samePlace += found == i / 49 * 49 + x * 7 + (6 - y);
        }
        const auto share = [&](int count) { return count / double(nearest.size(0)); };
        QVERIFY2(share(sameField) > 0.85, qPrintable(QString::number(share(sameField)))); // by chance: 0.02
        QVERIFY2(share(samePlace) > 0.5, qPrintable(QString::number(share(samePlace))));  // by chance: 0.0005
    }

    void refusesForeignFiles() {
        std::string message;
        QCOMPARE(errorOf([&] { loadEncoder(at("nowhere.safetensors")); }), "not-found");
        writeSafetensors(at("plain.safetensors"), {{"a", at::zeros({2})}});
        QCOMPARE(errorOf([&] { loadEncoder(at("plain.safetensors")); }, &message), "corrupt");
        QVERIFY(QString::fromStdString(message).contains("no encoder"));
        const auto& own = embeddedEncoder();
        auto metadata = own.metadata;
        metadata["format"] = "phloxine-encoder/2";
        writeSafetensors(at("newer.safetensors"), own.weights, metadata);
        QCOMPARE(errorOf([&] { loadEncoder(at("newer.safetensors")); }), "unsupported");
        auto lacking = own.weights;
        lacking.erase("norm.bias");
        writeSafetensors(at("lacking.safetensors"), lacking, own.metadata);
        QCOMPARE(errorOf([&] { loadEncoder(at("lacking.safetensors")); }), "missing-key");
        auto broken = own.weights;
        broken["norm.bias"] = at::full_like(broken["norm.bias"], std::nan(""));
        writeSafetensors(at("broken.safetensors"), broken, own.metadata);
        QCOMPARE(errorOf([&] { loadEncoder(at("broken.safetensors")); }), "nan");
    }

    void trainsOnAFolder() {
        writeToySet(at("set"), 2, 5, 2, 1);
        EncoderRequest request;
        request.data = at("set");
        request.groupPattern = "^g([0-9]+)_";
        request.holdOut = "[34]$";
        request.steps = 2;
        request.batch = 8;
        request.precision = "fp32";
        const auto report = trainEncoder(request, at("own.safetensors"));
        QCOMPARE(report.tiles, 12);
        QCOMPARE(report.groups, 6);
        QCOMPARE(report.heldOut.tiles, 8);
        QCOMPARE(report.heldOut.groups, 4);
        QCOMPARE(report.heldOut.withOthers, 8);
        const auto info = encoderInfo(at("own.safetensors"));
        QCOMPARE(info.at("training_groups"), std::string("6"));
        QCOMPARE(info.at("sha256"), report.sha256);
        QCOMPARE(loadEncoder(at("own.safetensors")).embed({m_crops[0]}).size(1), 128);
        QCOMPARE(errorOf([&] { trainEncoder(request, at("own.safetensors")); }), "exists");
        request.holdOut = "[";
        QCOMPARE(errorOf([&] { trainEncoder(request, at("other.safetensors")); }), "wrong-use");
        request.holdOut = ".";
        QCOMPARE(errorOf([&] { trainEncoder(request, at("other.safetensors")); }), "wrong-use"); // nothing is left
    }
};

PHLOXINE_TEST(measure_learning_encoder, EncoderTest, QCoreApplication)
#include "test_encoder.moc"
