#pragma once
// Copies of the embedded model with one piece changed. The weights are linked, so a copy costs nothing until they are the piece.
#include <cstring>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/model/ModelStore.h"

namespace phloxine {

inline std::filesystem::path copyEmbeddedModel(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const auto source = std::filesystem::absolute(resourcesFolder() / "models/lc25000");
    for (const auto& file : std::filesystem::directory_iterator(source)) {
        if (file.path().extension() == ".safetensors") std::filesystem::create_symlink(file.path(), folder / file.path().filename());
        else std::filesystem::copy_file(file.path(), folder / file.path().filename());
    }
    return folder;
}

inline void changeCard(const std::filesystem::path& folder, const Json& patch) {
    auto card = readJsonFile(folder / "model.json");
    card.merge_patch(patch);
    writeFileAtomically(folder / "model.json", card.dump(), IfExists::Replace);
}

// Weights as bytes: the link gives way to a file of its own, and the card no longer says which ones they must be.
inline void setWeights(const std::filesystem::path& folder, const std::string& bytes) {
    std::filesystem::remove(folder / "weights.safetensors");
    writeFileAtomically(folder / "weights.safetensors", std::string_view(bytes));
    changeCard(folder, {{"weights_sha256", nullptr}});
}
inline std::string embeddedWeights() { return readFile(resourcesFolder() / "models/lc25000/weights.safetensors"); }

// One number of the tensor `key` in the bytes of a safetensors file (F16, BF16 or F32) becomes NaN.
inline void putNan(std::string& bytes, const std::string& key) {
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), 8);
    const auto entry = Json::parse(bytes.substr(8, header)).at(key);
    const auto at = 8 + header + entry.at("data_offsets")[0].get<std::uint64_t>();
    std::memset(bytes.data() + at, 0xff, entry.at("dtype") == "F32" ? 4 : 2);
}

} // namespace phloxine
