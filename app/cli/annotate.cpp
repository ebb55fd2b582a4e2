// A classifier of the user's own over tiles or a slide: `phloxine annotate`.
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/annotate/annotate.h"
#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine::cli {

namespace {

struct AnnotateOptions {
    std::string device = "auto";
    std::string classifier, config, data, slide, regions, out;
    double micronsPerPixel = 0, seconds = 300;
};

int run(const Context& context, const AnnotateOptions& options) {
    if (options.data.empty() == options.slide.empty()) throw Error(ErrorCode::WrongUse, "Give either --data with tiles or --slide.");
    if (!options.regions.empty() && options.slide.empty()) throw Error(ErrorCode::WrongUse, "--regions needs --slide.");
    if (isThere(options.out))
        throw Error(ErrorCode::Exists, "There is a file " + std::filesystem::path(options.out).filename().string() +
                                           " already; nothing was overwritten, choose another name.");
    const auto config = classifierConfig(readJsonFile(options.config), std::filesystem::path(options.config).filename().string());
    TileClassifier classifier(options.classifier, config, std::chrono::milliseconds(std::int64_t(options.seconds * 1000)), options.device);
    Annotation result;
    if (!options.data.empty()) result = annotateSet(classifier, readTileSet(options.data), options.micronsPerPixel, context.progress);
    else {
        const auto regions = options.regions.empty() ? std::vector<Place>() : readPlaces(options.regions);
        const auto slide = openSlide(options.slide);
        result = annotateSlide(classifier, *slide, regions, context.progress);
    }
    writeFileAtomically(options.out, toCsv(result.table));
    if (context.json) {
        Json faults = Json::array();
        for (const auto& fault : result.faults) faults.push_back({{"file", fault.name}, {"reason", fault.reason}});
        print({{"file", options.out},
               {"rows", result.table.rows.size()},
               {"classes", result.table.classes},
               {"faults", faults},
               {"remarks", result.remarks}});
        return 0;
    }
    print(options.out + ": " + std::to_string(result.table.rows.size()) + " rows");
    for (const auto& remark : result.remarks) print("Look: " + remark);
    for (const auto& fault : result.faults) print(fault.name + ": " + fault.reason);
    return 0;
}

} // namespace

Run addAnnotate(CLI::App& command) {
    auto options = std::make_shared<AnnotateOptions>();
    command
        .add_option("--classifier", options->classifier, "TorchScript program, patches -> logits, of the WSInfer model zoo or made like it")
        ->required();
    command.add_option("--config", options->config, "Its config.json: patch size, spacing, class names, transform")->required();
    command.add_option("--data", options->data, "Folder of tiles or metadata.jsonl");
    command.add_option("--slide", options->slide, "A slide: patches over its tissue");
    command.add_option("--regions", options->regions, "CSV of x, y, width, height in pixels of the full resolution: only there");
    command.add_option("--mpp", options->micronsPerPixel, "Micrometres per pixel of the tiles, where they do not state them")
        ->check(CLI::PositiveNumber);
    command.add_option("--seconds", options->seconds, "Longest time for 16 patches, loading included")
        ->check(CLI::Range(0.1, 1e5))
        ->capture_default_str();
    command.add_option("--device", options->device, "auto, cpu, cuda or cuda:1")->capture_default_str();
    command.add_option("--out", options->out, "CSV to write")->required();
    return [options](const Context& context) { return run(context, *options); };
}

} // namespace phloxine::cli
