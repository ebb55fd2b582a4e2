#include "core/train/TrainingSet.h"

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

namespace phloxine {

namespace fs = std::filesystem;

namespace {

std::optional<AttributeLevel> levelFrom(const std::string& word) {
    if (word == "low") return AttributeLevel::Low;
    if (word == "medium") return AttributeLevel::Medium;
    if (word == "high") return AttributeLevel::High;
    return {};
}

// Rows of a JSONL by file name; where `required` is false, nothing when it is not there.
std::map<std::string, Json> rowsByName(const fs::path& file, bool required) {
    std::map<std::string, Json> found;
    if (!required && !isThere(file)) return found;
    std::istringstream lines(readFile(file));
    for (std::string line; std::getline(lines, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const auto row = parseJson(line, file.filename().string());
        const auto name = row.is_object() ? row.value("file_name", Json()) : Json();
        if (!name.is_string())
            throw Error(ErrorCode::Corrupt, file.filename().string() + " has a row without a \"file_name\"; correct the file.");
        found[name.get<std::string>()] = row;
    }
    return found;
}

std::string placeOf(const fs::path& file) { return fs::absolute(file).lexically_normal().string(); }

// Captions name tiles as the set does, or by their place beside the captions, as `caption set` writes them.
void addPlaces(std::map<std::string, Json>& rows, const fs::path& captions) {
    std::map<std::string, Json> places;
    for (const auto& [name, row] : rows) places.emplace(placeOf(captions.parent_path() / name), row);
    rows.merge(places);
}

// "levels" of a row: {"nuclear-density": "low", ...}.
void takeCaption(const Json& row, TrainingTile& tile) {
    const auto text = row.value("text", Json()), levels = row.value("levels", Json());
    if (text.is_string()) tile.text = text.get<std::string>();
    if (!levels.is_object()) return;
    for (std::size_t i = 0; i < attributes().size(); ++i)
        if (const auto level = levels.find(attributes()[i].id); level != levels.end() && level->is_string())
            tile.levels[i] = levelFrom(level->get<std::string>());
}

std::string captionHash(const TrainingSet& set) {
    Sha256 sum;
    for (const auto& tile : set.tiles) {
        std::string levels;
        for (const auto& level : tile.levels) levels += level ? "lmh"[int(*level)] : '-';
        sum.add(Json({tile.name, tile.classIndex, tile.group, tile.heldOut, tile.text, levels})
                    .dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    return sum.hex();
}

std::string listed(const std::set<std::string>& names) { // the first few
    std::string text;
    int count = 0;
    for (const auto& name : names) {
        if (++count > 5) return text + " and " + std::to_string(names.size() - 5) + " more";
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

// The group without the class in front of it: one patient may give tiles of several classes.
std::string bareGroup(const TrainingTile& tile, const std::vector<RecipeClass>& classes) {
    const auto& id = classes[std::size_t(tile.classIndex)].id;
    return tile.group.starts_with(id + "/") ? tile.group.substr(id.size() + 1) : tile.group;
}

void nameSharedGroups(TrainingSet& set, bool fromNames) {
    if (fromNames) return; // numbers of fields start anew in each class
    std::map<std::string, std::pair<bool, bool>> sides;
    for (const auto& tile : set.tiles) {
        auto& side = sides[bareGroup(tile, set.classes)];
        (tile.heldOut ? side.second : side.first) = true;
    }
    std::set<std::string> shared;
    for (const auto& [group, side] : sides)
        if (side.first && side.second) shared.insert(plainText(group));
    if (!shared.empty()) set.leaks.push_back("These groups have tiles that train and tiles that are held out: " + listed(shared) + ".");
}

// What the metadata records beside the groups that were asked for: a patient or a slide on both sides is a leak, whatever the group is.
void nameSharedRecords(TrainingSet& set, const std::map<std::string, Json>& rows, bool fromNames) {
    for (const auto* key : {"patient", "group", "slide"}) {
        std::map<std::string, std::pair<bool, bool>> sides;
        for (const auto& tile : set.tiles) {
            const auto row = rows.find(tile.name);
            const auto value = row == rows.end() ? Json() : row->second.value(key, Json());
            if (!value.is_string() || (!fromNames && value == bareGroup(tile, set.classes))) continue; // those are told already
            auto& side = sides[value.get<std::string>()];
            (tile.heldOut ? side.second : side.first) = true;
        }
        std::set<std::string> shared;
        for (const auto& [value, side] : sides)
            if (side.first && side.second) shared.insert(plainText(value));
        if (!shared.empty())
            set.leaks.push_back("By the metadata's \"" + std::string(key) +
                                "\" these have tiles that train and tiles that are held out: " + listed(shared) + ".");
    }
}

// Sums of all tiles; equal ones go to the held-out side together.
void compareBytes(TrainingSet& set) {
    Sha256 all;
    std::map<std::string, std::vector<std::size_t>> bySum;
    for (std::size_t i = 0; i < set.tiles.size(); ++i) {
        const auto sum = sha256OfFile(set.tiles[i].file);
        all.add(sum);
        bySum[sum].push_back(i);
    }
    set.sha256 = all.hex();
    std::set<std::string> moved;
    for (const auto& [sum, rows] : bySum) {
        if (std::none_of(rows.begin(), rows.end(), [&](std::size_t i) { return set.tiles[i].heldOut; })) continue;
        for (const auto i : rows)
            if (!set.tiles[i].heldOut) set.tiles[i].heldOut = true, moved.insert(plainText(set.tiles[i].name));
    }
    if (!moved.empty()) set.leaks.push_back("These tiles are copies of held-out ones, and are held out too: " + listed(moved) + ".");
}

void requireTrainable(const TrainingSet& set) {
    std::vector<int> counts(set.classes.size());
    for (const auto& tile : set.tiles)
        if (!tile.heldOut) ++counts[std::size_t(tile.classIndex)];
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] == 0)
            throw Error(ErrorCode::WrongUse,
                        "The class \"" + set.classes[i].id + "\" has no tile to train on; add tiles, or take it out of the recipe.");
}

} // namespace

std::vector<int> TrainingSet::rows(bool heldOut) const {
    std::vector<int> found;
    for (int i = 0; i < int(tiles.size()); ++i)
        if (tiles[std::size_t(i)].heldOut == heldOut) found.push_back(i);
    return found;
}

TrainingSet readTrainingSet(const fs::path& path, const RecipeData& data, std::vector<RecipeClass> classes) {
    const auto files = readTileSet(path, {{}, data.groupPattern});
    if (files.tiles.empty()) throw Error(ErrorCode::WrongUse, "The set " + files.name + " has no tile that can be read.");
    TrainingSet set;
    set.classes = std::move(classes);
    if (set.classes.empty()) {
        std::set<std::string> names;
        for (const auto& tile : files.tiles) names.insert(tile.className);
        for (const auto& name : names) {
            auto words = name;
            std::replace(words.begin(), words.end(), '_', ' ');
            set.classes.push_back({name.empty() ? "tile" : name, name.empty() ? "Tile" : words, {}, "#888888", {words}});
        }
    }
    const auto own = rowsByName(isFolder(path) ? path / "metadata.jsonl" : path, false);
    std::map<std::string, Json> more;
    if (!data.captions.empty()) more = rowsByName(data.captions, true), addPlaces(more, data.captions);
    bool captioned = more.empty();
    const std::regex holdOut(data.holdOut);
    for (const auto& file : files.tiles) {
        const auto id = file.className.empty() ? set.classes.front().id : file.className;
        const auto found = std::find_if(set.classes.begin(), set.classes.end(), [&](const RecipeClass& c) { return c.id == id; });
        if (found == set.classes.end())
            throw Error(ErrorCode::WrongUse,
                        "The set " + files.name + " has the class \"" + plainText(id) + "\", which the recipe does not list.");
        TrainingTile tile{file.file, file.name, file.group, int(found - set.classes.begin()), false, file.prompt, {}};
        tile.heldOut = !data.holdOut.empty() && std::regex_search(file.group, holdOut);
        tile.levels.resize(attributes().size());
        if (const auto row = own.find(file.name); row != own.end()) takeCaption(row->second, tile);
        for (const auto& name : {file.name, placeOf(file.file)})
            if (const auto row = more.find(name); row != more.end()) {
                takeCaption(row->second, tile);
                captioned = true;
                break;
            }
        set.tiles.push_back(std::move(tile));
    }
    if (!captioned)
        throw Error(ErrorCode::WrongUse, "The captions " + fs::path(data.captions).filename().string() +
                                             " name no tile of the set; their file_name must be relative to it, such as class/name.png, "
                                             "or to the captions.");
    if (!data.holdOut.empty() && !files.groupsKnown)
        set.leaks.push_back("The set " + files.name +
                            " does not say which tiles belong to one field, slide or patient, so held-out tiles may "
                            "have neighbours that train; give a group pattern.");
    nameSharedGroups(set, !data.groupPattern.empty());
    nameSharedRecords(set, own, !data.groupPattern.empty());
    compareBytes(set);
    if (!data.holdOut.empty() && set.rows(true).empty())
        throw Error(ErrorCode::WrongUse, "The hold-out " + plainText(data.holdOut) + " of the recipe finds no group; correct it.");
    requireTrainable(set);
    set.captionSha256 = captionHash(set);
    return set;
}

} // namespace phloxine
