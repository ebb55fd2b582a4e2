// `phloxine train diffusion | autoencoder`: a training from a recipe, stopped and gone on with at will; `phloxine train estimate`.
#include <chrono>
#include <cmath>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/train/AutoencoderRun.h"
#include "core/train/memory_estimate.h"
#include "core/train/train_threads.h"

namespace phloxine::cli {

namespace {

struct Options {
    std::string recipe, data, out, autoencoder, captions;
    bool resume = false;
    int threads = 0;
};

TrainHooks hooksOf(const Context& context) {
    return {context.progress, [](const std::string& sentence) { std::cerr << "phloxine: " << sentence << "\n"; }};
}

void say(const Context& context, const TrainStep& step, std::int64_t steps) {
    if (context.json || (!step.validationLoss && step.step != 1)) return;
    char line[200];
    std::snprintf(line, sizeof line, "step %lld of %lld, %lld images, loss %.4f, %.0f images/s", static_cast<long long>(step.step),
                  static_cast<long long>(steps), static_cast<long long>(step.images), step.loss, step.imagesPerSecond);
    auto text = std::string(line);
    if (step.validationLoss) {
        std::snprintf(line, sizeof line, ", held-out loss %.4f, caption gap %+.4f", *step.validationLoss, *step.captionGap);
        text += line;
    }
    print(text);
}

int runDiffusion(const Context& context, const Options& options) {
    if (options.threads > 0) setTrainingThreads(options.threads);
    auto recipe = readTrainRecipe(options.recipe);
    if (!options.autoencoder.empty()) recipe.model.autoencoder = options.autoencoder;
    if (!options.captions.empty()) recipe.data.captions = options.captions;
    DiffusionRun run(recipe, options.data, options.out, options.resume, hooksOf(context));
    const bool nothingToDo = run.finished();
    TrainStep last;
    while (!run.finished()) {
        try {
            context.progress({"Training, step " + std::to_string(run.stepsDone() + 1) + " of " + std::to_string(recipe.steps),
                              double(run.stepsDone()) / double(recipe.steps)});
        } catch (const Cancelled&) {
            run.save();
            throw;
        }
        last = run.step();
        say(context, last, recipe.steps);
    }
    if (context.json) {
        Json json{{"steps", run.stepsDone()}, {"images", run.stepsDone() * recipe.batch}, {"model", options.out + "/model"}};
        if (last.validationLoss) json["validation_loss"] = *last.validationLoss, json["caption_gap"] = *last.captionGap;
        if (last.step) json["loss"] = last.loss, json["images_per_second"] = last.imagesPerSecond;
        print(json);
    } else
        print(nothingToDo ? "This training is finished; its model is in " + options.out + "/model."
                          : "The model is in " + options.out + "/model.");
    return 0;
}

int runAutoencoder(const Context& context, const Options& options) {
    if (options.threads > 0) setTrainingThreads(options.threads);
    const auto recipe = readAutoencoderRecipe(options.recipe);
    AutoencoderRun run(recipe, options.data, options.out, options.resume, hooksOf(context));
    while (!run.finished()) {
        try {
            context.progress({"Training, step " + std::to_string(run.stepsDone() + 1) + " of " + std::to_string(recipe.steps),
                              double(run.stepsDone()) / double(recipe.steps)});
        } catch (const Cancelled&) {
            run.save();
            throw;
        }
        const auto step = run.step();
        if (!context.json && (step.step == 1 || step.step % 500 == 0)) {
            char line[120];
            std::snprintf(line, sizeof line, "step %lld of %lld, loss %.4f, %.0f images/s", static_cast<long long>(step.step),
                          static_cast<long long>(recipe.steps), step.loss, step.imagesPerSecond);
            print(std::string(line));
        }
    }
    const auto report = run.finish();
    if (context.json) {
        print(toJson(report));
        return 0;
    }
    for (const auto& [name, f] : {std::pair("linear", report.linear), std::pair("trained", report.trained)}) {
        char line[160];
        std::snprintf(line, sizeof line, "%-8s PSNR %.2f dB, SSIM %.4f, high frequencies %.2f of the real ones (%d %stiles)", name, f.psnr,
                      f.ssim, f.highFrequencies, report.tiles, report.heldOut ? "held-out " : "");
        print(std::string(line));
    }
    for (const auto& m : report.measures) {
        char line[160];
        std::snprintf(line, sizeof line, "%-22s %.4g in real tiles, %.4g in theirs, %.2g apart in a tile (%d tiles)", m.id.c_str(), m.real,
                      m.made, m.difference, m.tiles);
        print(std::string(line));
    }
    for (const auto& tile : report.worst) {
        char line[80];
        std::snprintf(line, sizeof line, "worst: SSIM %.4f, PSNR %.2f dB, ", tile.ssim, tile.psnr);
        print(line + plainText(tile.name));
    }
    print("The autoencoder is in " + options.out + "/autoencoder.");
    return 0;
}

int runEstimate(const Context& context, const Options& options) {
    auto recipe = readTrainRecipe(options.recipe);
    if (!options.autoencoder.empty()) recipe.model.autoencoder = options.autoencoder;
    const auto e = estimateMemory(recipe);
    if (context.json) {
        print(toJson(e));
        return 0;
    }
    for (const auto& [name, bytes] :
         {std::pair("weights", e.weights), std::pair("gradients", e.gradients), std::pair("optimiser", e.optimiser),
          std::pair("means of the weights", e.means), std::pair("activations", e.activations), std::pair("together", e.total())}) {
        char line[80];
        std::snprintf(line, sizeof line, "%-22s %9.1f MB", name, double(bytes) / 1e6);
        print(std::string(line));
    }
    print(std::to_string(e.parameters) + " parameters are trained; the program itself needs about 250 MB more.");
    return 0;
}

void addShared(CLI::App& command, Options& options) {
    command.add_option("--recipe", options.recipe, "The recipe, a JSON file")->required();
    command.add_option("--data", options.data, "The tiles: a folder with one folder per class, or a metadata.jsonl")->required();
    command.add_option("--out", options.out, "The run folder")->required();
    command.add_option("--threads", options.threads, "Threads of the computation; the same number gives the same weights")
        ->check(CLI::Range(1, 1024));
}

} // namespace

Run addTrain(CLI::App& command) {
    auto options = std::make_shared<Options>();
    auto run = std::make_shared<int (*)(const Context&, const Options&)>(nullptr);
    command.require_subcommand(1);
    auto* diffusion = command.add_subcommand("diffusion", "Train a diffusion model over an autoencoder, or go on from a model");
    auto* autoencoder = command.add_subcommand("autoencoder", "Train the patch autoencoder that a diffusion model works in");
    for (auto* one : {diffusion, autoencoder}) {
        one->fallthrough();
        addShared(*one, *options);
        one->add_flag("--resume", options->resume, "Go on with the training in the run folder");
    }
    diffusion->add_option("--autoencoder", options->autoencoder, "In place of the recipe's: a model, or what train autoencoder made");
    diffusion->add_option("--captions", options->captions,
                          "In place of the recipe's: a JSONL with a file_name and its \"levels\" or \"text\" per row");
    diffusion->callback([run] { *run = runDiffusion; });
    autoencoder->callback([run] { *run = runAutoencoder; });
    auto* estimate = command.add_subcommand("estimate", "What a training will hold in memory, by part");
    estimate->fallthrough();
    estimate->add_option("--recipe", options->recipe, "The recipe, a JSON file")->required();
    estimate->add_option("--autoencoder", options->autoencoder, "In place of the recipe's: a model, or what train autoencoder made");
    estimate->callback([run] { *run = runEstimate; });
    return [options, run](const Context& context) { return (*run)(context, *options); };
}

} // namespace phloxine::cli
