// The transformers: DiT, PixArt, ZoomLDM's condition encoder and the text tower of CLIP. Keys, widths, sizes, positions.
#include <QtTest>

#include "core/nn/clip_text.h"
#include "core/nn/dit.h"
#include "core/nn/pixart.h"
#include "core/nn/vit_condition.h"
#include "tests/support/networks.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

nn::DitConfig smallDit() { return {2, 2, 3, 6, 2, 8, 4}; }

Weights ditKeys() {
    Keys k;
    k.conv("pos_embed.proj", 16, 3, 2);
    for (const std::string block : {"transformer_blocks.0", "transformer_blocks.1"}) {
        k.add(block + ".norm1.emb.class_embedder.embedding_table.weight", {5, 16});
        k.linear(block + ".norm1.emb.timestep_embedder.linear_1", 16, 256),
            k.linear(block + ".norm1.emb.timestep_embedder.linear_2", 16, 16);
        k.linear(block + ".norm1.linear", 96, 16), k.attention(block + ".attn1", 16, 16, true);
        k.linear(block + ".ff.net.0.proj", 64, 16), k.linear(block + ".ff.net.2", 16, 64);
    }
    k.linear("proj_out_1", 32, 16), k.linear("proj_out_2", 24, 16);
    return k.weights;
}

nn::PixartConfig smallPixart(bool sizes) {
    nn::PixartConfig c;
    c.heads = 2, c.layers = 2, c.inChannels = 3, c.outChannels = 6, c.patch = 2, c.sampleSize = 8, c.captionChannels = 10;
    c.additionalConditions = sizes;
    return c;
}

Weights pixartKeys(bool sizes) {
    Keys k;
    k.conv("pos_embed.proj", 24, 3, 2), k.linear("adaln_single.linear", 144, 24);
    const std::string embedding = "adaln_single.emb.";
    k.linear(embedding + "timestep_embedder.linear_1", 24, 256), k.linear(embedding + "timestep_embedder.linear_2", 24, 24);
    if (sizes)
        for (const auto* name : {"resolution_embedder", "aspect_ratio_embedder"})
            k.linear(embedding + name + ".linear_1", 8, 256), k.linear(embedding + name + ".linear_2", 8, 8);
    k.linear("caption_projection.linear_1", 24, 10), k.linear("caption_projection.linear_2", 24, 24);
    for (const std::string block : {"transformer_blocks.0", "transformer_blocks.1"}) {
        k.add(block + ".scale_shift_table", {6, 24});
        k.attention(block + ".attn1", 24, 24, true), k.attention(block + ".attn2", 24, 24, true);
        k.linear(block + ".ff.net.0.proj", 96, 24), k.linear(block + ".ff.net.2", 24, 96);
    }
    k.add("scale_shift_table", {2, 24}), k.linear("proj_out", 24, 24);
    return k.weights;
}

Weights vitKeys(bool finalNorm = true) {
    Keys k;
    k.add("mag_embedding.weight", {5, 8}), k.add("pad_token", {1, 1, 8}), k.linear("dim_reduce", 8, 10);
    k.add("encoder.pos_embedding", {1, 65, 8}), k.norm("encoder.ln", 8), k.linear("final_proj", 12, 8);
    for (const std::string layer : {"encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_1"}) {
        k.norm(layer + ".ln_1", 8), k.norm(layer + ".ln_2", 8), k.linear(layer + ".self_attention.out_proj", 8, 8);
        k.add(layer + ".self_attention.in_proj_weight", {24, 8}), k.add(layer + ".self_attention.in_proj_bias", {24});
        k.linear(layer + ".mlp.0", 20, 8), k.linear(layer + ".mlp.3", 8, 20);
    }
    if (finalNorm) k.norm("layer_norm", 12);
    return k.weights;
}

Weights clipKeys() {
    Keys k;
    k.add("embeddings.token_embedding.weight", {30, 8}), k.add("embeddings.position_embedding.weight", {7, 8}),
        k.norm("final_layer_norm", 8);
    for (const std::string layer : {"encoder.layers.0", "encoder.layers.1", "encoder.layers.2"}) {
        k.norm(layer + ".layer_norm1", 8), k.norm(layer + ".layer_norm2", 8), k.linear(layer + ".mlp.fc1", 20, 8);
        k.linear(layer + ".mlp.fc2", 8, 20);
        for (const auto* name : {".q_proj", ".k_proj", ".v_proj", ".out_proj"}) k.linear(layer + ".self_attn" + name, 8, 8);
    }
    return k.weights;
}

template <typename Net, typename Config>
Bind binds(const Config& c) {
    return [c](const Weights& w) { Net(WeightView(w, Binding::train()), c); };
}
WeightView view(const Weights& w, at::ScalarType type = at::kFloat) { return {w, Binding::forInference(type)}; }
at::Tensor twoTimes() { return at::tensor({3.5f, 700.0f}); }
at::Tensor row(const at::Tensor& t) { return t.slice(0, 1, 2); }
at::Tensor labels() { return at::tensor({4, 1}, at::kLong); }

} // namespace

class TestTransformers : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    // The first half of the width says the column, the second the row; another size is stretched over the same range.
    void positions() {
        const auto p = nn::sincosPositions(2, 4, 8, 4, 2, at::kCPU);
        QCOMPARE(p.sizes().vec(), (std::vector<std::int64_t>{1, 8, 8}));
        for (int y = 0; y < 2; ++y)
            for (int x = 0; x < 4; ++x)
                for (int i = 0; i < 2; ++i) {
                    const double f = i ? 0.01 : 1, column = x / 2.0 * f, line = y / 0.5 / 2 * f; // 10000^(-i/2); 4 of 4, 2 of 4 rows
                    const auto at = p[0][y * 4 + x];
                    QVERIFY(std::abs(at[i].item<double>() - std::sin(column)) < 1e-6);
                    QVERIFY(std::abs(at[2 + i].item<double>() - std::cos(column)) < 1e-6);
                    QVERIFY(std::abs(at[4 + i].item<double>() - std::sin(line)) < 1e-6);
                    QVERIFY(std::abs(at[6 + i].item<double>() - std::cos(line)) < 1e-6);
                }
    }

    void patchesGoBackWhereTheyWere() {
        const auto map = noise({2, 3, 4, 6});
        const auto tokens = map.view({2, 3, 2, 2, 3, 2}).permute({0, 2, 4, 3, 5, 1}).reshape({2, 6, 12});
        QVERIFY(at::equal(nn::joinPatches(tokens, 2, 3, 2), map));
    }

    void dit() {
        const auto c = smallDit();
        const auto weights = ditKeys();
        QCOMPARE(everyKeyIsNeeded(weights, binds<nn::Dit>(c)), QByteArray());
        // The rows of proj are the width of the network, those of the first linear layer its own.
        QCOMPARE(everyWidthIsChecked(weights, binds<nn::Dit>(c), {"pos_embed.proj.weight", "ff.net.0.proj.weight"}), QByteArray());
        const nn::Dit net(view(weights), c);
        const auto x = noise({2, 3, 8, 8}), wide = noise({2, 3, 4, 12});
        const auto out = net(x, twoTimes(), {{}, labels()});
        QCOMPARE(out.sizes().vec(), (std::vector<std::int64_t>{2, 6, 8, 8}));
        QCOMPARE(net(wide, twoTimes(), {{}, labels()}).sizes().vec(), (std::vector<std::int64_t>{2, 6, 4, 12}));
        QVERIFY(near(row(out), net(row(x), row(twoTimes()), {{}, row(labels())})));
        QVERIFY(!near(out, net(x, twoTimes(), {{}, labels().flip({0})}), 1e-3));
        QVERIFY(relative(nn::Dit(view(weights, at::kBFloat16), c)(x, twoTimes(), {{}, labels()}), out) < 4e-2);
        const auto run = [&](const Weights& w) { return nn::Dit(WeightView(w, Binding::train()), c)(x, twoTimes(), {{}, labels()}); };
        QCOMPARE(everyTensorLearns(weights, run), QByteArray());
        QCOMPARE(errorOf([&] { net(x, twoTimes(), {}); }), "wrong-use");
        QCOMPARE(errorOf([&] { net(noise({2, 3, 7, 8}), twoTimes(), {{}, labels()}); }), "shape");
        auto heads = c;
        heads.heads = 3;
        QCOMPARE(errorOf([&] { binds<nn::Dit>(heads)(weights); }), "shape");
    }

    void pixart_data() {
        QTest::addColumn<bool>("sizes");
        QTest::newRow("time alone") << false;
        QTest::newRow("time and size of the picture") << true;
    }

    void pixart() {
        QFETCH(bool, sizes);
        const auto c = smallPixart(sizes);
        const auto weights = pixartKeys(sizes);
        QCOMPARE(everyKeyIsNeeded(weights, binds<nn::Pixart>(c)), QByteArray());
        QCOMPARE(everyWidthIsChecked(weights, binds<nn::Pixart>(c), {"pos_embed.proj.weight", "ff.net.0.proj.weight"}), QByteArray());
        const nn::Pixart net(view(weights), c);
        const auto x = noise({2, 3, 8, 8}), tokens = noise({2, 5, 10}, 4);
        const auto out = net(x, twoTimes(), {tokens, {}});
        QCOMPARE(out.sizes().vec(), (std::vector<std::int64_t>{2, 6, 8, 8}));
        QCOMPARE(net(noise({2, 3, 4, 12}), twoTimes(), {tokens, {}}).sizes().vec(), (std::vector<std::int64_t>{2, 6, 4, 12}));
        QVERIFY(near(row(out), net(row(x), row(twoTimes()), {row(tokens), {}})));
        QVERIFY(!near(out, net(x, twoTimes(), {tokens.flip({0}), {}}), 1e-4));
        QVERIFY(relative(nn::Pixart(view(weights, at::kBFloat16), c)(x, twoTimes(), {tokens, {}}), out) < 4e-2);
        const auto run = [&](const Weights& w) { return nn::Pixart(WeightView(w, Binding::train()), c)(x, twoTimes(), {tokens, {}}); };
        QCOMPARE(everyTensorLearns(weights, run), QByteArray());
        QCOMPARE(errorOf([&] { net(x, twoTimes(), {}); }), "wrong-use");
    }

    // PixCell's positions of several vectors are added before the projection.
    void positionsOfVectors() {
        const auto c = smallPixart(false);
        auto weights = pixartKeys(false);
        const auto x = noise({2, 3, 8, 8}), tokens = noise({2, 4, 10}, 4), places = noise({1, 4, 10}, 7);
        const auto expected = nn::Pixart(view(weights), c)(x, twoTimes(), {tokens + places, {}});
        weights["y_pos_embed.y_pos_embed"] = places;
        const nn::Pixart net(view(weights), c);
        QVERIFY(near(net(x, twoTimes(), {tokens, {}}), expected));
        QCOMPARE(errorOf([&] { net(x, twoTimes(), {noise({2, 3, 10}), {}}); }), "shape");
    }

    void vitCondition() {
        const nn::VitConditionConfig c{2, 2, true};
        const auto weights = vitKeys();
        QCOMPARE(everyKeyIsNeeded(weights, binds<nn::VitCondition>(c)), QByteArray());
        QCOMPARE(everyWidthIsChecked(weights, binds<nn::VitCondition>(c), {"mag_embedding.weight", "mlp.0.weight", "final_proj.weight"}),
                 QByteArray());
        const nn::VitCondition vit(view(weights), c);
        const auto grid = noise({2, 10, 4, 2}), magnification = at::tensor({0, 3}, at::kLong);
        const auto out = vit(grid, magnification);
        QCOMPARE(out.sizes().vec(), (std::vector<std::int64_t>{2, 65, 12}));
        QVERIFY(near(row(out), vit(row(grid), row(magnification))));
        QVERIFY(!near(out, vit(grid, at::tensor({1, 3}, at::kLong)), 1e-4));
        // A larger grid is averaged.
        const auto large = noise({1, 10, 16, 8});
        QVERIFY(near(vit(large, row(magnification)), vit(at::avg_pool2d(large, {2, 1}), row(magnification))));
        QCOMPARE(errorOf([&] { vit(noise({1, 10, 3, 5}), row(magnification)); }), "shape");
        QCOMPARE(errorOf([&] { vit(noise({1, 10, 2, 40}), row(magnification)); }), "shape");
        const auto older = vitKeys(false);
        QCOMPARE(nn::VitCondition(view(older), {2, 2, false})(grid, magnification).size(2), 12);
    }

    // A small grid stands in the middle of the 64 places: the vectors of 2 x 2 fill places 30 to 33 of an 8 x 8 grid of padding.
    void smallGridsStandInTheMiddle() {
        auto weights = vitKeys();
        const nn::VitConditionConfig c{2, 2, true};
        const auto filler = noise({10}, 3);
        weights["pad_token"] = (at::mv(weights["dim_reduce.weight"], filler) + weights["dim_reduce.bias"]).view({1, 1, 8});
        const nn::VitCondition vit(view(weights), c);
        const auto magnification = at::tensor({2}, at::kLong);
        const auto grid = noise({1, 10, 2, 2});
        auto full = filler.view({1, 10, 1}).repeat({1, 1, 64});
        full.slice(2, 30, 34).copy_(grid.view({1, 10, 4}));
        QVERIFY(near(vit(grid, magnification), vit(full.view({1, 10, 8, 8}), magnification)));
        full = filler.view({1, 10, 1}).repeat({1, 1, 64});
        full.slice(2, 32, 33).copy_(grid.slice(3, 0, 1).slice(2, 0, 1).reshape({1, 10, 1}));
        QVERIFY(near(vit(grid.slice(3, 0, 1).slice(2, 0, 1), magnification), vit(full.view({1, 10, 8, 8}), magnification)));
    }

    void textTower() {
        const nn::ClipTextConfig c{2, nn::Activation::Gelu, 0};
        const auto weights = clipKeys();
        QCOMPARE(everyKeyIsNeeded(weights, binds<nn::ClipText>(c)), QByteArray());
        QCOMPARE(
            everyWidthIsChecked(weights, binds<nn::ClipText>(c), {"token_embedding.weight", "position_embedding.weight", "fc1.weight"}),
            QByteArray());
    }

    // Leaving out the last layer is a tower without it.
    void textTowerSkipsLayers() {
        const auto all = clipKeys();
        auto shorter = all;
        std::erase_if(shorter, [](const auto& entry) { return entry.first.starts_with("encoder.layers.2."); });
        const auto ids = at::randint(30, {2, 7}, at::kLong);
        for (const auto activation : {nn::Activation::Gelu, nn::Activation::QuickGelu}) {
            const auto skipped = nn::ClipText(view(all), {2, activation, 1})(ids);
            QVERIFY(near(skipped, nn::ClipText(view(shorter), {2, activation, 0})(ids)));
            QVERIFY(!near(skipped, nn::ClipText(view(all), {2, activation, 0})(ids), 1e-4));
        }
        QCOMPARE(errorOf([&] { nn::ClipText(view(all), {2, nn::Activation::Gelu, 3}); }), "wrong-use");
    }

    void textTowerNamesItsMissingKey() {
        const Weights w{{"text_model.embeddings.token_embedding.weight", at::ones({10, 8})}};
        std::string message;
        QCOMPARE(errorOf([&] { nn::ClipText tower(WeightView(w, Binding::train(), "text_model"), {}); }, &message), "missing-key");
        QVERIFY2(message.find("\"text_model.") != std::string::npos, message.c_str());
    }

    void partsAreCounted() {
        const auto t = at::ones({1});
        const Weights w{{"a.0.x", t}, {"a.10", t}, {"a.2.y", t}, {"a.x", t}, {"a.99x", t}, {"a.-1", t}, {"ab.50", t}};
        const WeightView root(w, Binding::train());
        QCOMPARE((root / "a").count(), 11);
        QCOMPARE((root / "b").count(), 0);
        QCOMPARE(root.count(), 0);
    }
};

PHLOXINE_TEST(nn_transformers, TestTransformers, NoApplication)
#include "test_transformers.moc"
