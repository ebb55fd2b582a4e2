#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "app/cli/request_options.h"
#include "core/base/Error.h"
#include "core/tensor/peak_memory.h"

namespace phloxine::cli {

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
    command.add_option("--sampler", r->sampler, "One of " + samplers);
    command.add_option("--steps", r->steps, "Sampling steps; default: the model's");
    command.add_option("--guidance", r->guidance, "Guidance scale, 1 = off; default: the model's");
    command.add_option("--precision", r->precision, "auto, fp32 or bf16")->capture_default_str();
    command.add_option("--device", r->device, "auto, cpu or cuda")->capture_default_str();
    return r;
}

namespace {

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
        if (!file->empty()) {
            r = generateRequestFromJson(readJsonFile(*file), *file);
            r.build.clear();
        } else if (r.classId.empty() && command.count("--prompt") == 0)
            throw Error(ErrorCode::WrongUse, "Say what to make: --class or --prompt, or --request FILE.json.");
        else if (command.count("--seed") == 0) {
            // A run that goes on takes the seed that the folder remembers.
            const auto note = std::filesystem::path(*out) / "request.json";
            r.seed = std::filesystem::exists(note) ? generateRequestFromJson(readJsonFile(note), "request.json").seed : randomSeed();
        }
        return run(context, r, *out);
    };
}

} // namespace phloxine::cli
