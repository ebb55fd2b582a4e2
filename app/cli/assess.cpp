// Do synthetic tiles help a classifier? `phloxine assess`.
#include <charconv>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/measure/learning/AssessReport.h"
#include "core/model/ModelStore.h"

namespace phloxine::cli {

namespace {

struct AssessOptions {
    std::string device = "auto";
    AssessRequest request;
    std::string real, synthetic, sawMore, model, out;
};

std::string points(const Estimate& gain) {
    if (!std::isfinite(gain.value)) return "";
    char text[64];
    std::snprintf(text, sizeof text, "%+.1f (%+.1f to %+.1f)", gain.value * 100, gain.low * 100, gain.high * 100);
    return text;
}

void printRow(const std::string& arm, const std::string& ratio, const std::string& tiles, const std::string& accuracy,
              const std::string& real, const std::string& augmentation) {
    char line[256];
    std::snprintf(line, sizeof line, "%-28s %5s %12s %9s  %-24s %-24s", arm.c_str(), ratio.c_str(), tiles.c_str(), accuracy.c_str(),
                  real.c_str(), augmentation.c_str());
    print(std::string(line));
}

void printReport(const AssessReport& report) {
    print(std::to_string(report.testTiles) + " test tiles of " + std::to_string(report.testGroups) +
          " groups; accuracy is balanced over classes, gains are percentage points with 95 % intervals.");
    printRow("arm", "ratio", "real+synth.", "accuracy", "over real", "over augmentation");
    for (const auto& row : report.rows) {
        char ratio[16] = "", accuracy[16];
        if (row.ratio > 0) std::snprintf(ratio, sizeof ratio, "%.3g", row.ratio);
        std::snprintf(accuracy, sizeof accuracy, "%.1f %%", row.accuracy * 100);
        printRow(row.arm, ratio, std::to_string(row.realTiles) + "+" + std::to_string(row.syntheticTiles), accuracy, points(row.overReal),
                 points(row.overAugmentation));
    }
    std::set<std::string> said; // many rows share a remark
    for (const auto& row : report.rows)
        for (const auto& remark : row.remarks)
            if (said.insert(remark).second) print(remark);
    for (const auto& remark : report.remarks) print(remark);
}

// What the generator saw: a number of tiles, or words; else what its model's card states.
void addGenerator(AssessOptions& options) {
    auto& request = options.request;
    const auto& said = options.sawMore;
    const auto read = std::from_chars(said.data(), said.data() + said.size(), request.generatorTiles);
    if (!said.empty() && (read.ec != std::errc() || read.ptr != said.data() + said.size())) {
        request.generatorTiles = 0;
        request.generatorWords = said;
    }
    if (options.model.empty()) return;
    const auto card = ModelStore().find(options.model).card;
    if (request.generatorTiles == 0)
        for (const auto& tissue : card.classes) request.generatorTiles += tissue.trainingTiles;
    if (request.generatorWords.empty()) request.generatorWords = card.dataSource;
}

int run(const Context& context, AssessOptions options) {
    options.request.real = options.real;
    options.request.synthetic = options.synthetic;
    addGenerator(options);
    const auto report = assessInto(options.request, options.out, context.progress, options.device);
    if (context.json) print(toJson(report));
    else printReport(report);
    return 0;
}

} // namespace

Run addAssess(CLI::App& command) {
    auto options = std::make_shared<AssessOptions>();
    auto& request = options->request;
    command.add_option("--real", options->real, "Real tiles, one folder per class")->required();
    command.add_option("--synthetic", options->synthetic, "Synthetic tiles, one folder per class")->required();
    command.add_option("--group-pattern", request.realGroupPattern,
                       "Regular expression over names of real files; its first bracket is the field, slide or patient: ^g([0-9]+)_");
    command.add_option("--real-groups", request.realGroups, "Real groups per class to train on, such as 20,60; default: all")
        ->delimiter(',');
    command.add_option("--ratios", request.ratios, "Synthetic tiles per real one")->delimiter(',')->capture_default_str();
    command.add_option("--seeds", request.seeds, "Trainings per row")->capture_default_str();
    command.add_option("--steps", request.steps, "Steps of each training")->capture_default_str();
    command.add_option("--batch", request.batch, "Tiles per step")->capture_default_str();
    command.add_option("--rates", request.rates, "Training rates that are tried for each row")->delimiter(',')->capture_default_str();
    command.add_option("--size", request.sizePx, "Tile size that the classifier sees, in pixels")->capture_default_str();
    command.add_option("--test-share", request.testShare, "Share of the real groups that is tested on")->capture_default_str();
    command.add_option("--device", options->device, "auto, cpu, cuda or cuda:1")->capture_default_str();
    command.add_option("--seed", request.seed, "Of all random choices")->capture_default_str();
    command.add_option("--saw-more", options->sawMore, "How many real tiles the generator was trained on, or which, in words");
    command.add_option("--model", options->model, "The model that made the tiles: its card says what it was trained on");
    command.add_option("--out", options->out, "Folder for assess.json and assess.csv")->required();
    return [options](const Context& context) { return run(context, *options); };
}

} // namespace phloxine::cli
