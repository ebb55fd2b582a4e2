#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/Checkpoint.h"

namespace phloxine {

namespace fs = std::filesystem;

const std::vector<FormatRow>& formats() {
    static const std::vector<FormatRow> table{
        {"phloxine", "Model folder of Phloxine", [](const fs::path& p) { return isThere(p / "model.json"); }, openModelFolder,
         weightFilesOfModelFolder},
        {"diffusers", "Folder of diffusers", [](const fs::path& p) { return isThere(p / "model_index.json"); }, openDiffusers,
         weightFilesOfDiffusers},
        {"compvis", "Checkpoint file of CompVis or Lightning", [](const fs::path& p) { return fs::is_regular_file(p); }, openCompvis,
         [](const fs::path& p) { return std::vector{p}; }},
    };
    return table;
}

const FormatRow& formatOf(const fs::path& path) {
    if (!isThere(path)) throw Error(ErrorCode::NotFound, "There is nothing at " + path.string() + ".", path.string());
    for (const auto& row : formats())
        if (row.recognise(path)) return row;
    throw Error(ErrorCode::NotAModel,
                "The folder " + path.filename().string() +
                    " is not a model: it holds neither model.json (Phloxine) nor model_index.json (diffusers).",
                path.string());
}

Checkpoint openCheckpoint(const fs::path& path, const OpenOptions& options) { return formatOf(path).open(path, options); }

} // namespace phloxine
