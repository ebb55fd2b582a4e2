// Real and synthetic sets, and a report: numbers with intervals, pictures, and a sentence for each question.
#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/measure/compare.h"
#include "core/measure/report_files.h"
#include "core/measure/report_plots.h"

namespace phloxine::cli {

namespace fs = std::filesystem;

namespace {

struct CompareOptions {
    std::string device = "auto";
    CompareRequest request;
    std::string real, training, groups, syntheticGroups, trainingGroups, out, calibration;
    std::vector<std::string> synthetic;
    bool noRealPictures = false;
};

SetChoice named(const std::string& text, const std::string& groups) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || fs::exists(text)) return {{}, text, groups};
    return {text.substr(0, equals), text.substr(equals + 1), groups};
}

void printRow(const MetricResult& m) {
    char line[512];
    const auto& e = m.estimate;
    std::snprintf(line, sizeof line, "  %-16s %-12s %10s   %-22s real %-20s n %d, %d groups", m.id.c_str(), m.className.c_str(),
                  shortNumber(e.value).c_str(), (shortNumber(e.low) + " to " + shortNumber(e.high)).c_str(),
                  (shortNumber(e.realLow) + " to " + shortNumber(e.realHigh)).c_str(), e.tiles, e.groups);
    print(std::string(line));
}

void printReport(const CompareReport& report) {
    for (const auto& warning : report.warnings) print("Look: " + warning);
    if (!report.nuclei.finding.text.empty()) print("Counts of nuclei: " + report.nuclei.finding.text);
    for (const auto& s : report.synthetic) {
        print(s.set.name + ": " + std::to_string(s.set.tiles) + " tiles against " + std::to_string(report.real.tiles) + " real ones");
        for (const auto& answer : s.answers) print("  " + answer.text);
        for (const auto& m : s.metrics) printRow(m);
    }
}

int run(const Context& context, const CompareOptions& options) {
    auto request = options.request;
    request.real = named(options.real, options.groups);
    for (const auto& text : options.synthetic) request.synthetic.push_back(named(text, options.syntheticGroups));
    if (!options.training.empty())
        request.training = named(options.training, options.trainingGroups.empty() ? options.groups : options.trainingGroups);
    request.calibration = options.calibration;
    validate(request);
    if (fs::exists(fs::path(options.out) / "report.json"))
        throw Error(ErrorCode::Exists, "The folder " + fs::path(options.out).filename().string() +
                                           " holds a report already; nothing was overwritten, choose another.");
    const auto report = compare(request, context.progress, options.device);
    writeReport(report, options.out, {true, !options.noRealPictures});
    if (context.json) print(toJson(report));
    else printReport(report);
    return 0;
}

} // namespace

Run addCompare(CLI::App& command) {
    auto options = std::make_shared<CompareOptions>();
    auto& request = options->request;
    std::string groups;
    for (const auto& row : metricGroups()) groups += (groups.empty() ? "" : ", ") + row.id;
    command.add_option("--real", options->real, "Real set: [NAME=]folder of images (class/tile.png) or metadata.jsonl")->required();
    command.add_option("--synthetic", options->synthetic, "Synthetic set, [NAME=]folder; may be given several times")->required();
    command.add_option("--training", options->training, "Where copies are looked for; default: the real set");
    command.add_option("--groups", options->groups, "Pattern for the real file names whose first bracket is the group, e.g. '^g([0-9]+)_'");
    command.add_option("--synthetic-groups", options->syntheticGroups, "The same for synthetic sets");
    command.add_option("--training-groups", options->trainingGroups, "The same for the training set; default: that of --groups");
    command.add_option("--metrics", request.metrics, "Of: " + groups + "; default: all")->delimiter(',');
    command
        .add_option("--extractor", request.extractors, "embedded, inception:FILE[:resize] or torchscript:FILE; may be given several times")
        ->capture_default_str();
    command.add_option("--calibration", options->calibration,
                       "File of clicked nuclei (phloxine-nuclei-calibration/1) that calibrates the counter");
    command.add_option("--stain", request.stain, "fixed, or macenko: one matrix for all sets, estimated on the real one")
        ->capture_default_str();
    command.add_option("--device", options->device, "auto, cpu, cuda or cuda:1")->capture_default_str();
    command.add_option("--seed", request.seed, "Of every random choice")->capture_default_str();
    command.add_option("--steps", request.steps, "Training steps of each judge")->capture_default_str();
    command.add_flag("--no-real-pictures", options->noRealPictures,
                     "Leave real tiles out of the page, where they are not yours to pass on");
    command.add_option("--out", options->out, "Folder for report.html, report.json, metrics.csv and tiles.csv")->required();
    return [options](const Context& context) { return run(context, *options); };
}

} // namespace phloxine::cli
