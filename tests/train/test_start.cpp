// Trainings that begin with a model: full ones of each form that opens, and low-rank ones, whose file of factors gives the same model.
#include <QTemporaryDir>
#include <QtTest>

#include <ATen/Parallel.h>

#include "core/model/lora.h"
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"
#include "core/train/DiffusionRun.h"
#include "core/train/LoraFactors.h"
#include "core/train/base_model.h"
#include "core/train/memory_estimate.h"
#include "tests/support/diffusers_model.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

class StartTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    Json json(const std::string& start, int steps = 3) const {
        auto json = smallDiffusion("", steps);
        json["model"] = {{"id", "small"}, {"start", start}};
        json["watch"]["samples_every"] = 0;
        return json;
    }
    Json adapting(const std::string& layers = "attention", int steps = 3) const {
        auto j = json(at("scratch/model").string(), steps);
        j["model"]["lora"] = {{"rank", 4}, {"alpha", 8}, {"layers", layers}};
        return j;
    }
    void train(const Json& recipe, const std::string& out, bool resume = false, int steps = 1000) const {
        DiffusionRun run(trainRecipeFromJson(recipe, "small"), at("tissue"), at(out), resume);
        for (int i = 0; i < steps && !run.finished(); ++i) (void)run.step();
    }
    static double farthest(const Weights& a, const Weights& b) {
        double far = 0;
        for (const auto& [key, tensor] : a)
            far = std::max(far, (tensor.to(at::kFloat) - b.at(key).to(at::kFloat)).abs().max().item<double>());
        return far;
    }
    static int differing(const Weights& a, const Weights& b, const std::string& part) {
        int count = 0;
        for (const auto& [key, tensor] : a)
            count += key.find(part) != std::string::npos && !at::equal(tensor.to(at::kFloat), b.at(key).to(at::kFloat));
        return count;
    }

private slots:
    void initTestCase() {
        initDevices("cpu");
        at::set_num_threads(1);
        writeTissue(at("tissue"));
        makeAutoencoder(at("tissue"), at("ae"));
        train(smallDiffusion(at("ae/autoencoder").string(), 3), "scratch");
    }

    void storedInHalf() {
        auto recipe = json(at("scratch/model").string());
        train(recipe, "single");
        recipe["model"]["stored"] = "fp16";
        train(recipe, "half");
        const auto one = openCheckpoint(at("single/model")).weights, half = openCheckpoint(at("half/model")).weights;
        QVERIFY(farthest(one, half) < 2e-3 && farthest(one, half) > 0);
        QVERIFY(fs::file_size(at("half/model/weights.safetensors")) < fs::file_size(at("single/model/weights.safetensors")) * 6 / 10);
        QVERIFY(at::equal(one.at("first_stage_model.encoder.weight"), half.at("first_stage_model.encoder.weight")));
    }

    void aModelFolder() {
        train(json(at("scratch/model").string()), "folder");
        const auto before = openCheckpoint(at("scratch/model")), after = openCheckpoint(at("folder/model"));
        QVERIFY(differing(before.weights, after.weights, "model.diffusion_model.") > 20);
        QCOMPARE(differing(before.weights, after.weights, "first_stage_model."), 0);
    }

    // In goes a folder of diffusers, out comes one that differs in what was trained alone.
    void aFolderOfDiffusers() {
        auto recipe = json(diffusersModel().string());
        recipe["data"]["tile_px"] = 64;
        train(recipe, "diffusers");
        const auto source = at("diffusers/model/source");
        const auto before = openCheckpoint(diffusersModel()), after = openCheckpoint(at("diffusers/model"));
        QCOMPARE(after.config.family, std::string("diffusers-sd"));
        QCOMPARE(after.weights.size(), before.weights.size());
        QVERIFY(differing(before.weights, after.weights, "model.diffusion_model.") > 20);
        QVERIFY(differing(before.weights, after.weights, "cond_stage_model.") > 5);
        QCOMPARE(differing(before.weights, after.weights, "first_stage_model."), 0);
        for (const auto* part : {"unet", "vae"}) { // names and shapes of diffusers
            const auto file = std::string(part) + "/diffusion_pytorch_model.safetensors";
            const auto own = readSafetensors(source / file), first = readSafetensors(diffusersModel() / file);
            QCOMPARE(own.size(), first.size());
            for (const auto& [key, tensor] : first) QVERIFY2(own.at(key).sizes() == tensor.sizes(), key.c_str());
        }
        QCOMPARE(readJsonFile(source / "scheduler/scheduler_config.json"),
                 readJsonFile(diffusersModel() / "scheduler/scheduler_config.json"));
        QVERIFY(fs::exists(at("diffusers/base/source/unet/config.json")));
        QCOMPARE(errorOf([&] { writeDiffusers(diffusersModel(), after.weights, source); }), "exists");
        auto few = after.weights;
        few.erase("model.diffusion_model.out.2.bias");
        QCOMPARE(errorOf([&] { writeDiffusers(diffusersModel(), few, at("few")); }), "missing-key");
        train(recipe, "diffusers", true); // nothing left to do, and it opens
    }

    void partsThatAreNotReadAreNotNamed() {
        const auto folder = linkedCopy(diffusersModel(), at("with-checker"));
        auto index = readJsonFile(folder / "model_index.json");
        index["safety_checker"] = {"stable_diffusion", "StableDiffusionSafetyChecker"};
        writeFileAtomically(folder / "model_index.json", index.dump(), IfExists::Replace);
        writeDiffusers(folder, openCheckpoint(folder).weights, at("without-checker"));
        const auto written = readJsonFile(at("without-checker/model_index.json"));
        QVERIFY(written["safety_checker"][0].is_null());
        QCOMPARE(written["unet"], index["unet"]);
    }

    void aFileOfCompvis() {
        auto recipe = json(makeCompvisFile(at("compvis")).string());
        recipe["data"]["tile_px"] = 64;
        train(recipe, "compvis-run");
        const auto before = openCheckpoint(at("compvis/model.safetensors")), after = openCheckpoint(at("compvis-run/model"));
        QVERIFY(differing(before.weights, after.weights, "model.diffusion_model.") > 20);
        recipe["data"]["tile_px"] = 48;
        std::string message;
        QCOMPARE(errorOf([&] { train(recipe, "other-size"); }, &message), "shape");
        QVERIFY2(message.find("64 px") != std::string::npos, message.c_str());
    }

    void aLoraIsItsFactors() {
        for (const std::string layers : {"attention", "all"}) {
            const auto out = "lora-" + layers;
            train(adapting(layers), out);
            auto merged = openCheckpoint(at("scratch/model"));
            const auto before = merged.weights;
            const auto lora = readLora(at(out) / "model-lora.safetensors");
            mergeLora(merged, lora, 1);
            const auto made = openCheckpoint(at(out) / "model");
            QVERIFY(farthest(made.weights, merged.weights) < 1e-6);
            const int changed = differing(before, made.weights, "model.diffusion_model.");
            QCOMPARE(changed, int(lora.layers.size()));
            QCOMPARE(differing(before, made.weights, "cond_stage_model."), 0);
            QVERIFY(layers == "attention" ? changed == differing(before, made.weights, ".attn")
                                          : changed > 2 * differing(before, made.weights, ".attn"));
            for (const auto& [name, layer] : lora.layers) QCOMPARE(*layer.alpha, 2.0 * double(layer.down.size(0)));
        }
    }

    void aLoraBeginsAsTheModelWas() {
        const auto recipe = trainRecipeFromJson(adapting("all"), "small");
        const auto base = openCheckpoint(at("scratch/model"));
        std::set<std::string> keys;
        for (const auto& [key, tensor] : base.weights) keys.insert(key);
        const LoraFactors factors(base, keys, recipe.model.lora, 1);
        auto weights = base.weights;
        factors.addTo(weights, base.weights, factors.begin(), at::kFloat);
        QVERIFY(farthest(base.weights, weights) == 0);
        QVERIFY(at::equal(factors.begin().begin()->second, LoraFactors(base, keys, recipe.model.lora, 1).begin().begin()->second));
        QVERIFY(!at::equal(factors.begin().begin()->second, LoraFactors(base, keys, recipe.model.lora, 2).begin().begin()->second));
        QCOMPARE(errorOf([&] { LoraFactors(base, {}, recipe.model.lora, 1); }), "wrong-use");
    }

    void aLoraOfTextsToo() {
        auto recipe = adapting();
        recipe["model"]["train_text"] = true;
        train(recipe, "lora-text");
        auto merged = openCheckpoint(at("scratch/model"));
        const auto before = merged.weights;
        mergeLora(merged, readLora(at("lora-text/model-lora.safetensors")), 1);
        const auto made = openCheckpoint(at("lora-text/model"));
        QVERIFY(farthest(made.weights, merged.weights) < 1e-6);
        QCOMPARE(differing(before, made.weights, "cond_stage_model."), 4); // q, k, v, out of one layer
    }

    // Frozen weights before the first factors ask for no gradient, and blocks that are computed again must pass one on all the same.
    void aLoraInLittleMemoryIsTheSame() {
        auto recipe = adapting();
        recipe["memory"] = {{"recompute_blocks", true}, {"micro_batch", 2}};
        train(recipe, "lora-little");
        const auto a = readSafetensors(at("lora-little/model-lora.safetensors")),
                   b = readSafetensors(at("lora-attention/model-lora.safetensors"));
        double change = 0; // of the factors that began at zero
        for (const auto& [key, tensor] : b)
            if (key.ends_with("lora_up.weight")) change = std::max(change, tensor.abs().max().item<double>());
        QVERIFY2(farthest(a, b) < 1e-3 * change, qPrintable(QString("%1 of %2").arg(farthest(a, b)).arg(change)));
    }

    void aLoraGoesOnToTheBit() {
        train(adapting(), "broken", false, 2);
        train(adapting(), "broken", true);
        QVERIFY(readFile(at("broken/model-lora.safetensors")) == readFile(at("lora-attention/model-lora.safetensors")));
    }

    void aLoraOfDiffusersHasItsNames() {
        auto recipe = json(diffusersModel().string());
        recipe["data"]["tile_px"] = 64;
        recipe["model"]["lora"] = {{"rank", 2}};
        recipe["precision"] = "bf16";
        recipe["memory"] = {{"recompute_blocks", true}, {"moments", "8bit"}, {"micro_batch", 2}};
        train(recipe, "lora-diffusers");
        const auto file = readSafetensors(at("lora-diffusers/model-lora.safetensors"));
        QVERIFY(file.count("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight"));
        QVERIFY(file.count("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_out_0.lora_up.weight"));
        auto merged = openCheckpoint(diffusersModel());
        mergeLora(merged, readLora(at("lora-diffusers/model-lora.safetensors")), 1);
        QVERIFY(farthest(openCheckpoint(at("lora-diffusers/model")).weights, merged.weights) < 1e-6);
    }

    void aLoraNeedsLittle() {
        auto whole = trainRecipeFromJson(json(at("scratch/model").string()), "small"), little = trainRecipeFromJson(adapting(), "small");
        const auto a = estimateMemory(whole), b = estimateMemory(little);
        QVERIFY(b.parameters * 4 < a.parameters);
        QVERIFY(b.optimiser * 4 < a.optimiser && b.means * 4 < a.means);
    }

    void refusals() {
        const auto refused = [&](const char* key, const Json& value, const char* words) {
            auto recipe = adapting();
            recipe["model"][key] = value;
            std::string message;
            const auto error = errorOf([&] { (void)trainRecipeFromJson(recipe, "small"); }, &message);
            return error == "corrupt" && message.find(words) != std::string::npos;
        };
        QVERIFY(refused("start", "", "names neither"));
        QVERIFY(refused("lora", {{"rank", -1}}, "must lie between"));
        QVERIFY(refused("lora", {{"rank", 4}, {"layers", "some"}}, "must be one of"));
        QVERIFY(refused("lora", {{"ranks", 4}}, "is not known"));
        auto recipe = adapting();
        recipe["memory"] = {{"weights", "bf16"}};
        recipe["precision"] = "bf16";
        QCOMPARE(errorOf([&] { (void)trainRecipeFromJson(recipe, "small"); }), "corrupt");
        const auto kept = trainRecipeFromJson(toJson(trainRecipeFromJson(adapting(), "small")), "small");
        QVERIFY(!kept.model.trainText && kept.model.lora.alpha == 8);
    }
};

PHLOXINE_TEST(train_start, StartTest, QCoreApplication)
#include "test_start.moc"
