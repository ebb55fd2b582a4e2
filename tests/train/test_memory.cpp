// How a training is fitted into memory: blocks computed again, pieces of a batch, narrow moments and weights, means on file, updates in
// the backward pass, contexts of the text's own length. Each against the plain way, and going on to the bit.
#include <QTemporaryDir>
#include <QtTest>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/Files.h"
#include "core/generate/Generator.h"
#include "core/nn/layers.h"
#include "core/nn/network.h"
#include "core/tensor/devices.h"
#include "core/tensor/noise.h"
#include "core/tensor/safetensors.h"
#include "core/train/DiffusionRun.h"
#include "core/train/base_model.h"
#include "core/train/memory_estimate.h"
#include "core/train/train_step.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

Weights masters(at::ScalarType type, std::uint64_t seed = 5) {
    PhiloxNoise draws(seed);
    Weights weights{{"a", draws.draw({70, 301})}, {"b", draws.draw({7})}, {"c", draws.draw({65, 3, 3, 3})}};
    for (auto& [key, tensor] : weights) tensor = tensor.to(key == "b" ? at::kFloat : type).requires_grad_(true);
    return weights;
}

void giveCastGradients(const Weights& weights, std::uint64_t seed) {
    PhiloxNoise draws(seed);
    for (const auto& [key, tensor] : weights)
        const_cast<at::Tensor&>(tensor).mutable_grad() = draws.draw(tensor.sizes()).to(tensor.scalar_type());
}

bool equalWeights(const Weights& a, const Weights& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& row) { return at::equal(row.second, b.at(row.first)); });
}

Weights copied(const Weights& weights) {
    Weights copy;
    for (const auto& [key, tensor] : weights) copy[key] = tensor.detach().clone();
    return copy;
}

double relative(const at::Tensor& a, const at::Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

} // namespace

class MemoryTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    TrainRecipe recipe(const Json& memory = Json::object(), const std::string& precision = "fp32", bool ownLength = false) const {
        auto json = smallDiffusion(at("ae/autoencoder").string());
        json["memory"] = memory, json["precision"] = precision, json["model"]["text"]["own_length"] = ownLength;
        return trainRecipeFromJson(json, "small");
    }

    static TrainingSet twoClasses() {
        TrainingSet set;
        set.classes = {{"dense", "Dense", {}, {}, {"dense"}}, {"sparse", "Sparse", {}, {}, {"sparse"}}};
        return set;
    }

    // A model whose weights, those that begin at zero too, are drawn; with the gradients of one batch of four.
    struct Trained {
        std::unique_ptr<TrainedModel> model;
        Weights gradients;
        double loss = 0;
    };
    Trained trained(const TrainRecipe& r, bool whole = true) {
        static int count = 0;
        const auto folder = at("base" + std::to_string(++count));
        const auto set = twoClasses();
        writeBaseModel(r, set, folder);
        Trained t{std::make_unique<TrainedModel>(folder, r, set, choosePrecision(r.precision, at::kCPU)), {}, 0};
        PhiloxNoise draws(3);
        for (const auto& [key, master] : t.model->masters()) const_cast<at::Tensor&>(master).copy_(draws.draw(master.sizes()) * 0.1);
        const auto x0 = draws.draw({4, 4, 6, 6});
        std::vector<Level> levels;
        for (int i = 0; i < 4; ++i) levels.push_back(trainingLevel(t.model->schedule(), t.model->prediction(), (i + 0.5) / 4));
        const WeightedBatch batch{noisyBatch(t.model->prediction(), x0, draws.draw(x0.sizes()), levels),
                                  {{"dense", "sparse dense", "", "dense"}, {0, 1, 0, 0}},
                                  at::tensor({1.0f, 2.0f, 0.5f, 1.0f})};
        const c10::AutoGradMode on(true);
        for (int begin = 0; begin < 4; begin += whole ? 4 : 2) {
            const auto loss = lossOfPiece(*t.model, batch, begin, whole ? 4 : 2);
            t.loss += loss.item<double>();
            loss.backward();
        }
        for (const auto& [key, master] : t.model->masters())
            if (master.grad().defined()) t.gradients[key] = master.grad();
        return t;
    }

    void train(const TrainRecipe& r, const std::string& out, bool resume = false) const {
        DiffusionRun run(r, at("tissue"), at(out), resume);
        while (!run.finished()) (void)run.step();
    }

    static Json smallest() {
        return {{"recompute_blocks", true}, {"weights", "bf16"}, {"moments", "8bit"}, {"means", "file"}, {"update_in_backward", true}};
    }

private slots:
    void initTestCase() {
        initDevices("cpu");
        at::set_num_threads(1);
        writeTissue(at("tissue"));
        makeAutoencoder(at("tissue"), at("ae"));
    }

    void blocksComputedAgainGiveTheSameBits() {
        for (const std::string precision : {"fp32", "bf16"})
            for (const bool ownLength : {false, true}) {
                const auto plain = trained(recipe(Json::object(), precision, ownLength));
                const auto again = trained(recipe({{"recompute_blocks", true}}, precision, ownLength));
                QCOMPARE(plain.loss, again.loss);
                QVERIFY(plain.gradients.size() > 50);
                for (const auto& [key, gradient] : plain.gradients) {
                    QVERIFY2(gradient.abs().max().item<double>() > 0 || key.find("to_k.bias") != key.npos, key.c_str());
                    QVERIFY2(at::equal(gradient, again.gradients.at(key)), key.c_str());
                }
            }
    }

    // The norm of training against the library's in double precision, result and gradients, with a large offset.
    void theNormOfTraining() {
        for (const bool silu : {false, true})
            for (const auto type : {at::kFloat, at::kBFloat16}) {
                PhiloxNoise draws(6);
                const auto x = (draws.draw({3, 24, 5, 7}) + 3).to(type).contiguous(at::MemoryFormat::ChannelsLast),
                           dy = draws.draw({3, 24, 5, 7});
                nn::GroupNorm norm;
                norm.weight = draws.draw({24}).requires_grad_(true), norm.bias = draws.draw({24}).requires_grad_(true), norm.groups = 4;
                const c10::AutoGradMode on(true);
                const auto own = x.detach().requires_grad_(true), exact = x.to(at::kDouble).detach().requires_grad_(true);
                const auto w = norm.weight.detach().to(at::kDouble).requires_grad_(true),
                           b = norm.bias.detach().to(at::kDouble).requires_grad_(true);
                const auto y = silu ? norm.silu(own) : norm(own);
                QVERIFY(y.is_contiguous(at::MemoryFormat::ChannelsLast));
                auto z = at::group_norm(exact, 4, w, b, norm.eps);
                if (silu) z = at::silu(z);
                (y * dy.to(type)).sum().backward();
                (z * dy.to(type).to(at::kDouble)).sum().backward();
                const double limit = type == at::kFloat ? 2e-6 : 6e-3;
                QVERIFY(relative(y.detach(), z.detach()) < limit);
                QVERIFY(relative(own.grad(), exact.grad()) < limit);
                QVERIFY(relative(norm.weight.grad(), w.grad()) < limit && relative(norm.bias.grad(), b.grad()) < limit);
            }
    }

    void piecesAddUp() {
        const auto whole = trained(recipe()), pieces = trained(recipe(), false);
        QVERIFY(std::abs(whole.loss - pieces.loss) < 1e-5 * whole.loss);
        for (const auto& [key, gradient] : whole.gradients)
            QVERIFY2((gradient - pieces.gradients.at(key)).norm().item<double>() < 1e-4 * gradient.norm().item<double>() + 1e-6,
                     key.c_str());
    }

    void narrowWeightsStayClose() {
        const auto wide = trained(recipe(Json::object(), "bf16"));
        const auto narrow = trained(recipe({{"weights", "bf16"}, {"recompute_blocks", true}}, "bf16"));
        QVERIFY(std::abs(wide.loss - narrow.loss) < 0.02 * wide.loss);
        const std::string key = "model.diffusion_model.input_blocks.0.0.weight";
        QCOMPARE(narrow.model->masters().at(key).scalar_type(), at::kBFloat16);
        QCOMPARE(narrow.model->masters().at("model.diffusion_model.out.0.weight").scalar_type(), at::kFloat);
        QCOMPARE(narrow.model->complete(narrow.model->masters()).weights.at(key).scalar_type(), at::kFloat);
    }

    // Updates of narrow moments against those of wide ones: the same direction, to a few per cent, over gradients of many sizes.
    void narrowMomentsFollowWideOnes() {
        const auto wide = masters(at::kFloat), narrow = masters(at::kFloat), before = copied(wide);
        OptimiserSettings settings;
        settings.weightDecay = 0, settings.clipNorm = 0;
        Optimiser first(wide, settings);
        settings.narrowMoments = true;
        Optimiser second(narrow, settings);
        QCOMPARE(second.state().at("first.a").scalar_type(), at::kChar);
        QCOMPARE(second.state().at("second.a").scalar_type(), at::kByte);
        QCOMPARE(second.state().at("first.c").scalar_type(), at::kFloat); // small tensors keep theirs
        for (int i = 0; i < 60; ++i) {
            PhiloxNoise draws(std::uint64_t(100 + i));
            for (const auto& [key, tensor] : wide) {
                const auto scale = at::pow(10.0, at::arange(tensor.numel(), at::kFloat).remainder(7) - 6).view(tensor.sizes());
                const auto gradient = (draws.draw(tensor.sizes()) + 0.3) * scale;
                const_cast<at::Tensor&>(tensor).mutable_grad() = gradient;
                const_cast<at::Tensor&>(narrow.at(key)).mutable_grad() = gradient.clone();
            }
            first.step(1e-2), second.step(1e-2);
        }
        QVERIFY(at::equal(wide.at("b"), narrow.at("b")));
        const auto moved = wide.at("a").detach() - before.at("a"), other = narrow.at("a").detach() - before.at("a");
        const auto classes = at::arange(moved.numel(), at::kLong).remainder(7);
        const double limits[] = {9, 9, 9, 0.5, 0.2, 0.1, 0.05};
        for (int size = 3; size < 7; ++size) { // gradients of a thousandth of the largest of their block, and more
            const auto of = classes.eq(size);
            const double error = relative(other.view(-1).masked_select(of), moved.view(-1).masked_select(of));
            QVERIFY2(error < limits[size], qPrintable(QString("%1: %2").arg(size).arg(error)));
        }
        const double largest = other.abs().max().item<double>() / moved.abs().max().item<double>();
        QVERIFY2(largest < 4, qPrintable(QString::number(largest))); // the smallest wander, but do not run away
    }

    void stochasticRoundingKeepsWhatIsSmall() {
        Weights weights{{"w", at::ones({64, 1024}).to(at::kBFloat16).requires_grad_(true)}};
        OptimiserSettings settings;
        settings.weightDecay = 0, settings.clipNorm = 0;
        Optimiser optimiser(weights, settings);
        for (int i = 0; i < 100; ++i) { // each step is 1e-4, a fortieth of what bfloat16 can tell below one
            const_cast<at::Tensor&>(weights.at("w")).mutable_grad() = at::ones({64, 1024}).to(at::kBFloat16);
            optimiser.step(1e-4);
        }
        const double mean = weights.at("w").detach().to(at::kFloat).mean().item<double>();
        QVERIFY2(std::abs(mean - 0.99) < 5e-4, qPrintable(QString::number(mean)));
    }

    void goesOnFromANarrowState() {
        OptimiserSettings settings;
        settings.emaDecays = {0.9, 0.99}, settings.narrowMoments = true, settings.meansFolder = m_dir.path().toStdString();
        settings.seed = 7;
        const auto whole = masters(at::kBFloat16), broken = masters(at::kBFloat16);
        Optimiser first(whole, settings);
        Weights saved;
        for (int i = 0; i < 20; ++i) {
            if (i == 11) {
                saved = copied(first.state());
                const c10::AutoGradMode off(false);
                for (const auto& [key, tensor] : whole) const_cast<at::Tensor&>(broken.at(key)).copy_(tensor);
            }
            giveCastGradients(whole, 20 + std::uint64_t(i)), first.step(1e-2);
        }
        Optimiser second(broken, settings);
        second.restore(saved);
        at::set_num_threads(2);
        for (int i = 11; i < 20; ++i) giveCastGradients(broken, 20 + std::uint64_t(i)), second.step(1e-2);
        at::set_num_threads(1);
        QVERIFY(equalWeights(copied(first.state()), copied(second.state())));
        QVERIFY(equalWeights(copied(whole), copied(broken)));
        settings.seed = 8; // other random bits
        const auto other = masters(at::kBFloat16);
        Optimiser third(other, settings);
        for (int i = 0; i < 20; ++i) giveCastGradients(other, 20 + std::uint64_t(i)), third.step(1e-2);
        QVERIFY(!equalWeights(copied(whole), copied(other)));
        settings.meansFolder = at("no such folder");
        QVERIFY(!errorOf([&] { Optimiser(other, settings); }).isEmpty());
    }

    void meansOnFileAreThoseInMemory() {
        OptimiserSettings settings;
        settings.emaDecays = {0.99};
        const auto one = masters(at::kFloat), two = masters(at::kFloat);
        Optimiser memory(one, settings);
        settings.meansFolder = m_dir.path().toStdString();
        Optimiser file(two, settings);
        for (int i = 0; i < 160; ++i)
            for (auto [optimiser, weights] : {std::pair(&memory, &one), std::pair(&file, &two)})
                giveCastGradients(*weights, 20 + std::uint64_t(i)), optimiser->step(1e-3);
        QVERIFY(equalWeights(copied(one), copied(two)));
        QVERIFY(relative(file.mean(0).at("a"), memory.mean(0).at("a")) < 1e-3);
        QVERIFY(fs::is_empty(m_dir.path().toStdString()) == false);
        for (const auto& entry : fs::directory_iterator(m_dir.path().toStdString())) // the file has no name
            QVERIFY(entry.path().filename().string().find("means") == std::string::npos);
    }

    void updatesInTheBackwardPass() {
        const auto x = PhiloxNoise(1).draw({16, 301});
        Weights results[2];
        double norms[2] = {};
        for (const bool inBackward : {false, true}) {
            const auto weights = masters(at::kFloat);
            OptimiserSettings settings;
            settings.clipNorm = 0, settings.inBackward = inBackward;
            Optimiser optimiser(weights, settings);
            for (int i = 0; i < 4; ++i) {
                const c10::AutoGradMode on(true);
                optimiser.beforeBackward(1e-2);
                at::linear(x, weights.at("a")).square().mean().backward(); // b and c take no part, and decay
                QCOMPARE(weights.at("a").grad().defined(), !inBackward);
                norms[inBackward] = optimiser.step(1e-2);
            }
            results[inBackward] = copied(weights);
        }
        QVERIFY(equalWeights(results[0], results[1]));
        QCOMPARE(norms[0], norms[1]);

        const auto weights = masters(at::kFloat), before = copied(weights);
        OptimiserSettings settings;
        settings.inBackward = true;
        Optimiser optimiser(weights, settings);
        QCOMPARE(errorOf([&] { (void)optimiser.step(1e-2); }), "internal");
        const c10::AutoGradMode on(true);
        optimiser.beforeBackward(1e-2);
        (weights.at("a").sum() * std::numeric_limits<double>::quiet_NaN() + weights.at("c").sum()).backward();
        QVERIFY(!std::isfinite(optimiser.step(1e-2)));
        QVERIFY(at::equal(weights.at("a"), before.at("a")) && !at::equal(weights.at("c"), before.at("c")));
    }

    // What fills up a context changes nothing where it is masked.
    void aMaskHidesTheFilling() {
        PhiloxNoise draws(9);
        Weights w;
        for (const auto* name : {"to_q", "to_k", "to_v", "to_out.0"}) w[std::string(name) + ".weight"] = draws.draw({16, 16});
        w["to_out.0.bias"] = draws.draw({16});
        const nn::CrossAttention attention(WeightView(w, Binding::train()), 2, 16, 16);
        const auto x = draws.draw({2, 5, 16}), text = draws.draw({2, 3, 16}), filling = draws.draw({2, 4, 16});
        const auto scores = at::cat({at::zeros({2, 1, 1, 3}), at::full({2, 1, 1, 4}, -std::numeric_limits<float>::infinity())}, 3);
        const auto own = attention(x, text);
        QVERIFY(relative(attention(x, at::cat({text, filling}, 1), scores), own) < 1e-5);
        QVERIFY(relative(attention(x, at::cat({text, filling}, 1)), own) > 1e-2);

        const nn::Context three{text, {}, at::ones({2, 3}, at::kLong)}, five{draws.draw({2, 5, 16}), {}, at::ones({2, 5}, at::kLong)};
        const auto both = nn::join(three, five);
        QCOMPARE(both.tokens.sizes(), at::IntArrayRef({4, 5, 16}));
        QCOMPARE(both.mask.sum(1)[0].item<int>(), 3);
        QCOMPARE(both.mask.sum(1)[3].item<int>(), 5);
    }

    void aModelOfOwnLengthsGenerates() {
        auto r = recipe(Json::object(), "fp32", true);
        r.steps = 4;
        train(r, "own");
        QVERIFY(readFile(at("own/model/config.yaml")).find("own_length: true") != std::string::npos);
        const auto& condition = openCheckpoint(at("own/model")).config.condition;
        QVERIFY(std::get<TextEncoderConfig>(condition).ownLength);
        const auto encoder = bindCondition(openCheckpoint(at("own/model")), Binding::train());
        const auto context = encoder->encode({.texts = {"dense", "dense sparse"}});
        QCOMPARE(context.tokens.size(1), std::int64_t(5)); // of eight
        QCOMPARE(context.mask.sum(1)[0].item<int>(), 3);
        const auto alone = encoder->encode({.texts = {"dense"}});
        QVERIFY(relative(context.tokens.slice(0, 0, 1).slice(1, 0, 3), alone.tokens) < 1e-5);
        ModelStore store(std::vector<fs::path>{});
        GenerateRequest request;
        request.model = at("own/model").string(), request.prompt = "dense", request.steps = 2, request.guidance = 3, request.device = "cpu";
        QCOMPARE(generate(store, request, {}).tiles, 1);
        auto plain = recipe();
        plain.steps = 1;
        train(plain, "plain");
        QVERIFY(readFile(at("plain/model/config.yaml")).find("own_length") == std::string::npos);
    }

    void theSmallestGoesOnToTheBit() {
        const auto r = recipe(smallest(), "bf16");
        train(r, "smallest");
        {
            DiffusionRun run(r, at("tissue"), at("stopped"), false);
            for (int i = 0; i < 9; ++i) (void)run.step();
        }
        train(r, "stopped", true);
        QVERIFY(readFile(at("smallest/model/weights.safetensors")) == readFile(at("stopped/model/weights.safetensors")));
        const auto last = Json::parse(readFile(at("smallest/log.jsonl")).substr(readFile(at("smallest/log.jsonl")).rfind("{\"")));
        QVERIFY(last.at("validation_loss").get<double>() > 0 && last.at("estimated_peak_bytes").get<double>() > 0);
    }

    void estimates() {
        const auto plain = estimateMemory(recipe()), small = estimateMemory(recipe(smallest(), "bf16"));
        QCOMPARE(plain.optimiser, 8 * plain.parameters);
        QCOMPARE(plain.means, 8 * plain.parameters); // two decays
        QVERIFY(small.optimiser < plain.optimiser / 2);
        QCOMPARE(small.means, std::int64_t(0));
        QCOMPARE(small.gradients, std::int64_t(0));
        QVERIFY(small.weights < plain.weights);
        auto large = recipe();
        large.batch = 64;
        auto again = large, pieces = large;
        again.memory.recomputeBlocks = true, pieces.memory.microBatch = 8;
        QVERIFY(estimateMemory(again).activations < 0.7 * double(estimateMemory(large).activations));
        QVERIFY(estimateMemory(pieces).activations < 0.5 * double(estimateMemory(large).activations));
        const auto whole = chooseMemory(large, std::int64_t(1) << 40);
        QVERIFY(whole.memory.means == "memory" && whole.memory.microBatch == 0 && !whole.memory.recomputeBlocks);
        const auto none = chooseMemory(large, 1000);
        QVERIFY(none.estimate.total() > 1000);
        const auto some = chooseMemory(large, (whole.estimate.total() + none.estimate.total()) / 2);
        QVERIFY(some.estimate.total() <= (whole.estimate.total() + none.estimate.total()) / 2 && some.words != whole.words);
    }

    void recipes() {
        const auto r = recipe(smallest(), "bf16", true);
        QVERIFY(toJson(trainRecipeFromJson(toJson(r), "again")) == toJson(r));
        const auto refused = [&](const Json& memory, const std::string& precision, const std::string& word) {
            std::string message;
            const auto error = errorOf([&] { (void)recipe(memory, precision); }, &message);
            return error == "corrupt" && message.find(word) != std::string::npos;
        };
        QVERIFY(refused({{"micro_batch", 5}}, "fp32", "micro_batch"));
        QVERIFY(refused({{"micro_batch", 2}, {"update_in_backward", true}}, "fp32", "update_in_backward"));
        QVERIFY(refused({{"weights", "bf16"}}, "fp32", "precision"));
        QVERIFY(refused({{"moments", "4bit"}}, "fp32", "moments"));
        QVERIFY(refused({{"means", "cloud"}}, "fp32", "means"));
    }
};

PHLOXINE_TEST(train_memory, MemoryTest, QCoreApplication)
#include "test_memory.moc"
