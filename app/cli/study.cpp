// `phloxine study caption-length`: the same small model trained with captions of several lengths and with controls, and its table.
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Files.h"
#include "core/study/CaptionStudy.h"
#include "core/train/train_threads.h"

namespace phloxine::cli {

namespace {

struct StudyOptions {
    std::string study, data, out, autoencoder;
    std::vector<std::string> arms;
    std::vector<std::uint64_t> seeds;
    bool resume = false;
    int threads = 0;
};

int run(const Context& context, const StudyOptions& options) {
    if (options.threads > 0) setTrainingThreads(options.threads);
    auto study = readCaptionStudy(options.study);
    if (!options.autoencoder.empty()) study.recipe.model.autoencoder = options.autoencoder;
    if (!options.seeds.empty()) study.seeds = options.seeds;
    StudyHooks hooks;
    hooks.only = options.arms;
    hooks.progress = context.progress;
    hooks.notice = [](const std::string& sentence) { std::cerr << "phloxine: " << sentence << "\n"; };
    hooks.finished = [&](const std::string& arm, std::uint64_t seed) {
        if (!context.json) print("finished " + arm + ", seed " + std::to_string(seed));
    };
    runCaptionStudy(study, options.data, options.out, options.resume, hooks);
    const std::filesystem::path out(options.out);
    if (context.json) print(readJsonFile(out / "study.json"));
    else print(readFile(out / "report.md"));
    return 0;
}

} // namespace

Run addStudy(CLI::App& command) {
    auto options = std::make_shared<StudyOptions>();
    command.require_subcommand(1);
    auto* captions =
        command.add_subcommand("caption-length", "Train one small model with captions of several lengths, and write the table");
    captions->fallthrough();
    captions->add_option("--study", options->study, "The study, a JSON file such as resources/recipes/caption-length.json")->required();
    captions->add_option("--data", options->data, "The tiles: a folder with one folder per class, or a metadata.jsonl")->required();
    captions->add_option("--out", options->out, "Folder of the study: runs, and at any time the report of those that are done")->required();
    captions->add_option("--autoencoder", options->autoencoder, "In place of the study's: a model, or what train autoencoder made");
    captions->add_option("--seeds", options->seeds, "In place of the study's")->delimiter(',');
    captions->add_option("--arms", options->arms, "Only these arms now, such as text-35,shuffled")->delimiter(',');
    captions->add_option("--threads", options->threads, "Threads of the computation; the same number gives the same weights")
        ->check(CLI::Range(1, 1024));
    captions->add_flag("--resume", options->resume, "Go on with the study in the folder; finished runs are not run again");
    return [options](const Context& context) { return run(context, *options); };
}

} // namespace phloxine::cli
