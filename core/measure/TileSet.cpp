#include "core/measure/TileSet.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

bool isPicture(const fs::path& file) {
    auto ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return std::set<std::string>{".png", ".jpg", ".jpeg", ".tif", ".tiff"}.count(ending);
}

bool isHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::string text(const Json& row, std::initializer_list<const char*> keys, std::string* which = nullptr) {
    for (const auto* key : keys)
        if (const auto found = row.find(key); found != row.end() && !found->is_null()) {
            if (which) *which = key;
            return found->is_string() ? found->get<std::string>() : found->dump();
        }
    return {};
}

Scale scaleOf(const Json& row) {
    const auto scale = row.find("scale");
    if (scale != row.end() && scale->is_object() && scale->value("microns_per_pixel", Json()).is_number())
        return {scale->at("microns_per_pixel").get<double>(), scaleSourceFrom(text(*scale, {"source"}))};
    const auto mpp = row.find("mpp");
    return mpp != row.end() && mpp->is_number() ? Scale{mpp->get<double>(), ScaleSource::Property} : Scale{};
}

// One row of metadata.jsonl, as our exports and Hugging Face's ImageFolder write it.
void addRow(const fs::path& folder, const Json& row, TileSet& set, std::string& groupKey) {
    const auto file = text(row, {"file_name", "file"});
    if (file.empty()) throw Error(ErrorCode::Corrupt, "");
    // Reports carry no absolute path.
    const auto name = fs::path(file).is_absolute() ? fs::path(file).filename().string() : file;
    TileEntry tile{
        folder / file,       name, text(row, {"class", "label"}), text(row, {"group", "patient", "slide", "field"}, &groupKey), {}, {},
        text(row, {"seed"}), {}};
    tile.prompt = text(row, {"prompt", "text", "caption"});
    if (const auto request = row.find("request"); request != row.end() && request->is_object()) {
        if (tile.prompt.empty()) tile.prompt = text(*request, {"prompt"});
        tile.model = text(*request, {"model"});
    }
    tile.scale = scaleOf(row);
    if (fs::is_regular_file(tile.file)) set.tiles.push_back(std::move(tile));
    else set.faults.push_back({plainText(file), "The metadata names a file that is not there."});
}

void readMetadata(const fs::path& metadata, TileSet& set) {
    std::istringstream lines(readFile(metadata));
    std::string groupKey, line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const auto where = metadata.filename().string() + ", line " + std::to_string(number);
        const auto row = parseJson(line, where);
        try {
            addRow(metadata.parent_path(), row, set, groupKey);
        } catch (const std::exception&) {
            throw Error(ErrorCode::Corrupt, where + " is not a row with a \"file_name\"; correct the file.");
        }
    }
    if (!groupKey.empty()) set.groupSource = metadata.filename().string() + ": " + groupKey;
}

void readPictures(const fs::path& folder, TileSet& set) {
    for (auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied); entry != fs::end(entry);
         ++entry) {
        if (isHidden(entry->path())) {
            if (entry->is_directory()) entry.disable_recursion_pending();
        } else if (entry->is_regular_file() && isPicture(entry->path())) {
            const auto relative = entry->path().lexically_relative(folder);
            const auto className = relative.has_parent_path() ? relative.begin()->string() : std::string();
            set.tiles.push_back({entry->path(), relative.generic_string(), className, {}, {}, {}, {}, {}});
        }
    }
}

// What Phloxine's own tiles say about themselves.
void readProvenance(TileEntry& tile) {
    if (tile.file.extension() != ".png" || (!tile.className.empty() && !tile.prompt.empty() && !tile.seed.empty() && !tile.model.empty()))
        return;
    try {
        for (const auto& chunk : readPngTexts(tile.file)) {
            if (chunk.keyword != "phloxine") continue;
            const auto request = parseJson(chunk.text, tile.name);
            if (tile.className.empty()) tile.className = text(request, {"class"});
            if (tile.prompt.empty()) tile.prompt = text(request, {"prompt"});
            if (tile.seed.empty()) tile.seed = text(request, {"seed"});
            if (tile.model.empty()) tile.model = text(request, {"model"});
        }
    } catch (const std::exception&) {} // a broken file is named when its pixels are read
}

void takeGroups(const std::string& pattern, TileSet& set) {
    try {
        const std::regex expression(pattern);
        for (auto& tile : set.tiles) {
            std::smatch match;
            const auto name = fs::path(tile.name).filename().string();
            if (!std::regex_search(name, match, expression) || match.size() < 2)
                throw Error(ErrorCode::WrongUse,
                            "The group pattern does not fit the file name " + name + "; its first bracket must name the group.");
            tile.group = tile.className + "/" + match[1].str(); // numbers of fields start anew in each class
        }
    } catch (const std::regex_error&) {
        throw Error(ErrorCode::WrongUse,
                    "The group pattern " + plainText(pattern) + " is no regular expression; write one such as ^g([0-9]+)_.");
    }
    set.groupSource = "the file names (" + pattern + ")";
}

// The size that most of a sample of 64 tiles have.
std::pair<int, int> usualSize(const TileSet& set) {
    std::map<std::pair<int, int>, int> counts;
    const auto step = std::max<std::size_t>(1, set.tiles.size() / 64);
    for (std::size_t i = 0; i < set.tiles.size(); i += step) try {
            const auto image = readImage(set.tiles[i].file);
            ++counts[{image.width, image.height}];
        } catch (const Error&) {}
    std::pair<int, int> usual{};
    for (const auto& [size, count] : counts)
        if (count > counts[usual]) usual = size;
    return usual;
}

std::string sizeText(int width, int height) { return std::to_string(width) + " x " + std::to_string(height); }

} // namespace

TileSet readTileSet(const fs::path& path, const TileSetOptions& options) {
    TileSet set;
    const auto shown = plainText(path.filename().empty() ? path.parent_path().filename().string() : path.filename().string());
    set.name = options.name.empty() ? shown : options.name;
    if (!isThere(path))
        throw Error(ErrorCode::NotFound, "The set " + shown + " was not found; give a folder of images or a metadata.jsonl.");
    if (!isFolder(path)) {
        if (path.extension() != ".jsonl")
            throw Error(ErrorCode::WrongUse, shown + " is one file and no set; give a folder of images or a metadata.jsonl.");
        readMetadata(path, set);
    } else if (isThere(path / "metadata.jsonl")) {
        readMetadata(path / "metadata.jsonl", set);
    } else {
        readPictures(path, set);
    }
    if (set.tiles.empty() && set.faults.empty())
        throw Error(ErrorCode::NotFound, "The set " + shown + " holds no PNG, JPEG or TIFF image; give another folder.");
    std::sort(set.tiles.begin(), set.tiles.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (auto& tile : set.tiles) readProvenance(tile);
    if (!options.groupPattern.empty()) takeGroups(options.groupPattern, set);
    set.groupsKnown =
        !set.groupSource.empty() && std::none_of(set.tiles.begin(), set.tiles.end(), [](const auto& t) { return t.group.empty(); });
    if (set.groupSource.empty()) set.groupSource = "none";
    for (auto& tile : set.tiles)
        if (tile.group.empty()) tile.group = "tile " + tile.name;
    return set;
}

std::vector<int> groupNumbers(const std::vector<TileEntry>& tiles) {
    std::map<std::string, int> numbers;
    std::vector<int> groups;
    for (const auto& tile : tiles) groups.push_back(numbers.emplace(tile.group, int(numbers.size())).first->second);
    return groups;
}

std::string contentSha256(const TileSet& set) {
    Sha256 sum;
    for (const auto& tile : set.tiles) sum.add(sha256OfFile(tile.file));
    return sum.hex();
}

void forEachTile(TileSet& set, const std::function<void(const TileEntry&, const Image&)>& use) {
    const auto usual = usualSize(set);
    std::vector<TileEntry> good;
    for (auto& tile : set.tiles) {
        Image image;
        try {
            image = readImage(tile.file);
        } catch (const Error& e) {
            set.faults.push_back({tile.name, e.what()});
            continue;
        }
        if (std::pair(image.width, image.height) != usual) {
            set.faults.push_back({tile.name, "It is " + sizeText(image.width, image.height) + " px, where most of the set are " +
                                                 sizeText(usual.first, usual.second) + " px."});
            continue;
        }
        if (tile.scale.known()) image.scale = tile.scale;
        else tile.scale = image.scale;
        use(tile, image);
        good.push_back(std::move(tile));
    }
    set.tiles = std::move(good);
}

} // namespace phloxine
