#include "core/region/region_store.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/base/Sha256.h"
#include "core/region/formats.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

fs::path fileOf(const fs::path& project, const std::string& key) { return project / "regions" / (key + ".geojson"); }

fs::path setAside(const fs::path& file) {
    for (int n = 1;; ++n) {
        auto aside = file;
        aside += ".damaged-" + std::to_string(n);
        if (isThere(aside)) continue;
        std::error_code ignored; // a folder that cannot be written: the file stays where it is
        fs::rename(file, aside, ignored);
        return aside;
    }
}

} // namespace

std::string slideKey(const fs::path& slide) {
    constexpr std::uint64_t piece = 64 << 10;
    std::error_code error;
    const auto size = fs::file_size(slide, error);
    std::ifstream file(slide, std::ios::binary);
    if (error || !file) throw Error(ErrorCode::NotFound, slide.filename().string() + " cannot be read; open it from where it lies now.");
    Sha256 sum;
    sum.add(std::to_string(size) + "\n");
    std::string bytes;
    for (const auto from : {std::uint64_t(0), size / 2, size - std::min(size, piece)}) {
        bytes.resize(std::size_t(std::min(piece, size - std::min(size, from))));
        file.seekg(std::streamoff(from));
        if (!file.read(bytes.data(), std::streamsize(bytes.size())))
            throw Error(ErrorCode::NotFound, slide.filename().string() + " went away while it was read; open it again.");
        sum.add(bytes);
    }
    return sum.hex().substr(0, 32);
}

KeptRegions keptRegions(const fs::path& project, const std::string& key) {
    const auto file = fileOf(project, key);
    if (!isThere(file)) return {};
    try {
        auto read = readRegions(file);
        return {std::move(read.regions), std::move(read.notices)};
    } catch (const Error& e) {
        if (e.code() != ErrorCode::Corrupt && e.code() != ErrorCode::Truncated && e.code() != ErrorCode::Unsupported) throw;
        return {{}, {"The regions kept for this slide are damaged; the file is kept as " + setAside(file).filename().string() + "."}};
    }
}

std::vector<OwnLabel> keptLabels(const fs::path& project) {
    const auto file = project / "regions" / "labels.json";
    if (!isThere(file)) return {};
    std::vector<OwnLabel> labels;
    try {
        const auto json = readJsonFile(file);
        requireFormat(json, "labels", 1, "labels.json");
        for (const auto& entry : json.at("labels"))
            labels.push_back({plainText(entry.at("name").get<std::string>(), 200), plainText(entry.at("colour").get<std::string>(), 32)});
    } catch (const std::exception&) { return {}; } // they come back with the regions that have them
    return labels;
}

void keepLabels(const fs::path& project, const std::vector<OwnLabel>& labels) {
    Json list = Json::array();
    for (const auto& label : labels) list.push_back({{"name", label.name}, {"colour", label.colour}});
    std::error_code error;
    fs::create_directories(project / "regions", error);
    writeFileAtomically(project / "regions" / "labels.json", Json{{"format", "phloxine-labels/1"}, {"labels", list}}.dump(1) + "\n",
                        IfExists::Replace, Durability::Synced);
}

void keepRegions(const fs::path& project, const std::string& key, const std::vector<Region>& regions) {
    const auto file = fileOf(project, key);
    std::error_code error;
    fs::create_directories(file.parent_path(), error); // what is wrong with the folder, writing says
    writeFileAtomically(file, geoJsonOf(regions), IfExists::Replace, Durability::Synced);
}

} // namespace phloxine
