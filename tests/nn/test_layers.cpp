// Layers against plain formulas, and what binding says about weights that do not fit. Whole networks are compared in tests/verify.
#include <QtTest>

#include "core/nn/clip_text.h"
#include "core/nn/patch_autoencoder.h"
#include "core/nn/unet.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/noise.h"
#include "tests/support/errors.h"

using namespace phloxine;

namespace {

at::Tensor noise(at::IntArrayRef shape, std::uint64_t seed = 1) { return PhiloxNoise(seed).draw(shape); }
bool near(const at::Tensor& a, const at::Tensor& b, double limit = 1e-5) {
    return a.sizes() == b.sizes() && (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() < limit;
}

// The weights of a tiny U-Net: one level, one residual block, no attention inside except in the middle.
nn::UNetConfig tinyConfig() {
    nn::UNetConfig c;
    c.inChannels = c.outChannels = 4;
    c.modelChannels = 8;
    c.resBlocks = 1;
    c.channelMult = {1};
    c.heads = 2;
    c.contextDim = 6;
    c.normGroups = 4;
    return c;
}

class Builder {
public:
    Weights weights;
    void add(const std::string& key, at::IntArrayRef shape) { weights[key] = formulaWeight("", key, shape); }
    void norm(const std::string& key, int n) { add(key + ".weight", {n}), add(key + ".bias", {n}); }
    void linear(const std::string& key, int out, int in, bool bias = true) {
        add(key + ".weight", {out, in});
        if (bias) add(key + ".bias", {out});
    }
    void conv(const std::string& key, int out, int in, int size) { add(key + ".weight", {out, in, size, size}), add(key + ".bias", {out}); }
    void res(const std::string& key, int in, int out) {
        norm(key + ".in_layers.0", in), conv(key + ".in_layers.2", out, in, 3), linear(key + ".emb_layers.1", out, 32),
            norm(key + ".out_layers.0", out), conv(key + ".out_layers.3", out, out, 3);
        if (in != out) conv(key + ".skip_connection", out, in, 1);
    }
    void transformer(const std::string& key, int width, int context) {
        norm(key + ".norm", width), conv(key + ".proj_in", width, width, 1), conv(key + ".proj_out", width, width, 1);
        const auto block = key + ".transformer_blocks.0";
        for (const auto& [name, in] : {std::pair{".attn1", width}, {".attn2", context}})
            linear(block + name + ".to_q", width, width, false), linear(block + name + ".to_k", width, in, false),
                linear(block + name + ".to_v", width, in, false), linear(block + name + ".to_out.0", width, width);
        for (const auto* n : {".norm1", ".norm2", ".norm3"}) norm(block + n, width);
        linear(block + ".ff.net.0.proj", 8 * width, width), linear(block + ".ff.net.2", width, 4 * width);
    }
};

Weights tinyUNet() {
    Builder b;
    b.linear("time_embed.0", 32, 8), b.linear("time_embed.2", 32, 32);
    b.conv("input_blocks.0.0", 8, 4, 3), b.res("input_blocks.1.0", 8, 8);
    b.res("middle_block.0", 8, 8), b.transformer("middle_block.1", 8, 6), b.res("middle_block.2", 8, 8);
    b.res("output_blocks.0.0", 16, 8), b.res("output_blocks.1.0", 16, 8);
    b.norm("out.0", 8), b.conv("out.2", 4, 8, 3);
    return b.weights;
}

} // namespace

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
    }

    void convolutionIsASum() {
        const Weights w{{"weight", noise({3, 2, 3, 3}, 1)}, {"bias", noise({3}, 2)}};
        const nn::Conv conv(WeightView(w, Binding::train()), -1, -1, -1);
        const auto x = noise({1, 2, 5, 5}, 3);
        const auto y = conv(x);
        QCOMPARE(y.sizes().vec(), (std::vector<std::int64_t>{1, 3, 5, 5}));
        const auto patch = x.slice(2, 1, 4).slice(3, 2, 5)[0];
        QVERIFY(std::abs(y[0][1][2][3].item<double>() - ((patch * w.at("weight")[1]).sum() + w.at("bias")[1]).item<double>()) < 1e-5);
        QCOMPARE(nn::Conv(WeightView(w, Binding::train()), 2)(x).size(2), 3);
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

    void tinyUNetRuns() {
        const auto weights = tinyUNet();
        const nn::UNet unet(WeightView(weights, Binding::forInference(at::kFloat)), tinyConfig());
        const auto out = unet(noise({2, 4, 6, 8}), at::tensor({10.0f, 999.0f}), {noise({2, 3, 6}, 5), {}});
        QCOMPARE(out.sizes().vec(), (std::vector<std::int64_t>{2, 4, 6, 8}));
        QVERIFY(at::isfinite(out).all().item<bool>());
        // The samples of a batch do not see each other.
        const auto alone = unet(noise({2, 4, 6, 8}).slice(0, 1, 2), at::tensor({999.0f}), {noise({2, 3, 6}, 5).slice(0, 1, 2), {}});
        QVERIFY(near(out.slice(0, 1, 2), alone));
    }

    // Each tensor is needed: without it binding ends with its name.
    void everyKeyOfTheUNetIsNeeded() {
        const auto all = tinyUNet();
        int checked = 0;
        for (const auto& [key, tensor] : all) {
            auto weights = all;
            weights.erase(key);
            std::string message;
            const auto code = errorOf([&] { nn::UNet unet(WeightView(weights, Binding::train()), tinyConfig()); }, &message);
            if (code.isEmpty() && key.ends_with(".bias")) continue; // a linear layer may have none
            QVERIFY2(code == "missing-key" || code == "shape", (key + ": " + code.toStdString()).c_str());
            if (code == "missing-key") QVERIFY2(message.find(key) != std::string::npos, message.c_str());
            ++checked;
        }
        QVERIFY(checked > 40);
    }

    void wrongWidthOfContextIsSaid() {
        const auto weights = tinyUNet();
        auto config = tinyConfig();
        config.contextDim = 7;
        std::string message;
        QCOMPARE(errorOf([&] { nn::UNet unet(WeightView(weights, Binding::train()), config); }, &message), "shape");
        QVERIFY2(message.find("attn2.to_k.weight") != std::string::npos, message.c_str());
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

    void textTowerNamesItsMissingKey() {
        const Weights w{{"text_model.embeddings.token_embedding.weight", at::ones({10, 8})}};
        std::string message;
        QCOMPARE(errorOf([&] { nn::ClipText tower(WeightView(w, Binding::train(), "text_model"), {}); }, &message), "missing-key");
        QVERIFY2(message.find("\"text_model.") != std::string::npos, message.c_str());
    }
};

QTEST_APPLESS_MAIN(TestLayers)
#include "test_layers.moc"
