// `phloxine tiles cut`: tiles from slides and their regions, as a set to train on and to compare with.
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/region/cut_tiles.h"

namespace phloxine::cli {

namespace {

struct TilesOptions {
    CutRequest request;
    std::vector<std::string> slides;
    std::string regions, out;
};

// What gave no tile, in the words of both outputs.
std::vector<std::tuple<const char*, const char*, std::int64_t>> rowsOf(const CutCounts& counts) {
    return {{"outside_regions", "outside the regions of any class", counts.outsideRegions},
            {"two_classes", "claimed by two classes", counts.twoClasses},
            {"little_tissue", "with too little tissue", counts.littleTissue},
            {"beyond_per_slide", "beyond --per-slide", counts.beyondPerSlide},
            {"unreadable", "over parts of a slide that cannot be read", counts.unreadable}};
}

void printJson(const CutResult& result, const SlideSearch& search, const std::string& out) {
    Json leftOut, faults = Json::array();
    for (const auto& [key, words, n] : rowsOf(result.leftOut)) leftOut[key] = n;
    for (const auto& fault : result.faults) faults.push_back({{"slide", fault.slide}, {"reason", fault.reason}});
    print({{"folder", out},
           {"slides", result.slides},
           {"classes", result.classes},
           {"tiles", result.written + result.kept},
           {"written", result.written},
           {"kept", result.kept},
           {"left_out", leftOut},
           {"slides_left_out", faults},
           {"other_files", search.otherFiles},
           {"notices", result.notices}});
}

int cut(const Context& context, const TilesOptions& options) {
    requireValid(options.request);
    context.progress({"Looking for slides", 0});
    const auto search = findSlides({options.slides.begin(), options.slides.end()}, options.regions, options.out);
    const auto result = cutTiles(search, options.request, options.out, context.progress);
    if (context.json) {
        printJson(result, search, options.out);
        return 0;
    }
    print(options.out + ": " + std::to_string(result.written + result.kept) + " tiles of " + std::to_string(result.slides) +
          (result.slides == 1 ? " slide" : " slides") + ", " + std::to_string(result.kept) + " of them found finished");
    for (const auto& [name, n] : result.classes) print("  " + name + ": " + std::to_string(n));
    for (const auto& [key, words, n] : rowsOf(result.leftOut))
        if (n > 0) print("Places left out " + std::string(words) + ": " + std::to_string(n));
    if (search.otherFiles > 0) print("Files that are no slides: " + std::to_string(search.otherFiles));
    for (const auto& fault : result.faults) std::cerr << "Left out: " << sentenceOf(fault) << "\n";
    for (const auto& notice : result.notices) std::cerr << notice << "\n";
    return 0;
}

} // namespace

Run addTiles(CLI::App& command) {
    auto options = std::make_shared<TilesOptions>();
    auto& request = options->request;
    command.require_subcommand(1);
    CLI::App* sub = command.add_subcommand("cut", "Cut tiles from slides, inside their regions, into a folder per class");
    sub->add_option("slides", options->slides, "Slides, images, or folders of them")->required();
    sub->add_option("--out", options->out, "A new or empty folder; the same command again goes on where it stopped")->required();
    sub->add_option("--mpp", request.micronsPerPixel, "Micrometres per pixel of the tiles")->required();
    sub->add_option("--tile-px", request.tilePx, "Width and height of a tile in pixels")->capture_default_str();
    sub->add_option("--regions", options->regions,
                    "Folder of region files: NAME.geojson (QuPath) or NAME.xml (ASAP); default: beside each slide");
    sub->add_option("--class", request.className, "Class of slides without regions, and of regions without a class");
    sub->add_option("--tissue-share", request.tissueShare, "Share of a tile that must be tissue")->capture_default_str();
    sub->add_option("--region-share", request.regionShare, "Share of a tile that must lie inside regions of one class")
        ->capture_default_str();
    sub->add_option("--stride-um", request.strideMicrons, "Micrometres from one tile to the next; default: the width of a tile");
    sub->add_option("--per-slide", request.perSlide, "At most so many tiles of a slide and class, spread over it; 0: all")
        ->capture_default_str();
    sub->add_option(
        "--group-from", request.groupPattern,
        "Regular expression over the slide's name, whose first bracket is the patient; default: the name, of TCGA its first 12 characters");
    sub->add_option("--assume-mpp", request.assumedMicronsPerPixel, "Micrometres per pixel of slides that do not state them");
    sub->add_option("--seed", request.seed, "Of the choice for --per-slide")->capture_default_str();
    sub->fallthrough(); // --json may stand at the end
    return [options](const Context& context) { return cut(context, *options); };
}

} // namespace phloxine::cli
