#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "app/cli/request_options.h"
#include "core/base/Error.h"
#include "core/tensor/peak_memory.h"

namespace phloxine::cli {

namespace {

LoraUse loraFrom(const std::string& word) {
    const auto equals = word.rfind('=');
    if (equals == std::string::npos) return {word, 1, {}};
    try {
        return {word.substr(0, equals), std::stod(word.substr(equals + 1)), {}};
    } catch (const std::exception&) {
        throw Error(ErrorCode::WrongUse, "The strength in --lora " + word + " is not a number; write FILE=0.8.");
    }
}

} // namespace

std::shared_ptr<GenerateRequest> addRequestOptions(CLI::App& command) {
    auto r = std::make_shared<GenerateRequest>();
    std::string samplers;
    for (const auto& row : samplerRows()) samplers += (samplers.empty() ? "" : ", ") + row.id;
    command.add_option("--model", r->model, "Id or folder of a model; default: the embedded one");
    command.add_option("--class", r->classId, "Tissue class, see `phloxine models list`");
    command.add_option("--prompt", r->prompt, "Text to guide the tile");
    command.add_option("--negative", r->negative, "Text that guidance leads away from");
    command.add_option("--count", r->count, "Number of tiles; tile i has seed + i")->capture_default_str();
    command.add_option("--batch", r->batch, "Tiles computed together")->capture_default_str();
    command.add_option("--seed", r->seed, "Seed below 2^53; default: random");
    command.add_option("--variation-seed", r->variationSeed, "Vary the tile of --seed towards that of this seed; tile i has this seed + i");
    command.add_option("--variation", r->variation, "How far on the way, 0 to 1");
    command.add_option("--sampler", r->sampler, "One of " + samplers);
    command.add_option("--steps", r->steps, "Sampling steps; default: the model's");
    command.add_option("--guidance", r->guidance, "Guidance scale, 1 = off; default: the model's");
    command.add_option("--precision", r->precision, "auto, fp32 or bf16")->capture_default_str();
    command.add_option("--device", r->device, "auto, cpu, cuda or cuda:1")->capture_default_str();
    command.add_option("--spacing", r->spacing, "Step spacing; default: the sampler's");
    command.add_option("--eta", r->eta, "Fresh noise of samplers that take it, 0 to 1");
    command.add_option("--churn", r->churn, "Churn of samplers that take it");
    command.add_option("--shift", r->shift, "Shift towards noise, for models of flow matching");
    command.add_option("--guidance-rescale", r->guidanceRescale, "Share of the standard deviation that guidance gives back, 0 to 1");
    command.add_option("--guidance-low", r->guidanceLow, "Guide only above this ratio of noise to signal");
    command.add_option("--guidance-high", r->guidanceHigh, "Guide only up to this ratio of noise to signal");
    command.add_option("--vector", r->vector, "Feature vectors (.npy or safetensors), for models that are guided by them");
    command.add_option("--region", r->region, "Feature vector of the region around the tile");
    command.add_option("--magnification", r->magnification, "Magnification level, for models that take one");
    command.add_option_function<std::vector<std::string>>(
        "--lora",
        [r](const std::vector<std::string>& words) {
            for (const auto& word : words) r->loras.push_back(loraFrom(word));
        },
        "LoRA to merge, FILE or FILE=STRENGTH; several may be given");
    command.add_option("--width-px", r->widthPx, "Width of the canvas; default: the model's tile");
    command.add_option("--height-px", r->heightPx, "Height of the canvas; default: the model's tile");
    command.add_option("--initial", r->initialImage, "Image of the size of the canvas to start from: a real region or a tile");
    command.add_option("--strength", r->strength,
                       "Share of the steps that changes the initial image, above 0 to 1; default: 0.6, with a mask 1");
    command.add_option("--mask", r->mask, "Image of the same size: white is painted anew, black keeps the initial pixels exactly");
    return r;
}

namespace {

// A request file names its images relative to itself; flags name them relative to here.
GenerateRequest requestFromFile(const std::string& file, const GenerateRequest& flags) {
    auto r = generateRequestFromJson(readJsonFile(file), file);
    r.build.clear();
    const auto folder = std::filesystem::path(file).parent_path();
    for (const auto& named : filesOf(r)) *named.file = folder / *named.file;
    if (!flags.initialImage.empty()) r.initialImage = flags.initialImage;
    if (!flags.mask.empty()) r.mask = flags.mask;
    r.device = deviceHere(flags.device, r.device);
    return r;
}

int run(const Context& context, GenerateRequest request, const std::string& out) {
    ModelStore store;
    const int count = request.count;
    GenerateHooks hooks;
    hooks.step = [&](int tile, int step, int steps) {
        context.progress({"Tile " + std::to_string(tile + 1) + " of " + std::to_string(count), (tile + double(step) / steps) / count});
    };
    std::vector<std::string> notices;
    hooks.notice = [&](const std::string& sentence) {
        notices.push_back(sentence);
        std::cerr << "phloxine: " << sentence << "\n";
    };
    const auto result = generateIntoFolder(store, request, out, hooks);
    context.progress({"", 1});
    if (!context.json) {
        for (const auto& tile : result.files) print((std::filesystem::path(out) / tile.name).string());
        return 0;
    }
    Json tiles = Json::array();
    for (const auto& tile : result.files)
        tiles.push_back({{"file", (std::filesystem::path(out) / tile.name).string()}, {"seed", tile.seed}, {"seconds", tile.seconds}});
    const auto& s = result.seconds;
    print(Json{{"tiles", tiles},
               {"seconds", {{"load", s.load}, {"denoise", s.denoise}, {"decode", s.decode}, {"total", s.total}}},
               {"peak_memory_bytes", peakMemoryBytes()},
               {"device", result.resolved.device},
               {"precision", result.resolved.precision},
               {"kept", result.kept},
               {"notices", notices},
               {"request", toJson(result.resolved)}});
    return 0;
}

} // namespace

Run addGenerate(CLI::App& command) {
    auto request = addRequestOptions(command);
    auto file = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    command.add_option("--request", *file, "A request as JSON, instead of the flags");
    command.add_option("--out", *out, "Folder for the tiles; the same request again goes on where it stopped")->required();
    return [&command, request, file, out](const Context& context) {
        auto r = *request;
        if (!file->empty()) r = requestFromFile(*file, *request);
        else if (r.classId.empty() && r.vector.empty() && command.count("--prompt") == 0)
            throw Error(ErrorCode::WrongUse, "Say what to make: --class, --prompt or --vector, or --request FILE.json.");
        else if (command.count("--seed") == 0) {
            // A run that goes on takes the seed that the folder remembers.
            const auto note = std::filesystem::path(*out) / "request.json";
            r.seed = std::filesystem::exists(note) ? generateRequestFromJson(readJsonFile(note), "request.json").seed : randomSeed();
        }
        return run(context, r, *out);
    };
}

} // namespace phloxine::cli
