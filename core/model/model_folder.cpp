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

// Of a small model's vocabulary only the rows that training touched are stored, with their numbers beside them: the other 12 MB are zeros.
void expandTokenRows(Weights& weights, const std::string& folder) {
    const std::string name = "cond_stage_model.transformer.text_model.embeddings.token_embedding.";
    const auto numbers = weights.find(name + "rows"), stored = weights.find(name + "weight");
    if (numbers == weights.end()) return;
    constexpr std::int64_t vocabulary = 49408; // of CLIP
    const auto& rows = numbers->second;
    if (stored == weights.end() || stored->second.dim() != 2 || rows.dim() != 1 || rows.scalar_type() != at::kLong || rows.numel() == 0 ||
        rows.size(0) != stored->second.size(0) || rows.min().item<std::int64_t>() < 0 || rows.max().item<std::int64_t>() >= vocabulary)
        throw Error(ErrorCode::Corrupt,
                    "The token rows of the model folder " + folder + " do not fit the vocabulary; get the folder again.");
    auto full = at::zeros({vocabulary, stored->second.size(1)}, stored->second.options());
    full.index_copy_(0, rows, stored->second);
    stored->second = full;
    weights.erase(numbers);
}

} // namespace

fs::path sourceOfModel(const fs::path& path) { return isFolder(path) && isThere(path / "model.json") ? sourceOf(path) : path; }

Checkpoint openModelFolder(const fs::path& folder, const OpenOptions& options) {
    const auto source = sourceOf(folder);
    auto checkpoint = isFolder(source) ? openDiffusers(source, options) : openCompvis(source, options);
    expandTokenRows(checkpoint.weights, folder.filename().string());
    return checkpoint;
}

std::vector<fs::path> weightFilesOfModelFolder(const fs::path& folder) {
    const auto source = sourceOf(folder);
    return isFolder(source) ? weightFilesOfDiffusers(source) : std::vector{source};
}

} // namespace phloxine
