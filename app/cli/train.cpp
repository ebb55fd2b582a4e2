// `phloxine train diffusion | autoencoder`: a training from a recipe, stopped and gone on with at will; `phloxine train estimate`.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/train/AutoencoderRun.h"
#include "core/train/memory_estimate.h"
#include "core/train/train_measure.h"
#include "core/train/train_threads.h"

namespace phloxine::cli {

namespace {

struct TrainOptions {
    std::string recipe, data, out, autoencoder, captions;
    std::string memory, device = "auto";
    bool resume = false;
    int threads = 0, steps = 3, words = 20;
};

TrainHooks hooksOf(const Context& context, const TrainOptions& options) {
    return {context.progress, [](const std::string& sentence) { std::cerr << "phloxine: " << sentence << "\n"; }, {}, options.device};
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

int runDiffusion(const Context& context, const TrainOptions& options) {
    if (options.threads > 0) setTrainingThreads(options.threads);
    auto recipe = readTrainRecipe(options.recipe);
    if (!options.autoencoder.empty()) recipe.model.autoencoder = options.autoencoder;
    if (!options.captions.empty()) recipe.data.captions = options.captions;
    DiffusionRun run(recipe, options.data, options.out, options.resume, hooksOf(context, options));
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

int runAutoencoder(const Context& context, const TrainOptions& options) {
    if (options.threads > 0) setTrainingThreads(options.threads);
    const auto recipe = readAutoencoderRecipe(options.recipe);
    AutoencoderRun run(recipe, options.data, options.out, options.resume, hooksOf(context, options));
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
    const auto show = [&](const char* name, const ReconstructionReport::Figures& f) {
        char line[200];
        std::snprintf(line, sizeof line,
                      "%-8s PSNR %.2f dB, SSIM %.4f, high frequencies %.2f and lines of two pixels %.2f of the real ones (%d %stiles)",
                      name, f.psnr, f.ssim, f.highFrequencies, f.lines, report.tiles, report.heldOut ? "held-out " : "");
        print(std::string(line));
    };
    if (report.before) show("before", *report.before);
    show("trained", report.trained);
    if (report.codes) print(std::to_string(report.codesUsed) + " of " + std::to_string(report.codes) + " codes are used in them.");
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

// "2GB", "500 MB", "1.5GiB" as bytes.
std::int64_t bytesFrom(const std::string& text) {
    std::size_t end = 0;
    double value = 0;
    try {
        value = std::stod(text, &end);
    } catch (const std::exception&) { end = 0; }
    const auto unit = text.substr(std::min(text.find_first_not_of(' ', end), text.size()));
    for (const auto& [name, size] :
         {std::pair("MB", 1e6), std::pair("GB", 1e9), std::pair("MiB", 1048576.0), std::pair("GiB", 1073741824.0)})
        if (end > 0 && unit == name && value > 0 && value < 1e6) return std::int64_t(value * size);
    throw Error(ErrorCode::WrongUse, "The memory \"" + text + "\" is no size; give one like 500MB or 2GB.");
}

void printParts(const MemoryEstimate& e) {
    for (const auto& [name, bytes] :
         {std::pair("weights", e.weights), std::pair("gradients", e.gradients), std::pair("optimiser", e.optimiser),
          std::pair("means of the weights", e.means), std::pair("activations", e.activations), std::pair("libraries", e.program),
          std::pair("scratch and holes", e.unseen), std::pair("together", e.total())}) {
        char line[80];
        std::snprintf(line, sizeof line, "%-22s %9.1f MB", name, double(bytes) / 1e6);
        print(std::string(line));
    }
    print(std::to_string(e.parameters) + " parameters are trained; the program itself needs about 150 MB more.");
}

Json memoryJson(TrainRecipe recipe, const RecipeMemory& memory) {
    recipe.memory = memory;
    return toJson(recipe)["memory"];
}

int runEstimate(const Context& context, const TrainOptions& options) {
    auto recipe = readTrainRecipe(options.recipe);
    if (!options.autoencoder.empty()) recipe.model.autoencoder = options.autoencoder;
    if (options.memory.empty()) {
        const auto e = estimateMemory(recipe, options.device);
        if (context.json) print(toJson(e));
        else printParts(e);
        return 0;
    }
    const auto bytes = bytesFrom(options.memory);
    const auto choice = chooseMemory(recipe, bytes, options.device);
    const bool fits = choice.estimate.total() <= bytes;
    const auto memory = memoryJson(recipe, choice.memory);
    if (context.json) {
        print(Json{{"fits", fits}, {"choice", choice.words}, {"memory", memory}, {"estimate", toJson(choice.estimate)}});
        return 0;
    }
    print((fits ? "It fits into " : "Even the smallest choice does not fit into ") + options.memory + ": " + choice.words + ".");
    print("\"memory\": " + memory.dump());
    printParts(choice.estimate);
    return 0;
}

int runMeasure(const Context& context, const TrainOptions& options) {
    if (options.threads > 0) setTrainingThreads(options.threads);
    auto recipe = readTrainRecipe(options.recipe);
    if (!options.autoencoder.empty()) recipe.model.autoencoder = options.autoencoder;
    const auto m = measureTraining(recipe, options.steps, options.words, options.device);
    auto sorted = m.seconds;
    std::sort(sorted.begin(), sorted.end());
    const double median = sorted[sorted.size() / 2];
    if (context.json)
        print(Json{{"seconds", m.seconds},
                   {"seconds_median", median},
                   {"images_per_second", recipe.batch / median},
                   {"peak_bytes", m.peakBytes},
                   {"parameters", m.parameters}});
    else {
        char line[160];
        std::snprintf(line, sizeof line, "%.3f s a step (median of %zu), %.2f images/s, peak %.1f MB above the program before", median,
                      sorted.size(), recipe.batch / median, double(m.peakBytes) / 1e6);
        print(std::string(line));
    }
    return 0;
}

void addShared(CLI::App& command, TrainOptions& options) {
    command.add_option("--recipe", options.recipe, "The recipe, a JSON file")->required();
    command.add_option("--data", options.data, "The tiles: a folder with one folder per class, or a metadata.jsonl")->required();
    command.add_option("--out", options.out, "The run folder")->required();
    command.add_option("--threads", options.threads, "Threads of the computation; the same number gives the same weights")
        ->check(CLI::Range(1, 1024));
}

} // namespace

Run addTrain(CLI::App& command) {
    auto options = std::make_shared<TrainOptions>();
    auto run = std::make_shared<int (*)(const Context&, const TrainOptions&)>(nullptr);
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
    estimate->add_option("--memory", options->memory, "Proposes the choices that fit into this, such as 2GB");
    estimate->callback([run] { *run = runEstimate; });
    auto* measure = command.add_subcommand("measure", "Speed and peak memory of a recipe's steps over made-up latents");
    measure->fallthrough();
    measure->add_option("--recipe", options->recipe, "The recipe, a JSON file")->required();
    measure->add_option("--autoencoder", options->autoencoder, "In place of the recipe's: a model, or what train autoencoder made");
    measure->add_option("--steps", options->steps, "Steps, after one that is not measured")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    measure->add_option("--words", options->words, "Tokens of each caption")->check(CLI::Range(0, 1000))->capture_default_str();
    measure->add_option("--threads", options->threads, "Threads of the computation")->check(CLI::Range(1, 1024));
    measure->callback([run] { *run = runMeasure; });
    for (auto* one : {diffusion, autoencoder, estimate, measure})
        one->add_option("--device", options->device, "auto, cpu, cuda or cuda:1")->capture_default_str();
    return [options, run](const Context& context) { return (*run)(context, *options); };
}

} // namespace phloxine::cli
