#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "core/generate/canvas.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// The part of a request that decides pixels and files; `build` may differ between two runs of the same request.
Json identity(GenerateRequest request) {
    request.build.clear();
    // Files are known by their hashes; one of another name with the same bytes is the same.
    for (const auto& [what, file, sha256] : filesOf(request)) *file = what;
    return toJson(request);
}

bool isFinished(const fs::path& file, const GenerateRequest& single) {
    if (!fs::exists(file)) return false;
    auto have = requestFromPng(file);
    have.batch = single.batch, have.place = single.place; // an out-of-memory recovery may have changed them
    if (identity(have) != identity(single))
        throw Error(ErrorCode::Exists,
                    file.filename().string() + " is there already and is another tile; nothing was overwritten, choose another folder.");
    (void)readPng(file); // proves that the pixels are whole
    return true;
}

} // namespace

std::string tileFileName(const GenerateRequest& single) {
    return (!single.classId.empty() ? single.classId
            : single.vector.empty() ? "prompt"
                                    : "vector") +
           "-" + std::to_string(single.seed) + (single.variationSeed ? "-v" + std::to_string(*single.variationSeed) : "") + ".png";
}

FolderResult generateIntoFolder(ModelStore& store, const GenerateRequest& request, const fs::path& folder, const GenerateHooks& hooks) {
    const auto entry = store.find(request.model, request.modelSha256, request.modelSettings);
    const auto resolved = resolve(request, entry);
    requireFit(store, resolved, entry);
    makeWritableFolder(folder);
    const FolderLock lock(folder);
    const auto note = folder / "request.json";
    if (fs::exists(note)) {
        const auto known = generateRequestFromJson(readJsonFile(note), "request.json");
        if (identity(known) != identity(resolved))
            throw Error(ErrorCode::Exists, "The folder " + folder.filename().string() +
                                               " holds the tiles of another request; nothing was overwritten, choose another folder.");
    } else writeFileAtomically(note, toJson(resolved).dump(2) + "\n", IfExists::Fail, Durability::Synced);

    FolderResult result;
    const auto canvasBytes = std::uint64_t(resolved.widthPx) * std::uint64_t(resolved.heightPx) * 3;
    requireFreeSpace(folder, std::uint64_t(resolved.count) * std::max<std::uint64_t>(canvasBytes, 256 * 1024));
    for (int first = 0; first < resolved.count;) {
        const auto single = forTile(resolved, first);
        if (isFinished(folder / tileFileName(single), single)) {
            result.files.push_back({tileFileName(single), single.seed, 0});
            ++first, ++result.kept;
            continue;
        }
        // The longest run of missing tiles goes through the model at once.
        int last = first + 1;
        while (last < resolved.count && !fs::exists(folder / tileFileName(forTile(resolved, last)))) ++last;
        auto part = single;
        part.count = last - first;
        auto partHooks = hooks;
        if (hooks.step) partHooks.step = [&](int tile, int step, int steps) { hooks.step(first + tile, step, steps); };
        partHooks.tile = [&](int index, const Tile& tile) {
            const auto name = tileFileName(tile.request);
            writePng(folder / name, tile.image, provenance(tile.request));
            result.files.push_back({name, tile.request.seed, tile.seconds});
            if (hooks.tile) hooks.tile(first + index, tile);
        };
        const auto made = generate(store, part, partHooks);
        result.seconds.load += made.seconds.load, result.seconds.denoise += made.seconds.denoise,
            result.seconds.decode += made.seconds.decode, result.seconds.total += made.seconds.total;
        first = last;
    }
    result.resolved = resolved;
    return result;
}

} // namespace phloxine
