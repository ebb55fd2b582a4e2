#include <cmath>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/image/ImageFile.h"
#include "core/slide/SlideSource.h"

namespace phloxine::cli {

namespace {

struct SlideOptions {
    std::string slide, out;
    std::int64_t x = 0, y = 0;
    double widthMicrons = 0, heightMicrons = 0, micronsPerPixel = 0, slideMicrons = 0;
};

Json scaleJson(const Scale& scale) {
    return {{"mpp", scale.known() ? Json(scale.micronsPerPixel) : Json(nullptr)}, {"mpp_source", toString(scale.source)}};
}

std::string shortNumber(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

int info(const Context& context, const SlideOptions& options) {
    const auto slide = openSlide(options.slide);
    const SlideInfo& info = slide->info();
    Json levels = Json::array();
    for (const SlideLevel& level : info.levels)
        levels.push_back({{"width", level.width}, {"height", level.height}, {"downsample", level.downsample}});
    if (context.json) {
        Json json = {{"name", info.name}, {"vendor", info.vendor}, {"width", info.width()}, {"height", info.height()}, {"levels", levels}};
        json.update(scaleJson(info.scale));
        json["objective_power"] = info.objectivePower > 0 ? Json(info.objectivePower) : Json(nullptr);
        print(json);
        return 0;
    }
    print(info.name + ": " + info.vendor + ", " + std::to_string(info.width()) + " x " + std::to_string(info.height()) + " pixels, " +
          std::to_string(info.levels.size()) + (info.levels.size() == 1 ? " level" : " levels"));
    if (!info.scale.known()) print(std::string("The scale is not stated; give it with --slide-mpp."));
    else
        print(shortNumber(info.scale.micronsPerPixel) + " um per pixel (" + std::string(toString(info.scale.source)) + "), " +
              shortNumber(double(info.width()) * info.scale.micronsPerPixel / 1000) + " x " +
              shortNumber(double(info.height()) * info.scale.micronsPerPixel / 1000) + " mm");
    if (info.objectivePower > 0) print("Objective: " + shortNumber(info.objectivePower) + "x");
    return 0;
}

int pixelsOf(double microns, double micronsPerPixel) {
    const double pixels = std::round(microns / micronsPerPixel);
    if (!(pixels >= 1 && pixels <= 65535))
        throw Error(ErrorCode::WrongUse,
                    "The region would be " + shortNumber(pixels) + " pixels wide or high; choose a size that gives 1 to 65535.");
    return int(pixels);
}

void requirePositive(const char* option, double value) {
    if (!(value > 0) || !std::isfinite(value))
        throw Error(ErrorCode::WrongUse, std::string(option) + " must be a positive number of micrometres.");
}

int region(const Context& context, const SlideOptions& options, const CLI::App& command) {
    for (const auto& [option, value] : {std::pair("--width-um", options.widthMicrons),
                                        {"--height-um", options.heightMicrons},
                                        {"--mpp", options.micronsPerPixel},
                                        {"--slide-mpp", options.slideMicrons}})
        if (command.count(option) > 0) requirePositive(option, value);
    auto slide = openSlide(options.slide);
    if (options.slideMicrons > 0) slide = withScale(std::move(slide), {options.slideMicrons, ScaleSource::User});
    if (!slide->info().scale.known())
        throw Error(ErrorCode::WrongUse, slide->info().name + " does not state its scale; give it with --slide-mpp.");
    const double mpp = options.micronsPerPixel > 0 ? options.micronsPerPixel : slide->info().scale.micronsPerPixel;
    const int width = pixelsOf(options.widthMicrons, mpp);
    const int height = pixelsOf(options.heightMicrons > 0 ? options.heightMicrons : options.widthMicrons, mpp);
    const Image image = readRegion(*slide, options.x, options.y, width, height, mpp);
    const int unreadable = slide->unreadableReads();
    writePng(options.out, image);
    if (context.json) {
        Json json = {{"file", options.out}, {"width", width}, {"height", height}, {"unreadable_tiles", unreadable}};
        json.update(scaleJson(image.scale));
        print(json);
        return 0;
    }
    print(options.out + ": " + std::to_string(width) + " x " + std::to_string(height) + " pixels at " + shortNumber(mpp) + " um per pixel");
    if (unreadable > 0) print("Tiles of the slide that could not be read and are hatched: " + std::to_string(unreadable));
    return 0;
}

} // namespace

Run addSlide(CLI::App& command) {
    auto options = std::make_shared<SlideOptions>();
    command.require_subcommand(1);
    CLI::App* infoCommand = command.add_subcommand("info", "Size, levels and scale of a slide or an image");
    infoCommand->add_option("slide", options->slide, "A slide or an image")->required();
    CLI::App* regionCommand = command.add_subcommand("region", "Save a region at a true scale as PNG");
    regionCommand->add_option("slide", options->slide, "A slide or an image")->required();
    regionCommand->add_option("--x", options->x, "Left edge, in pixels of the full resolution")->required();
    regionCommand->add_option("--y", options->y, "Top edge, in pixels of the full resolution")->required();
    regionCommand->add_option("--width-um", options->widthMicrons, "Width of the region in micrometres")->required();
    regionCommand->add_option("--height-um", options->heightMicrons, "Height in micrometres; default: the width");
    regionCommand->add_option("--mpp", options->micronsPerPixel, "Micrometres per pixel of the result; default: the slide's own");
    regionCommand->add_option("--slide-mpp", options->slideMicrons,
                              "Micrometres per pixel of the slide, when it does not state them or is wrong");
    regionCommand->add_option("--out", options->out, "PNG file to write")->required();
    for (CLI::App* sub : {infoCommand, regionCommand}) sub->fallthrough(); // --json may stand at the end
    return [infoCommand, regionCommand, options](const Context& context) {
        return infoCommand->parsed() ? info(context, *options) : region(context, *options, *regionCommand);
    };
}

} // namespace phloxine::cli
