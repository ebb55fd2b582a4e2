// Layers against plain formulas, and what binding says about weights that do not fit.
#include <QtTest>

#include "core/nn/patch_autoencoder.h"
#include "tests/support/networks.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestLayers : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void attentionIsPlainSoftmax_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<bool>("causal");
        QTest::addColumn<bool>("masked");
        QTest::newRow("one head") << 1 << false << false;
        QTest::newRow("four heads") << 4 << false << false;
        QTest::newRow("causal") << 2 << true << false;
        QTest::newRow("masked") << 2 << false << true;
    }

    void attentionIsPlainSoftmax() {
        QFETCH(int, heads);
        QFETCH(bool, causal);
        QFETCH(bool, masked);
        const int n = 2, a = 5, b = causal ? 5 : 7, width = 16, d = width / heads;
        const auto q = noise({n, a, width}, 1), k = noise({n, b, width}, 2), v = noise({n, b, width}, 3);
        at::Tensor mask;
        if (masked) {
            mask = at::zeros({n, 1, 1, b});
            mask.slice(3, 4, b).fill_(-1e4);
        }
        const auto result = nn::attention(q, k, v, heads, causal, mask);
        const auto split = [&](const at::Tensor& x) { return x.to(at::kDouble).view({n, -1, heads, d}).transpose(1, 2); };
        auto scores = at::matmul(split(q), split(k).transpose(2, 3)) / std::sqrt(double(d));
        if (causal) scores = scores + at::triu(at::full({a, b}, -1e9, at::kDouble), 1);
        if (masked) scores = scores + mask.to(at::kDouble);
        QVERIFY(near(result, at::matmul(at::softmax(scores, -1), split(v)).transpose(1, 2).reshape({n, a, width})));
    }

    // cos first, then sin; frequencies 10000^(-i / half).
    void sinusoidValues() {
        const auto e = nn::sinusoid(at::tensor({0.0f, 1.0f, 500.25f}), 8);
        QVERIFY(near(e[0], at::tensor({1.0f, 1.0f, 1.0f, 1.0f, 0.0f, 0.0f, 0.0f, 0.0f})));
        for (int i = 0; i < 4; ++i) {
            const double f = std::pow(10000.0, -i / 4.0);
            QVERIFY(std::abs(e[1][i].item<double>() - std::cos(f)) < 1e-6 && std::abs(e[1][4 + i].item<double>() - std::sin(f)) < 1e-6);
            QVERIFY(std::abs(e[2][i].item<double>() - std::cos(500.25 * f)) < 1e-4); // a fractional time counts
        }
        const auto shifted = nn::sinusoid(at::tensor({1.0f}), 9, 1); // frequencies 10000^(-i / (half - 1)), and a zero
        QVERIFY(std::abs(shifted[0][3].item<double>() - std::cos(1e-4)) < 1e-6);
        QCOMPARE(shifted[0][8].item<double>(), 0.0);
    }

    void convolutionIsASum() {
        const Weights w{{"weight", noise({3, 2, 3, 3}, 1)}, {"bias", noise({3}, 2)}};
        const nn::Conv conv(WeightView(w, Binding::train()), -1, -1, -1);
        const auto x = noise({1, 2, 5, 5}, 3);
        const auto y = conv(x);
        QCOMPARE(y.sizes().vec(), (std::vector<std::int64_t>{1, 3, 5, 5}));
        const auto patch = x.slice(2, 1, 4).slice(3, 2, 5)[0];
        QVERIFY(std::abs(y[0][1][2][3].item<double>() - ((patch * w.at("weight")[1]).sum() + w.at("bias")[1]).item<double>()) < 1e-5);
        QCOMPARE(nn::Conv(WeightView(w, Binding::train()), -1, -1, -1, 2)(x).size(2), 3);
    }

    void groupNormHasMeanZero() {
        const Weights w{{"weight", at::ones({8})}, {"bias", at::zeros({8})}};
        const auto x = noise({2, 8, 4, 4}) * 3 + 5;
        for (const double eps : {1e-5, 1.0}) {
            const nn::GroupNorm norm(WeightView(w, Binding::train()), 4, eps);
            const auto groups = x.view({2, 4, -1}).to(at::kDouble);
            const auto mean = groups.mean(2, true), variance = (groups - mean).square().mean(2, true);
            const auto expected = ((groups - mean) / (variance + eps).sqrt()).view({2, 8, 4, 4});
            QVERIFY(near(norm(x), expected));
            QVERIFY(near(norm.silu(x), expected * at::sigmoid(expected)));
        }
    }

    void linearNeedsItsBias() {
        const Weights w{{"weight", at::ones({4, 3})}};
        QCOMPARE(errorOf([&] { nn::Linear(WeightView(w, Binding::train())); }), "missing-key");
        QVERIFY(!nn::Linear(WeightView(w, Binding::train()), 3, 4, nn::Bias::Optional).bias.defined());
    }

    void groupNormRefusesAnOddNumberOfChannels() {
        const Weights w{{"weight", at::ones({10})}, {"bias", at::zeros({10})}};
        const auto code = errorOf([&] { nn::GroupNorm(WeightView(w, Binding::train()), 4, 1e-5); });
        QVERIFY2(code == "shape" || code == "unsupported", code);
    }

    void tokensAndBack() {
        const auto x = noise({2, 3, 4, 5});
        QVERIFY(at::equal(nn::toMap(nn::toTokens(x), 4, 5), x));
        QVERIFY(at::equal(nn::toTokens(x)[1][7], x.select(0, 1).select(1, 1).select(1, 2))); // row 1, column 2
    }

    void layersRefuseOtherShapes_data() {
        QTest::addColumn<QByteArray>("layer");
        QTest::newRow("convolution of a matrix") << QByteArray("conv");
        QTest::newRow("linear of a kernel") << QByteArray("linear");
        QTest::newRow("bias of another length") << QByteArray("bias");
    }

    void layersRefuseOtherShapes() {
        QFETCH(QByteArray, layer);
        const Weights w{{"conv.weight", at::ones({4, 3})}, {"conv.bias", at::ones({4})},      {"linear.weight", at::ones({4, 3, 3, 3})},
                        {"linear.bias", at::ones({4})},    {"bias.weight", at::ones({4, 3})}, {"bias.bias", at::ones({5})}};
        const WeightView view(w, Binding::train(), layer.toStdString());
        std::string message;
        const auto code = layer == "conv" ? errorOf([&] { nn::Conv c(view, -1, -1, -1); }, &message) : errorOf([&] { nn::Linear l(view); }, &message);
        QCOMPARE(code, "shape");
        QVERIFY2(message.find("\"" + layer.toStdString() + ".") != std::string::npos, message.c_str());
    }

    // Encoding is linear and exact; a decoder that adds nothing gives the image back when the transform is orthonormal.
    void patchEncoderIsLinear() {
        Weights w;
        nn::PatchConfig config{2, 12, 4, {8}};
        std::string message;
        const auto code = errorOf([&] { nn::PatchAutoencoder a(WeightView(w, Binding::train(), "first_stage_model"), config); }, &message);
        QCOMPARE(code, "missing-key");
        QVERIFY2(message.find("first_stage_model.") != std::string::npos, message.c_str());
    }
};

PHLOXINE_TEST(nn_layers, TestLayers, NoApplication)
#include "test_layers.moc"
