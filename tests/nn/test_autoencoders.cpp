// The KL and the VQ autoencoder: keys, widths, sizes, codes. They are compared with upstream in tests/verify.
#include <QtTest>

#include "core/nn/kl_autoencoder.h"
#include "core/nn/vq_autoencoder.h"
#include "tests/support/networks.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

// Two levels of 8 and 16 channels with attention at the coarser one, factor 2.
template <typename Config>
Config small() {
    Config c;
    c.channels = 8, c.resBlocks = 1, c.zChannels = 3, c.embedDim = 2, c.resolution = 16, c.normGroups = 4;
    c.channelMult = {1, 2}, c.attentionResolutions = {8};
    return c;
}

class AutoencoderKeys : public Keys {
public:
    AutoencoderKeys(const nn::AutoencoderConfig& c, int encoderOut) : c(c) {
        conv("encoder.conv_in", 8, c.inChannels, 3), conv("decoder.conv_in", 16, c.zChannels, 3);
        res("encoder.down.0.block.0", 8, 8), res("encoder.down.1.block.0", 8, 16), attended("encoder.down.1.attn.0");
        res("decoder.up.1.block.0", 16, 16), attended("decoder.up.1.attn.0");
        res("decoder.up.1.block.1", 16, 16), attended("decoder.up.1.attn.1");
        res("decoder.up.0.block.0", 16, 8), res("decoder.up.0.block.1", 8, 8);
        if (c.convResample) conv("encoder.down.0.downsample.conv", 8, 8, 3), conv("decoder.up.1.upsample.conv", 16, 16, 3);
        for (const std::string side : {"encoder", "decoder"}) {
            res(side + ".mid.block_1", 16, 16), res(side + ".mid.block_2", 16, 16);
            if (c.middleAttention) attended(side + ".mid.attn_1");
        }
        norm("encoder.norm_out", 16), conv("encoder.conv_out", encoderOut, 16, 3);
        norm("decoder.norm_out", 8), conv("decoder.conv_out", c.outChannels, 8, 3);
    }

private:
    void res(const std::string& key, int in, int out) {
        norm(key + ".norm1", in), conv(key + ".conv1", out, in, 3), norm(key + ".norm2", out), conv(key + ".conv2", out, out, 3);
        if (in != out) conv(key + ".nin_shortcut", out, in, 1);
    }
    void attended(const std::string& key) {
        if (!c.attention) return;
        norm(key + ".norm", 16);
        for (const auto* name : {".q", ".k", ".v", ".proj_out"}) conv(key + name, 16, 16, 1);
    }
    nn::AutoencoderConfig c;
};

Weights klKeys(const nn::KlConfig& c) {
    AutoencoderKeys keys(c, 2 * c.zChannels);
    if (c.quantConv) keys.conv("quant_conv", 2 * c.embedDim, 2 * c.zChannels, 1);
    if (c.postQuantConv) keys.conv("post_quant_conv", c.zChannels, c.embedDim, 1);
    return keys.weights;
}

nn::VqConfig smallVq() {
    auto c = small<nn::VqConfig>();
    c.codes = 50;
    return c;
}

Weights vqKeys(const nn::VqConfig& c) {
    AutoencoderKeys keys(c, c.zChannels);
    keys.conv("quant_conv", c.embedDim, c.zChannels, 1), keys.conv("post_quant_conv", c.zChannels, c.embedDim, 1);
    keys.add("quantize.embedding.weight", {c.codes, c.embedDim});
    return keys.weights;
}

nn::KlConfig klVariant(const QByteArray& name) {
    auto c = small<nn::KlConfig>();
    if (name == "no quant_conv") c.quantConv = c.postQuantConv = false, c.embedDim = c.zChannels = 16;
    if (name == "no attention") c.attention = c.middleAttention = false;
    if (name == "no middle attention") c.middleAttention = false;
    if (name == "pooling") c.convResample = false;
    if (name == "one channel") c.inChannels = c.outChannels = 1;
    if (name == "widths") c.levelWidths = {8, 16}, c.channelMult.clear();
    return c;
}

} // namespace

class TestAutoencoders : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void klVariants_data() {
        QTest::addColumn<QByteArray>("name");
        for (const auto* name : {"plain", "no quant_conv", "no attention", "no middle attention", "pooling", "one channel", "widths"})
            QTest::newRow(name) << QByteArray(name);
    }

    void klVariants() {
        QFETCH(QByteArray, name);
        const auto c = klVariant(name);
        const auto weights = klKeys(c);
        const auto bind = [&](const Weights& w) { nn::KlAutoencoder(WeightView(w, Binding::train()), c); };
        QCOMPARE(everyKeyIsNeeded(weights, bind), QByteArray());
        QCOMPARE(everyWidthIsChecked(weights, bind), QByteArray());

        const nn::KlAutoencoder kl(WeightView(weights, Binding::forInference(at::kFloat)), c);
        const auto image = noise({2, c.inChannels, 8, 12});
        const auto moments = kl.moments(image);
        const auto back = kl.decode(moments.mean);
        QCOMPARE(moments.mean.sizes().vec(), (std::vector<std::int64_t>{2, c.embedDim, 4, 6}));
        QCOMPARE(back.sizes().vec(), (std::vector<std::int64_t>{2, c.outChannels, 8, 12}));
        QCOMPARE(kl.preview(moments.mean).sizes().vec(), (std::vector<std::int64_t>{2, 3, 4, 6}));
        QCOMPARE(kl.factor(), 2);
        QVERIFY(near(kl.encode(image.slice(0, 1, 2)), moments.mean.slice(0, 1, 2)));
        QVERIFY(near(kl.decode(moments.mean.slice(0, 1, 2)), back.slice(0, 1, 2)));

        const nn::KlAutoencoder half(WeightView(weights, Binding::forInference(at::kBFloat16)), c);
        QVERIFY(relative(half.decode(moments.mean), back) < 4e-2);
        const auto run = [&](const Weights& w) {
            const nn::KlAutoencoder learning(WeightView(w, Binding::train()), c);
            const auto m = learning.moments(image);
            return learning.decode(m.mean + at::exp(0.5 * m.logvar));
        };
        QCOMPARE(everyTensorLearns(weights, run), QByteArray());
    }

    void logvarIsClamped() {
        const auto c = small<nn::KlConfig>();
        auto weights = klKeys(c);
        weights["quant_conv.bias"] = at::tensor({0.0f, 0.0f, 90.0f, -90.0f});
        const auto moments = nn::KlAutoencoder(WeightView(weights, Binding::forInference(at::kFloat)), c).moments(noise({1, 3, 8, 8}));
        QCOMPARE(moments.logvar.max().item<float>(), 20.0f);
        QCOMPARE(moments.logvar.min().item<float>(), -30.0f);
    }

    // Attention stands where upstream counts it: down from the resolution, and up again from the coarsest, which differ for odd sizes.
    void attentionIsCountedAsUpstream() {
        auto c = small<nn::KlConfig>();
        c.resolution = 17, c.attentionResolutions = {17}; // the finest on the way down; 8 x 2 = 16 on the way up
        std::string message;
        QCOMPARE(errorOf([&] { nn::KlAutoencoder(WeightView(klKeys(c), Binding::train()), c); }, &message), "missing-key");
        QVERIFY2(message.find("encoder.down.0.attn.0") != std::string::npos, message.c_str());
        c.attentionResolutions = {8};
        QCOMPARE(errorOf([&] { nn::KlAutoencoder(WeightView(klKeys(c), Binding::train()), c); }), "");
    }

    void vqKeysAndSizes() {
        const auto c = smallVq();
        const auto weights = vqKeys(c);
        const auto bind = [&](const Weights& w) { nn::VqAutoencoder(WeightView(w, Binding::train()), c); };
        QCOMPARE(everyKeyIsNeeded(weights, bind), QByteArray());
        QCOMPARE(everyWidthIsChecked(weights, bind), QByteArray());
        const nn::VqAutoencoder vq(WeightView(weights, Binding::forInference(at::kFloat)), c);
        const auto latent = vq.encode(noise({2, 3, 8, 12}));
        QCOMPARE(latent.sizes().vec(), (std::vector<std::int64_t>{2, 2, 4, 6}));
        QCOMPARE(vq.decode(latent).sizes().vec(), (std::vector<std::int64_t>{2, 3, 8, 12}));
        QCOMPARE(vq.preview(latent).sizes().vec(), (std::vector<std::int64_t>{2, 3, 4, 6}));
    }

    // Each position gets the entry that a search through all of them finds.
    void codesAreTheNearest() {
        const auto c = smallVq();
        const auto weights = vqKeys(c);
        const auto& book = weights.at("quantize.embedding.weight");
        const auto latent = noise({2, 2, 5, 3}, 9);
        for (const auto type : {at::kFloat, at::kBFloat16}) { // the precision of the network makes no difference
            const nn::VqAutoencoder vq(WeightView(weights, Binding::forInference(type)), c);
            const auto q = vq.quantise(latent);
            QCOMPARE(q.codes.sizes().vec(), (std::vector<std::int64_t>{2, 5, 3}));
            QVERIFY(q.codes.scalar_type() == at::kLong);
            for (int n = 0; n < 2; ++n)
                for (int y = 0; y < 5; ++y)
                    for (int x = 0; x < 3; ++x) {
                        const auto point = latent[n].select(1, y).select(1, x);
                        const auto code = (book.to(at::kDouble) - point.to(at::kDouble)).square().sum(1).argmin().item<std::int64_t>();
                        QCOMPARE(q.codes[n][y][x].item<std::int64_t>(), code);
                        QVERIFY(at::equal(q.latent[n].select(1, y).select(1, x), book[code]));
                    }
        }
        const nn::VqAutoencoder vq(WeightView(weights, Binding::forInference(at::kFloat)), c);
        QVERIFY(at::equal(vq.quantise(vq.quantise(latent).latent).codes, vq.quantise(latent).codes));
        QVERIFY(
            at::equal(vq.quantise(noise({1, 2, 80, 64})).codes.slice(1, 0, 1), vq.quantise(noise({1, 2, 80, 64}).slice(2, 0, 1)).codes));
        QCOMPARE(errorOf([&] { vq.quantise(noise({1, 3, 4, 4})); }), "shape");
    }

    // The interface of diffusion models quantises when it decodes, the plain model when it encodes.
    void whereItQuantises() {
        auto c = smallVq();
        const auto weights = vqKeys(c);
        const auto image = noise({1, 3, 8, 8});
        const nn::VqAutoencoder first(WeightView(weights, Binding::forInference(at::kFloat)), c);
        c.quantiseOnDecode = false;
        const nn::VqAutoencoder plain(WeightView(weights, Binding::forInference(at::kFloat)), c);
        const auto latent = first.encode(image), quantised = first.quantise(latent).latent;
        QVERIFY(near(plain.encode(image), quantised) && !near(latent, quantised, 1e-3));
        QVERIFY(near(first.decode(latent), plain.decode(quantised)));
        QVERIFY(near(first.decode(latent, false), plain.decode(latent)));
    }

    void badConfigurations() {
        auto none = small<nn::KlConfig>(), widths = none;
        none.channelMult.clear();
        QCOMPARE(errorOf([&] { nn::KlAutoencoder(WeightView({}, Binding::train()), none); }), "shape");
        widths.quantConv = widths.postQuantConv = false; // but embedDim is not zChannels
        QCOMPARE(errorOf([&] { nn::KlAutoencoder(WeightView({}, Binding::train()), widths); }), "shape");
        auto empty = smallVq();
        empty.codes = 0;
        QCOMPARE(errorOf([&] { nn::VqAutoencoder(WeightView({}, Binding::train()), empty); }), "shape");
    }

    // Each picture into its own range.
    void previewOfEachPicture() {
        const auto latent = at::cat({noise({1, 4, 3, 5}), noise({1, 4, 3, 5}) * 100});
        const auto preview = nn::firstChannels(latent);
        QVERIFY(near(preview[0], preview[1]));
        QCOMPARE(preview.abs().max().item<float>(), 1.0f);
        QCOMPARE(nn::firstChannels(noise({1, 1, 3, 5})).size(1), 3);
    }
};

PHLOXINE_TEST(nn_autoencoders, TestAutoencoders, NoApplication)
#include "test_autoencoders.moc"
