// Trainings of KL and VQ autoencoders: from scratch and from a model, going on to the bit, and diffusion models over what they make.
#include <QTemporaryDir>
#include <QtTest>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/model/Model.h"
#include "core/model/compvis_config.h"
#include "core/tensor/devices.h"
#include "core/train/TrainedAutoencoder.h"
#include "core/train/base_model.h"
#include "tests/support/diffusers_model.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;
namespace fs = std::filesystem;

class AutoencodersTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    static Json json(const std::string& network, int steps) {
        return {{"format", "phloxine-recipe/1"},
                {"kind", "autoencoder"},
                {"data", smallData()},
                {"network", network},
                {"z_channels", 4},
                {"ch", 32},
                {"ch_mult", {1, 1}},
                {network == "kl" ? "kl_weight" : "n_embed", network == "kl" ? Json(1e-6) : Json(64)},
                {"steps", steps},
                {"warm_up_steps", 2},
                {"batch", 2},
                {"crop_px", 16},
                {"rate", 0.002},
                {"ema", 0.9},
                {"precision", "fp32"}};
    }
    ReconstructionReport train(const Json& recipe, const std::string& out, int stopAfter = 0) const {
        if (stopAfter > 0) {
            AutoencoderRun run(autoencoderRecipeFromJson(recipe, "small"), at("tissue"), at(out), false);
            for (int i = 0; i < stopAfter; ++i) (void)run.step();
            run.save();
            (void)run.step(); // lost
        }
        AutoencoderRun run(autoencoderRecipeFromJson(recipe, "small"), at("tissue"), at(out), stopAfter > 0);
        while (!run.finished()) (void)run.step();
        return run.finish();
    }
    static int stepsOf(const std::string& network) { return network == "kl" ? 60 : 140; }
    static std::string file(const fs::path& folder) { return readFile(folder / "autoencoder/weights.safetensors"); }

private slots:
    void initTestCase() {
        initDevices("cpu");
        at::set_num_threads(1);
        writeTissue(at("tissue"));
    }

    void fromScratch() {
        for (const std::string network : {"kl", "vq"}) {
            const auto none = train(json(network, 1), network + "-none"), some = train(json(network, stepsOf(network)), network);
            QVERIFY(!some.before && some.heldOut);
            QVERIFY2(some.trained.psnr > none.trained.psnr + 3, qPrintable(QString::number(some.trained.psnr)));
            QCOMPARE(some.codes, network == "vq" ? 64 : 0);
            QVERIFY(network == "kl" || (some.codesUsed > 8 && some.codesUsed <= 64));
            const auto made = openAutoencoder(at(network) / "autoencoder");
            QCOMPARE(std::holds_alternative<nn::KlConfig>(made.config.firstStage), network == "kl");
            // Latents of unit variance under the scale that the folder tells.
            const c10::AutoGradMode off(false);
            const auto autoencoder = bindAutoencoder(made, Binding::train());
            const auto tile = readPng(at("tissue/dense/g000_0.png")).image;
            const auto pixels = at::from_blob(const_cast<std::uint8_t*>(tile.rgb.data()), {48, 48, 3}, at::kByte).permute({2, 0, 1});
            const auto latent = autoencoder->encode(signedFrom(pixels).unsqueeze(0)) * made.config.scaleFactor;
            const double deviation = latent.std().item<double>();
            QVERIFY2(deviation > 0.4 && deviation < 2.5, qPrintable(QString::number(deviation)));
        }
    }

    void goesOnToTheBit() {
        for (const auto& [network, stop] : {std::pair("kl", 30), std::pair("vq", 120)}) { // entries of the codebook begin anew at 100
            const auto out = std::string(network) + "-stopped";
            (void)train(json(network, stepsOf(network)), out, stop);
            QVERIFY2(file(at(out)) == file(at(network)), out.c_str());
        }
    }

    void theDecoderAlone() {
        auto recipe = json("kl", 20);
        recipe["start"] = at("kl/autoencoder").string(), recipe["decoder_only"] = true;
        const auto report = train(recipe, "decoder");
        QVERIFY(report.before);
        const auto before = openAutoencoder(at("kl/autoencoder")), after = openAutoencoder(at("decoder/autoencoder"));
        QCOMPARE(after.config.scaleFactor, before.config.scaleFactor);
        for (const auto& [key, tensor] : before.weights) {
            const bool free = key.find("decoder.") != std::string::npos || key.find("post_quant") != std::string::npos;
            QVERIFY2(at::equal(tensor, after.weights.at(key)) != (free && key.ends_with("weight")) || (free && key.ends_with("bias")),
                     key.c_str());
        }
        QVERIFY(readFile(at("decoder/recipe.json")).find(m_dir.path().toStdString()) == std::string::npos);
        fs::remove_all(at("moved"));
        fs::rename(at("decoder"), at("moved")); // a run needs nothing outside its folder
        AutoencoderRun again(autoencoderRecipeFromJson(recipe, "small"), at("tissue"), at("moved"), true);
        QVERIFY(again.finished());
    }

    void fromAModel() { // diffusers' names
        auto recipe = json("kl", 2);
        recipe["start"] = (diffusersModel() / "vae").string();
        (void)train(recipe, "alone");
        recipe["start"] = diffusersModel().string();
        const auto report = train(recipe, "released");
        QVERIFY(file(at("alone")) == file(at("released")));
        QVERIFY(report.before && std::abs(report.before->psnr - report.trained.psnr) < 3);
        const auto config = std::get<nn::KlConfig>(openAutoencoder(at("released/autoencoder")).config.firstStage);
        QCOMPARE(config.levels(), 4);
        QCOMPARE(config.zChannels, 4);
        recipe["network"] = "vq";
        recipe.erase("kl_weight");
        std::string message;
        QCOMPARE(errorOf([&] { (void)train(recipe, "other-kind"); }, &message), "wrong-use");
        QVERIFY(message.find("\"network\"") != std::string::npos);
    }

    void diffusionOverThem() {
        for (const std::string network : {"kl", "vq"}) {
            auto recipe = smallDiffusion((at(network) / "autoencoder").string(), 2);
            recipe["watch"]["samples_every"] = 2;
            DiffusionRun run(trainRecipeFromJson(recipe, "small"), at("tissue"), at(network + "-diffusion"), false);
            while (!run.finished()) (void)run.step();
            const auto model = openCheckpoint(at(network + "-diffusion/model"));
            QCOMPARE(pixelsPerLatent(model.config), 2);
            QVERIFY(fs::exists(at(network + "-diffusion/samples/8.png")));
        }
    }

    void yamlOfAFirstStage() {
        for (const std::string network : {"kl", "vq"}) {
            const auto config = openAutoencoder(at(network) / "autoencoder").config.firstStage;
            QCOMPARE(firstStageToYaml(firstStageFromYaml(firstStageToYaml(config), "a")), firstStageToYaml(config));
        }
        nn::KlConfig odd;
        odd.levelWidths = {32, 48};
        odd.channels = 32;
        QCOMPARE(errorOf([&] { (void)firstStageToYaml(odd); }), "unsupported");
        odd.levelWidths.clear(), odd.postQuantConv = false;
        QCOMPARE(errorOf([&] { (void)firstStageToYaml(odd); }), "unsupported");
        QCOMPARE(errorOf([&] { (void)firstStageToYaml(NoStage{}); }), "unsupported");
    }

    void refusals() {
        const auto refused = [&](const char* network, const char* key, const Json& value, const char* words) {
            auto recipe = json(network, 2);
            recipe[key] = value;
            std::string message;
            const auto error = errorOf([&] { (void)autoencoderRecipeFromJson(recipe, "small"); }, &message);
            return error == "corrupt" && message.find(words) != std::string::npos;
        };
        QVERIFY(refused("kl", "ch", 40, "multiple of 32"));
        QVERIFY(refused("kl", "crop_px", 17, "multiples of 2"));
        QVERIFY(refused("kl", "crop_px", 64, "larger than"));
        QVERIFY(refused("kl", "decoder_only", true, "names none"));
        QVERIFY(refused("kl", "patch", 8, "is not known"));
        QVERIFY(refused("vq", "kl_weight", 1, "is not known"));
        QVERIFY(refused("vq", "n_embed", 1, "must lie between"));
        auto recipe = json("kl", 2);
        recipe["start"] = at("nowhere").string();
        QCOMPARE(errorOf([&] { (void)train(recipe, "no-start"); }), "not-found");
    }
};

PHLOXINE_TEST(train_autoencoders, AutoencodersTest, QCoreApplication)
#include "test_autoencoders.moc"
