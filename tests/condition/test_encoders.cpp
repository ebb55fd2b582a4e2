// From a condition to a context, and what stands for none. The numbers are compared with upstream in tests/verify.
#include <QtTest>

#include "core/condition/encoders.h"
#include "core/condition/vector_encoders.h"
#include "tests/support/networks.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

WeightView view(const Weights& w, at::ScalarType type = at::kFloat) { return {w, Binding::forInference(type)}; }
Condition ofVectors(const at::Tensor& vectors, const at::Tensor& region = {}) {
    Condition c;
    c.vectors = vectors, c.region = region;
    return c;
}
Condition ofLabels(std::vector<std::int64_t> labels) {
    Condition c;
    c.labels = std::move(labels);
    return c;
}
const Condition& nothing() {
    static const Condition none;
    return none;
}

} // namespace

class TestEncoders : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void classes() {
        Keys k;
        k.add("embedding.weight", {4, 6});
        const ClassEncoder encoder(view(k.weights));
        const auto context = encoder.encode(ofLabels({1, 3}));
        QCOMPARE(context.tokens.sizes().vec(), (std::vector<std::int64_t>{2, 1, 6}));
        QVERIFY(at::equal(context.tokens[0][0], k.weights.at("embedding.weight")[1]) && !context.vector.defined());
        const auto none = encoder.unconditional(3); // the last class
        QCOMPARE(none.tokens.size(0), 3);
        QVERIFY(at::equal(none.tokens[2], context.tokens[1]));
        QCOMPARE(errorOf([&] { encoder.encode(ofLabels({4})); }), "wrong-use");
        QCOMPARE(errorOf([&] { encoder.encode(ofLabels({-1})); }), "wrong-use");
        QCOMPARE(errorOf([&] { encoder.encode(nothing()); }), "wrong-use");
    }

    void labelsPass() {
        const LabelEncoder encoder(8, 7);
        const auto context = encoder.encode(ofLabels({0, 7, 3}));
        QVERIFY(at::equal(context.vector, at::tensor({0, 7, 3}, at::kLong)) && !context.tokens.defined());
        QVERIFY(at::equal(encoder.unconditional(2).vector, at::tensor({7, 7}, at::kLong)));
        QCOMPARE(errorOf([&] { encoder.encode(ofLabels({8})); }), "wrong-use");
        QCOMPARE(errorOf([&] { LabelEncoder(8, 8); }), "wrong-use");
        QCOMPARE(errorOf([&] { LabelEncoder(8, -1).unconditional(1); }), "wrong-use");
    }

    void patches() {
        Keys k;
        k.linear("patch_fc", 6, 10);
        const auto bind = [](const Weights& w) { PatchEncoder(view(w), {}); };
        QCOMPARE(everyKeyIsNeeded(k.weights, bind), QByteArray());
        const PatchEncoder plain(view(k.weights), {}), unit(view(k.weights), {true, false});
        const auto vectors = noise({3, 10});
        const auto tokens = plain.encode(ofVectors(vectors)).tokens;
        QCOMPARE(tokens.sizes().vec(), (std::vector<std::int64_t>{3, 1, 6}));
        QVERIFY(near(tokens[1][0], at::mv(k.weights.at("patch_fc.weight"), vectors[1]) + k.weights.at("patch_fc.bias")));
        QVERIFY(near(unit.encode(ofVectors(vectors)).tokens, unit.encode(ofVectors(vectors * 7)).tokens));
        QVERIFY(!near(tokens, plain.encode(ofVectors(vectors * 7)).tokens, 1e-3));
        for (const auto* encoder : {&plain, &unit}) { // a zero vector stays zero
            const auto none = encoder->unconditional(2).tokens;
            QVERIFY(near(none, k.weights.at("patch_fc.bias").expand({2, 1, 6})));
            QVERIFY(near(none, encoder->encode(ofVectors(at::zeros({2, 10}))).tokens));
        }
        QCOMPARE(errorOf([&] { plain.encode(ofVectors(noise({3, 9}))); }), "shape");
        QCOMPARE(errorOf([&] { plain.encode(ofVectors(noise({10}))); }), "shape");
        QCOMPARE(errorOf([&] { plain.encode(nothing()); }), "wrong-use");
    }

    void patchesWithTheirRegion() {
        Keys k;
        k.linear("patch_fc", 6, 10), k.linear("region_fc", 6, 4);
        const auto bind = [](const Weights& w) { PatchEncoder(view(w), {true, true}); };
        QCOMPARE(everyKeyIsNeeded(k.weights, bind), QByteArray());
        const PatchEncoder encoder(view(k.weights), {true, true});
        const auto vectors = noise({3, 10}), region = noise({3, 4}, 2);
        const auto both = encoder.encode(ofVectors(vectors, region)).tokens, one = encoder.encode(ofVectors(vectors)).tokens;
        QCOMPARE(both.sizes().vec(), (std::vector<std::int64_t>{3, 2, 6}));
        QVERIFY(near(both.select(1, 0), one.select(1, 0)) && !near(both.select(1, 1), one.select(1, 1), 1e-3));
        QVERIFY(near(one[2][1], k.weights.at("region_fc.bias"))); // a missing region is a zero vector
        QVERIFY(near(one, encoder.encode(ofVectors(vectors, at::zeros({3, 4}))).tokens));
        QCOMPARE(encoder.unconditional(2).tokens.size(1), 2);
        QCOMPARE(errorOf([&] { encoder.encode(ofVectors(vectors, noise({2, 4}))); }), "shape");
    }

    void textTableMustHoldItsTokens() { // one that is short would stop a GPU for the whole process
        Keys k;
        k.add("embeddings.token_embedding.weight", {30, 8}), k.add("embeddings.position_embedding.weight", {77, 8});
        k.norm("final_layer_norm", 8), k.norm("encoder.layers.0.layer_norm1", 8), k.norm("encoder.layers.0.layer_norm2", 8);
        k.linear("encoder.layers.0.mlp.fc1", 20, 8), k.linear("encoder.layers.0.mlp.fc2", 8, 20);
        for (const auto* name : {"q_proj", "k_proj", "v_proj", "out_proj"})
            k.linear(std::string("encoder.layers.0.self_attn.") + name, 8, 8);
        TextEncoderConfig config;
        config.tower.heads = 2;
        std::string message;
        QCOMPARE(errorOf([&] { TextEncoder(view(k.weights), config).encodeTexts({"lung"}); }, &message), "shape");
        QVERIFY2(message.find("knows 30 tokens") != std::string::npos, message.c_str());
    }

    void tokens_data() {
        QTest::addColumn<int>("count");
        QTest::newRow("one") << 1;
        QTest::newRow("sixteen") << 16;
    }

    void tokens() {
        QFETCH(int, count);
        const Weights w{{"uncond", noise({1, count, 10})}, {"caption_projection.uncond_embedding", noise({count, 10}, 2)}};
        const TokenEncoder encoder(view(w));
        const auto vectors = noise({2, count, 10}, 3);
        QVERIFY(at::equal(encoder.encode(ofVectors(vectors)).tokens, vectors));
        QVERIFY(at::equal(encoder.unconditional(2).tokens[1], w.at("uncond")[0]));
        const TokenEncoder inside(view(w), "caption_projection.uncond_embedding");
        QVERIFY(at::equal(inside.unconditional(2).tokens[1], w.at("caption_projection.uncond_embedding")));
        const int side = count == 1 ? 1 : 4;
        const auto grid = vectors.transpose(1, 2).reshape({2, 10, side, side}); // row by row
        QVERIFY(at::equal(encoder.encode(ofVectors(grid)).tokens, vectors));
        if (count == 1) QVERIFY(at::equal(encoder.encode(ofVectors(vectors.select(1, 0))).tokens, vectors));
        else QCOMPARE(errorOf([&] { encoder.encode(ofVectors(vectors.select(1, 0))); }), "shape");
        QCOMPARE(errorOf([&] { encoder.encode(ofVectors(noise({2, count + 1, 10}))); }), "shape");
        QCOMPARE(errorOf([&] { encoder.encode(ofVectors(noise({2, count, 9}))); }), "shape");
        QCOMPARE(errorOf([&] { TokenEncoder(view(w), "other"); }), "missing-key");
        QCOMPARE(errorOf([&] { TokenEncoder(view({{"uncond", noise({10})}})); }), "shape");
    }

    void gridsAndMagnifications() {
        Keys k;
        k.add("mag_embedding.weight", {5, 8}), k.add("pad_token", {1, 1, 8}), k.linear("dim_reduce", 8, 10);
        k.add("encoder.pos_embedding", {1, 65, 8}), k.norm("encoder.ln", 8), k.linear("final_proj", 12, 8), k.norm("layer_norm", 12);
        const VitEncoder encoder(view(k.weights), {2, 0, true});
        auto condition = ofVectors(noise({2, 10, 4, 4}));
        condition.labels = {4};
        const auto one = encoder.encode(condition).tokens;
        QCOMPARE(one.sizes().vec(), (std::vector<std::int64_t>{2, 65, 12}));
        condition.labels = {4, 4};
        QVERIFY(near(one, encoder.encode(condition).tokens));
        const auto none = encoder.unconditional(3).tokens;
        QVERIFY(at::equal(none, at::zeros({3, 65, 12})));
        for (const auto& labels : std::vector<std::vector<std::int64_t>>{{}, {1, 2, 3}, {5}, {-1}}) {
            condition.labels = labels;
            QCOMPARE(errorOf([&] { encoder.encode(condition); }), "wrong-use");
        }
        condition = ofVectors(noise({2, 9, 4, 4}));
        condition.labels = {0};
        QCOMPARE(errorOf([&] { encoder.encode(condition); }), "shape");
        QCOMPARE(errorOf([&] { encoder.encode(ofLabels({0})); }), "wrong-use");
    }
};

PHLOXINE_TEST(condition_encoders, TestEncoders, NoApplication)
#include "test_encoders.moc"
