// metadata.jsonl and its protocol.
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/annotate/CaptionRequest.h"
#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

fs::path protocolOf(const fs::path& out) { return out.parent_path() / (out.stem().string() + ".protocol.json"); }

std::string line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

} // namespace

void requireCaptionPlace(const fs::path& out) {
    if (out.extension() != ".jsonl") throw Error(ErrorCode::WrongUse, "Captions are written to a file whose name ends with .jsonl.");
    for (const auto& file : {out, protocolOf(out)})
        if (isThere(file))
            throw Error(ErrorCode::Exists, "There is a file " + file.filename().string() +
                                               " already; nothing was overwritten, choose another name or folder.");
}

void writeCaptions(const CaptionResult& result, const fs::path& out) {
    requireCaptionPlace(out);
    const auto folder = fs::weakly_canonical(fs::absolute(out).parent_path());
    makeWritableFolder(folder);
    std::string rows;
    for (const auto& tile : result.tiles) {
        Json row = {{"file_name", fs::weakly_canonical(fs::absolute(tile.file)).lexically_relative(folder).generic_string()}};
        if (!tile.className.empty()) row["class"] = tile.className;
        if (!tile.group.empty()) row["group"] = tile.group;
        row["text"] = tile.text;
        row["levels"] = tile.levels;
        for (const auto& [id, value] : tile.measures) row["measures"][id] = std::isfinite(value) ? Json(value) : Json(nullptr);
        if (tile.heldOut) row["held_out"] = true;
        if (tile.micronsPerPixel > 0) row["mpp"] = tile.micronsPerPixel;
        rows += line(row);
    }
    writeFileAtomically(protocolOf(out), result.protocol.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    writeFileAtomically(out, rows);
}

} // namespace phloxine
