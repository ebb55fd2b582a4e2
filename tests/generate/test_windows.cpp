// Windows over a canvas: their weights, a network seen through them, and the codec against one piece.
#include <QtTest>

#include <c10/core/GradMode.h>

#include "core/generate/WindowedNetwork.h"
#include "core/generate/codec.h"
#include "core/generate/windows.h"
#include "core/model/Model.h"
#include "core/nn/norm_statistics.h"
#include "core/slide/SlideSource.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;

namespace {

// Looks at its own position only, so windows must not show at all. Twice the channels, as with a learned variance.
class PointwiseNetwork final : public nn::Network {
public:
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const nn::Context& context) const override {
        const auto each = [](const at::Tensor& v) { return v.to(at::kFloat).view({-1, 1, 1, 1}); };
        m_widest = std::max(m_widest, x.size(0)), m_size = x.size(2);
        return at::cat({x * each(t) + each(context.vector), x * x}, 1);
    }
    int inChannels() const override { return 2; }
    mutable std::int64_t m_widest = 0, m_size = 0;
};

class BrokenAutoencoder final : public nn::Autoencoder {
public:
    at::Tensor encode(const at::Tensor& image) const override { return image; }
    at::Tensor decode(const at::Tensor& latent) const override { return latent / latent; } // 0 / 0 where a latent is 0
    at::Tensor preview(const at::Tensor& latent) const override { return latent; }
    int factor() const override { return 1; }
    int latentChannels() const override { return 3; }
};

struct Difference {
    double mean = 0;
    int most = 0;
};
Difference difference(const Image& a, const Image& b) {
    Difference d;
    for (std::size_t i = 0; i < a.rgb.size(); ++i) {
        const int one = std::abs(int(a.rgb[i]) - int(b.rgb[i]));
        d.mean += one / double(a.rgb.size()), d.most = std::max(d.most, one);
    }
    return d;
}

} // namespace

class TestWindows : public QObject {
    Q_OBJECT
    ModelStore m_store;

private slots:
    void weightsSumToOne_data() {
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("size");
        QTest::addColumn<int>("overlap");
        QTest::addColumn<int>("count");
        QTest::newRow("one") << 14 << 14 << 7 << 1;
        QTest::newRow("shorter than a window") << 9 << 14 << 7 << 1;
        QTest::newRow("one element more") << 15 << 14 << 7 << 2;
        QTest::newRow("1024 px of the embedded model") << 64 << 14 << 7 << 9;
        QTest::newRow("odd size") << 40 << 13 << 7 << 6;
        QTest::newRow("without overlap") << 28 << 14 << 0 << 2;
    }
    void weightsSumToOne() {
        QFETCH(int, length);
        QFETCH(int, size);
        QFETCH(int, overlap);
        QFETCH(int, count);
        const auto windows = windowsAlong(length, size, overlap);
        QCOMPARE(int(windows.size()), count);
        for (const auto& some : {windows, finer(windows, 3)}) {
            const int factor = some[0].weight.size() == windows[0].weight.size() ? 1 : 3;
            std::vector<double> sum(std::size_t(length * factor), 0);
            for (std::size_t k = 0; k < some.size(); ++k) {
                QCOMPARE(some[k].start, windows[k].start * factor);
                for (std::size_t i = 0; i < some[k].weight.size(); ++i) sum.at(std::size_t(some[k].start) + i) += double(some[k].weight[i]);
                if (k > 0) QVERIFY(some[k - 1].start + (size - overlap) * factor >= some[k].start);
            }
            for (const double s : sum) QVERIFY(std::abs(s - 1) < 1e-6);
        }
    }

    void pointwiseNetworkIsTheSame_data() {
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::newRow("square") << 30 << 30;
        QTest::newRow("one row of windows") << 14 << 50;
        QTest::newRow("one window") << 14 << 14;
    }
    void pointwiseNetworkIsTheSame() {
        QFETCH(int, height);
        QFETCH(int, width);
        const PointwiseNetwork network;
        int pauses = 0;
        const WindowedNetwork windowed(network, 14, [&] { ++pauses; });
        const auto x = at::randn({3, 2, height, width});
        const auto t = at::tensor({0.5f, 2.0f, 7.25f});
        const nn::Context context{{}, at::arange(3)};
        const auto through = windowed(x, t, context);
        QCOMPARE(network.m_size, 14);
        const bool bounded = network.m_widest <= 12; // a few windows of three
        QVERIFY(bounded);
        QCOMPARE(pauses > 0, height * width > 14 * 14);
        QVERIFY((through - network(x, t, context)).abs().max().item<double>() < 1e-5);
        QCOMPARE(windowed.inChannels(), 2);
    }

    void stopsBetweenWindows() {
        const PointwiseNetwork network;
        const WindowedNetwork windowed(network, 14, [] { throw Cancelled(); });
        QCOMPARE(errorOf([&] { windowed(at::zeros({1, 2, 64, 64}), at::zeros({1}), {{}, at::zeros({1})}); }), "cancelled");
    }

    // The stated bound of the decoder in windows against one piece, on real tissue: 3 levels at most, 0.25 in the mean.
    void windowsOfTheCodecDoNotShow() {
        const auto model = m_store.load(m_store.find(""), {"fp32", "cpu"});
        const auto slide = openSlide(resourcesFolder() / "slides" / "CMU-1-Small-Region.svs");
        const auto real = readRegion(*slide, 300, 900, 1024, 768, 0.7);
        const auto usual = codecWindows(model->card.tileSizePx, model->autoencoder->factor());
        QCOMPARE(usual.size, 32);
        const CodecWindows whole{64, 0, {}};
        const auto latent = encodeImage(*model->autoencoder, real, at::kCPU, whole);
        QVERIFY((encodeImage(*model->autoencoder, real, at::kCPU, usual) - latent).abs().max().item<double>() < 1e-4);
        const auto d = difference(*decodeImage(*model->autoencoder, latent, usual), *decodeImage(*model->autoencoder, latent, whole));
        qInfo("windows against one piece: at most %d levels, mean %.3f", d.most, d.mean);
        QVERIFY(d.most <= 3 && d.mean <= 0.25);
    }

    // An encoder with norms sees one picture, not windows of contrasts of their own: dark on the left, bright on the right.
    void windowsOfAnEncoderShareTheirContrast() {
        const c10::AutoGradMode off(false);
        auto checkpoint = openCheckpoint(PHLOXINE_TEST_REFERENCE "/models/sd1-tiny");
        auto& config = std::get<nn::KlConfig>(checkpoint.config.firstStage);
        config.attention = config.middleAttention = false; // which ends at its window
        const auto bound = bindAutoencoder(checkpoint, Binding::forInference(at::kFloat));
        const auto& autoencoder = *bound;
        const int f = autoencoder.factor(), side = 32 * f;
        auto picture = testPicture(side, side);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side * 3; ++x) {
                auto& value = picture.rgb[std::size_t(y) * std::size_t(side) * 3 + std::size_t(x)];
                value = std::uint8_t(int(value) * (x / 3 + side / 8) / (side + side / 8));
            }
        const auto whole = encodeImage(autoencoder, picture, at::kCPU, {64, 0, {}});
        const auto windows = encodeImage(autoencoder, picture, at::kCPU, {16, 4, {}});
        const double apart = ((windows - whole).norm() / whole.norm()).item<double>();
        auto alone = at::zeros_like(whole); // what windows without a common contrast give
        for (const int y : {0, 16})
            for (const int x : {0, 16}) {
                Image part(16 * f, 16 * f);
                paste(part, picture, -x * f, -y * f);
                alone.narrow(2, y, 16).narrow(3, x, 16).copy_(encodeImage(autoencoder, part, at::kCPU, {64, 0, {}}));
            }
        const double before = ((alone - whole).norm() / whole.norm()).item<double>();
        qInfo("windows of an encoder against one piece: %.3f, each for itself: %.3f", apart, before);
        QVERIFY(apart < 0.5 * before);
    }

    // The norms of later decodes must be their own again, also after a stop.
    void statisticsEndWithTheDecode() {
        const auto model = m_store.load(m_store.find(""), {"fp32", "cpu"});
        int left = 20;
        const CodecWindows stopped{14, 7, [&] {
                                       if (--left == 0) throw Cancelled();
                                   }};
        QCOMPARE(errorOf([&] { decodeImage(*model->autoencoder, at::zeros({1, 16, 32, 32}), stopped); }), "cancelled");
        QVERIFY(nn::NormStatistics::current() == nullptr);
    }

    void notFiniteIsNoPicture() {
        const BrokenAutoencoder broken;
        auto latent = at::ones({1, 3, 24, 24});
        QVERIFY(decodeImage(broken, latent, {8, 2, {}}).has_value());
        latent[0][1][20][3] = 0;
        QVERIFY(!decodeImage(broken, latent, {8, 2, {}}).has_value());
        QVERIFY(!decodeImage(broken, latent, {24, 6, {}}).has_value());
    }
};

PHLOXINE_TEST(generate_windows, TestWindows, NoApplication)
#include "test_windows.moc"
