// The U-Net with each of its options: which keys and widths it wants, what runs, what learns. Whole networks are compared with upstream in
// tests/verify.
#include <QtTest>

#include "core/nn/unet.h"
#include "tests/support/networks.h"
#include "tests/support/test_main.h"

using namespace phloxine;
using nn::UNetConfig;

namespace {

// Two levels of 8 and 16 channels, one residual block each; attention at both.
UNetConfig smallConfig() {
    UNetConfig c;
    c.inChannels = 3, c.outChannels = 5, c.modelChannels = 8, c.resBlocks = 1;
    c.channelMult = {1, 2}, c.attentionResolutions = {1, 2};
    c.heads = 2, c.contextDim = 6, c.normGroups = 4;
    return c;
}

class UNetKeys : public Keys {
public:
    explicit UNetKeys(const UNetConfig& c) : c(c) {
        linear("time_embed.0", 32, 8), linear("time_embed.2", 32, 32);
        if (c.vectorInput == nn::VectorInput::Labels) add("label_emb.weight", {c.classes, 32});
        if (c.vectorInput == nn::VectorInput::Continuous) linear("label_emb", 32, 1);
        if (c.vectorInput == nn::VectorInput::Sequential) linear("label_emb.0.0", 32, c.admChannels), linear("label_emb.0.2", 32, 32);
        conv("input_blocks.0.0", 8, 3, 3);
        res("input_blocks.1.0", 8, 8), attended("input_blocks.1.1", 8);
        if (c.resblockUpdown) res("input_blocks.2.0", 8, 8);
        else if (c.convResample) conv("input_blocks.2.0.op", 8, 8, 3);
        res("input_blocks.3.0", 8, 16), attended("input_blocks.3.1", 16);
        res("middle_block.0", 16, 16), attended("middle_block.1", 16), res("middle_block.2", 16, 16);
        res("output_blocks.0.0", 32, 16), attended("output_blocks.0.1", 16);
        res("output_blocks.1.0", 24, 16), attended("output_blocks.1.1", 16);
        if (c.resblockUpdown) res("output_blocks.1.2", 16, 16);
        else if (c.convResample) conv("output_blocks.1.2.conv", 16, 16, 3);
        res("output_blocks.2.0", 24, 8), attended("output_blocks.2.1", 8);
        res("output_blocks.3.0", 16, 8), attended("output_blocks.3.1", 8);
        norm("out.0", 8), conv("out.2", 5, 8, 3);
    }

private:
    void res(const std::string& key, int in, int out) {
        norm(key + ".in_layers.0", in), conv(key + ".in_layers.2", out, in, 3);
        linear(key + ".emb_layers.1", c.scaleShiftNorm ? 2 * out : out, 32);
        norm(key + ".out_layers.0", out), conv(key + ".out_layers.3", out, out, 3);
        if (in != out) conv(key + ".skip_connection", out, in, 1);
    }
    void attended(const std::string& key, int width) {
        norm(key + ".norm", width);
        if (!c.spatialTransformer) {
            add(key + ".qkv.weight", {3 * width, width, 1}), add(key + ".qkv.bias", {3 * width});
            add(key + ".proj_out.weight", {width, width, 1}), add(key + ".proj_out.bias", {width});
            return;
        }
        for (const auto* name : {".proj_in", ".proj_out"})
            if (c.linearProjection) linear(key + name, width, width);
            else conv(key + name, width, width, 1);
        for (int i = 0; i < c.transformerDepth; ++i) {
            const auto block = key + ".transformer_blocks." + std::to_string(i);
            attention(block + ".attn1", width, width, false);
            attention(block + ".attn2", width, c.contextDim > 0 ? c.contextDim : width, false);
            for (const auto* n : {".norm1", ".norm2", ".norm3"}) norm(block + n, width);
            linear(block + ".ff.net.0.proj", 8 * width, width), linear(block + ".ff.net.2", width, 4 * width);
        }
    }
    UNetConfig c;
};

UNetConfig variant(const QByteArray& name) {
    auto c = smallConfig();
    if (name == "linear, deeper") c.linearProjection = true, c.transformerDepth = 2;
    if (name == "without a context") c.contextDim = 0;
    if (name == "attention blocks") c.spatialTransformer = false;
    if (name == "attention blocks, new order") c.spatialTransformer = false, c.newAttentionOrder = true;
    if (name == "scale and shift") c.scaleShiftNorm = true;
    if (name == "resampling blocks") c.resblockUpdown = true;
    if (name == "pooling") c.convResample = false;
    if (name == "classes") c.vectorInput = nn::VectorInput::Labels, c.classes = 3;
    if (name == "a value") c.vectorInput = nn::VectorInput::Continuous;
    if (name == "vectors") c.vectorInput = nn::VectorInput::Sequential, c.admChannels = 7;
    return c;
}

nn::Context contextOf(const UNetConfig& c) {
    nn::Context context{noise({2, 3, 6}, 5), {}};
    if (c.vectorInput == nn::VectorInput::Labels) context.vector = at::tensor({0, 2}, at::kLong);
    if (c.vectorInput == nn::VectorInput::Continuous) context.vector = noise({2}, 6);
    if (c.vectorInput == nn::VectorInput::Sequential) context.vector = noise({2, 7}, 6);
    return context;
}

at::Tensor times() { return at::tensor({10.0f, 999.0f}); }

Bind binds(const UNetConfig& c) {
    return [c](const Weights& w) { nn::UNet(WeightView(w, Binding::train()), c); };
}

} // namespace

class TestUNet : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void variants_data() {
        QTest::addColumn<QByteArray>("name");
        for (const auto* name : {"plain", "linear, deeper", "without a context", "attention blocks", "attention blocks, new order",
                                 "scale and shift", "resampling blocks", "pooling", "classes", "a value", "vectors"})
            QTest::newRow(name) << QByteArray(name);
    }

    void variants() {
        QFETCH(QByteArray, name);
        const auto c = variant(name);
        const auto weights = UNetKeys(c).weights;
        QCOMPARE(everyKeyIsNeeded(weights, binds(c)), QByteArray());
        QCOMPARE(everyWidthIsChecked(weights, binds(c)), QByteArray());

        const nn::UNet unet(WeightView(weights, Binding::forInference(at::kFloat)), c);
        const auto x = noise({2, 3, 6, 10});
        const auto context = contextOf(c);
        const auto out = unet(x, times(), context);
        QCOMPARE(out.sizes().vec(), (std::vector<std::int64_t>{2, 5, 6, 10}));
        QVERIFY(at::isfinite(out).all().item<bool>());

        // The samples of a batch do not see each other.
        const auto row = [](const at::Tensor& t) { return t.defined() ? t.slice(0, 1, 2) : t; };
        QVERIFY(near(row(out), unet(row(x), row(times()), {row(context.tokens), row(context.vector)})));

        const nn::UNet half(WeightView(weights, Binding::forInference(at::kBFloat16)), c);
        QVERIFY2(relative(half(x, times(), context), out) < 4e-2, "bf16 is too far from fp32");

        const auto run = [&](const Weights& w) { return nn::UNet(WeightView(w, Binding::train()), c)(x, times(), context); };
        QCOMPARE(everyTensorLearns(weights, run), QByteArray());
    }

    // What guides the network is wanted, and makes a difference.
    void contextCounts_data() {
        QTest::addColumn<QByteArray>("name");
        for (const auto* name : {"plain", "classes", "a value", "vectors"}) QTest::newRow(name) << QByteArray(name);
    }

    void contextCounts() {
        QFETCH(QByteArray, name);
        const auto c = variant(name);
        const auto weights = UNetKeys(c).weights;
        const nn::UNet unet(WeightView(weights, Binding::forInference(at::kFloat)), c);
        const auto x = noise({2, 3, 4, 4});
        auto other = contextOf(c);
        const auto out = unet(x, times(), other);
        if (name == "plain") other.tokens = other.tokens.flip({0});
        else other.vector = other.vector.flip({0});
        QVERIFY(!near(out, unet(x, times(), other), 1e-3));
        QCOMPARE(errorOf([&] { unet(x, times(), {}); }), "wrong-use");
    }

    // The two orders of qkv are one permutation of rows apart.
    void attentionOrders() {
        auto c = variant("attention blocks");
        auto weights = UNetKeys(c).weights;
        const auto x = noise({2, 3, 4, 6});
        const auto before = nn::UNet(WeightView(weights, Binding::forInference(at::kFloat)), c)(x, times(), {});
        for (auto& [key, tensor] : weights)
            if (key.find(".qkv.") != std::string::npos) // [heads, qkv, size, ...] -> [qkv, heads, size, ...]
                tensor = tensor.reshape({2, 3, tensor.size(0) / 6, -1}).transpose(0, 1).reshape(tensor.sizes()).contiguous();
        c.newAttentionOrder = true;
        QVERIFY(near(before, nn::UNet(WeightView(weights, Binding::forInference(at::kFloat)), c)(x, times(), {})));
    }

    void sameHeadsInOtherWords() {
        const auto weights = UNetKeys(smallConfig()).weights;
        const auto x = noise({2, 3, 4, 6});
        const auto run = [&](const UNetConfig& c) {
            return nn::UNet(WeightView(weights, Binding::forInference(at::kFloat)), c)(x, times(), contextOf(c));
        };
        auto byWidth = smallConfig(), byLevel = smallConfig(), widths = smallConfig(), lists = smallConfig();
        byWidth.headChannels = 4, byWidth.heads = -1; // 2 heads of 4, 4 heads of 4
        byLevel.headsPerLevel = {2, 4}, byLevel.heads = -1;
        QVERIFY(near(run(byWidth), run(byLevel)));
        QVERIFY(!near(run(byWidth), run(smallConfig()), 1e-4));
        widths.levelWidths = {8, 16}, widths.channelMult.clear();
        lists.resBlocksPerLevel = {1, 1}, lists.transformerDepthPerLevel = {1, 1};
        QVERIFY(near(run(widths), run(smallConfig())) && near(run(lists), run(smallConfig())));
    }

    // Sides that do not halve evenly come back to what they were.
    void oddSizes() {
        const auto c = smallConfig();
        const auto weights = UNetKeys(c).weights;
        const nn::UNet unet(WeightView(weights, Binding::forInference(at::kFloat)), c);
        QCOMPARE(unet(noise({2, 3, 5, 7}), times(), contextOf(c)).sizes().vec(), (std::vector<std::int64_t>{2, 5, 5, 7}));
    }

    void badConfigurations_data() {
        QTest::addColumn<int>("which");
        for (const auto& [name, which] : {std::pair{"no levels", 0},
                                          {"no heads", 1},
                                          {"list of another length", 2},
                                          {"heads of no width", 3},
                                          {"heads that do not divide", 4},
                                          {"no blocks", 5}})
            QTest::newRow(name) << which;
    }

    void badConfigurations() {
        QFETCH(int, which);
        auto c = smallConfig();
        if (which == 0) c.channelMult.clear();
        if (which == 1) c.heads = -1;
        if (which == 2) c.resBlocksPerLevel = {1};
        if (which == 3) c.heads = 100;
        if (which == 4) c.spatialTransformer = false, c.heads = 3;
        if (which == 5) c.resBlocks = 0;
        const auto weights = UNetKeys(smallConfig()).weights;
        const auto code = errorOf([&] { binds(c)(weights); });
        QVERIFY2(code == "shape" || (which == 4 && code == "missing-key"), code);
    }

    void wrongWidthOfContextIsSaid() {
        const auto weights = UNetKeys(smallConfig()).weights;
        auto config = smallConfig();
        config.contextDim = 7;
        std::string message;
        QCOMPARE(errorOf([&] { binds(config)(weights); }, &message), "shape");
        QVERIFY2(message.find("attn2.to_k.weight") != std::string::npos, message.c_str());
    }
};

PHLOXINE_TEST(nn_unet, TestUNet, NoApplication)
#include "test_unet.moc"
