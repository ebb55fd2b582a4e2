// Phloxine's own model folder: model.json beside weights under CompVis' names with their YAML, or beside a foreign model that was added
// as it is ("source" in the card names it).
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/model/Checkpoint.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// What the weights are read from. The name comes from a file of a stranger: only something inside the folder will do.
fs::path sourceOf(const fs::path& folder) {
    const auto card = readJsonFile(folder / "model.json");
    const auto name = card.is_object() ? card.value("source", Json("weights.safetensors")) : Json();
    const auto relative = name.is_string() ? fs::path(name.get<std::string>()).lexically_normal() : fs::path();
    if (relative.empty() || relative.is_absolute() || *relative.begin() == ".." || relative == "." ||
        relative.native().find('\0') != std::string::npos)
        throw Error(ErrorCode::Corrupt,
                    "The card of " + folder.filename().string() + " names a source outside its folder; correct \"source\" in model.json.");
    if (!isThere(folder / relative))
        throw Error(ErrorCode::NotFound, "The model folder " + folder.filename().string() + " holds no " + relative.generic_string() +
                                             "; get the model folder again.");
    return folder / relative;
}

} // namespace

Checkpoint openModelFolder(const fs::path& folder, const OpenOptions& options) {
    const auto source = sourceOf(folder);
    auto checkpoint = isFolder(source) ? openDiffusers(source, options) : openCompvis(source, options);
    return checkpoint;
}

std::vector<fs::path> weightFilesOfModelFolder(const fs::path& folder) {
    const auto source = sourceOf(folder);
    return isFolder(source) ? weightFilesOfDiffusers(source) : std::vector{source};
}

} // namespace phloxine
