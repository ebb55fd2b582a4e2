#include "core/measure/NucleiCalibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace {

constexpr std::size_t mostFields = 100'000, mostPoints = 20'000, longestName = 1024;
constexpr int largestSidePx = 65'535;
constexpr std::uint64_t fileLimitBytes = 64u << 20;

[[noreturn]] void corrupt(const std::string& sentence) { throw Error(ErrorCode::Corrupt, sentence); }

bool isSha256(const std::string& text) { return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos; }

std::string words(const Json& json, const char* key, const std::string& where) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string() || found->get_ref<const std::string&>().size() > longestName)
        corrupt(where + " has no text \"" + key + "\"; use the file as Phloxine wrote it.");
    return found->get<std::string>();
}

int side(const Json& json, const char* key, const std::string& where) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer() || found->get<std::int64_t>() < 1 || found->get<std::int64_t>() > largestSidePx)
        corrupt(where + " has no \"" + key + "\" from 1 to " + std::to_string(largestSidePx) + "; use the file as Phloxine wrote it.");
    return found->get<int>();
}

CountingFrame frameOf(const Json& json, const ClickedField& field, const std::string& where) {
    const auto found = json.find("frame_px");
    const bool four =
        found != json.end() && found->is_array() && found->size() == 4 && std::all_of(found->begin(), found->end(), [](const Json& n) {
            return n.is_number_integer() && n.get<std::int64_t>() >= 0 && n.get<std::int64_t>() <= largestSidePx;
        });
    if (!four) corrupt(where + " has no \"frame_px\" of four whole numbers; use the file as Phloxine wrote it.");
    const CountingFrame f{found->at(0).get<int>(), found->at(1).get<int>(), found->at(2).get<int>(), found->at(3).get<int>()};
    if (f.x1 <= f.x0 || f.y1 <= f.y0 || f.x1 > field.widthPx || f.y1 > field.heightPx)
        corrupt(where + " has a counting frame that does not lie on its tile; use the file as Phloxine wrote it.");
    return f;
}

std::vector<ClickedPoint> pointsOf(const Json& json, const ClickedField& field, const std::string& where) {
    const auto found = json.find("points_px");
    if (found == json.end() || !found->is_array()) corrupt(where + " has no list \"points_px\"; use the file as Phloxine wrote it.");
    if (found->size() > mostPoints) corrupt(where + " has more than " + std::to_string(mostPoints) + " points, which no tile has.");
    std::vector<ClickedPoint> points;
    for (const auto& p : *found) {
        if (!p.is_array() || p.size() != 2 || !p[0].is_number() || !p[1].is_number())
            corrupt(where + " has a point that is no pair of numbers; use the file as Phloxine wrote it.");
        points.push_back({p[0].get<double>(), p[1].get<double>()});
        const auto& at = points.back();
        if (!(at.x >= -0.5 && at.y >= -0.5 && at.x <= field.widthPx - 0.5 && at.y <= field.heightPx - 0.5))
            corrupt(where + " has a point outside its tile; use the file as Phloxine wrote it.");
    }
    return points;
}

ClickedField fieldFromJson(const Json& json, const std::string& where) {
    if (!json.is_object()) corrupt(where + " is no object; use the file as Phloxine wrote it.");
    ClickedField field;
    field.tile = words(json, "tile", where), field.sha256 = words(json, "sha256", where);
    if (!isSha256(field.sha256)) corrupt(where + " has a \"sha256\" that is no hash; use the file as Phloxine wrote it.");
    field.widthPx = side(json, "width_px", where), field.heightPx = side(json, "height_px", where);
    field.frame = frameOf(json, field, where);
    field.points = pointsOf(json, field, where);
    if (!json.value("done", Json()).is_boolean())
        corrupt(where + " does not say whether it is \"done\"; use the file as Phloxine wrote it.");
    field.done = json.at("done").get<bool>();
    field.time = json.contains("time") ? words(json, "time", where) : std::string();
    return field;
}

Json toJson(const ClickedField& field) {
    Json points = Json::array();
    for (const auto& p : field.points) points.push_back({std::round(p.x * 100) / 100, std::round(p.y * 100) / 100});
    Json json{{"tile", field.tile},
              {"sha256", field.sha256},
              {"width_px", field.widthPx},
              {"height_px", field.heightPx},
              {"frame_px", {field.frame.x0, field.frame.y0, field.frame.x1, field.frame.y1}},
              {"points_px", points},
              {"done", field.done}};
    if (!field.time.empty()) json["time"] = field.time;
    return json;
}

} // namespace

int NucleiCalibration::done() const {
    return int(std::count_if(fields.begin(), fields.end(), [](const auto& field) { return field.done; }));
}

Json toJson(const NucleiCalibration& c) {
    Json json{
        {"format", "phloxine-nuclei-calibration/1"},
        {"set", {{"name", c.setName}, {"content_sha256", c.setSha256}}},
        {"reader", c.reader},
        {"seed", c.seed},
        {"rules", {{"one_point", "for each nucleus in the frame"}, {"exclusion_edges", {"left", "lower"}}, {"source", "Gundersen 1977"}}},
        {"fields", Json::array()}};
    for (const auto& field : c.fields) json["fields"].push_back(toJson(field));
    return json;
}

NucleiCalibration nucleiCalibrationFromJson(const Json& json, const std::string& what) {
    requireFormat(json, "nuclei-calibration", 1, what);
    NucleiCalibration c;
    const auto set = json.find("set");
    if (set == json.end() || !set->is_object())
        corrupt(what + " does not say which \"set\" was clicked; use the file as Phloxine wrote it.");
    c.setName = words(*set, "name", what), c.setSha256 = words(*set, "content_sha256", what);
    if (!isSha256(c.setSha256)) corrupt(what + " has a \"content_sha256\" that is no hash; use the file as Phloxine wrote it.");
    c.reader = words(json, "reader", what);
    if (c.reader.size() > 32 || c.reader.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos)
        corrupt(what + " has a \"reader\" that is no word of small letters and digits; names do not belong there.");
    const auto seed = json.find("seed"), fields = json.find("fields");
    if (seed == json.end() || !seed->is_number_unsigned()) corrupt(what + " has no \"seed\"; use the file as Phloxine wrote it.");
    c.seed = seed->get<std::uint64_t>();
    if (fields == json.end() || !fields->is_array() || fields->size() > mostFields)
        corrupt(what + " has no list of \"fields\"; use the file as Phloxine wrote it.");
    std::set<std::string> names;
    for (const auto& row : *fields) {
        c.fields.push_back(fieldFromJson(row, what + ", field " + std::to_string(c.fields.size() + 1)));
        if (!names.insert(c.fields.back().tile).second)
            corrupt(what + " holds the tile " + plainText(c.fields.back().tile, 80) + " twice; use the file as Phloxine wrote it.");
    }
    return c;
}

NucleiCalibration readNucleiCalibration(const std::filesystem::path& file) {
    const auto name = plainText(file.filename().string(), 120);
    if (!isThere(file) || isFolder(file))
        throw Error(ErrorCode::NotFound, "The file of clicked nuclei " + name + " was not found; choose another or click nuclei first.");
    return nucleiCalibrationFromJson(parseJson(readFile(file, fileLimitBytes), name), name);
}

void writeNucleiCalibration(const std::filesystem::path& file, const NucleiCalibration& calibration) {
    writeFileAtomically(file, toJson(calibration).dump(1) + "\n", IfExists::Replace);
}

std::vector<std::size_t> calibrationOrder(const std::vector<TileEntry>& tiles, std::uint64_t seed) {
    std::vector<std::pair<int, std::size_t>> order; // how often the group came before, and the tile
    std::map<std::string, int> seen;
    for (const int i : Dice(seed).permutation(int(tiles.size()))) order.push_back({seen[tiles[std::size_t(i)].group]++, std::size_t(i)});
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::size_t> result;
    for (const auto& [round, tile] : order) result.push_back(tile);
    return result;
}

} // namespace phloxine
