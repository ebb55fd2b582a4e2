// GeoJSON (RFC 7946) with the properties of QuPath's PathObjectTypeAdapters.
#include <cmath>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/region/formats.h"

namespace phloxine {

namespace {

std::string text(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? plainText(found->get<std::string>()) : std::string();
}

const Json& member(const Json& object, const char* key) {
    static const Json none;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() ? *found : none;
}

std::string hexColour(int r, int g, int b) {
    char text[8];
    std::snprintf(text, sizeof text, "#%02X%02X%02X", r & 255, g & 255, b & 255);
    return text;
}

// [r, g, b], or QuPath's older integer 0xAARRGGBB, negative where alpha is 255.
std::string colourOf(const Json& holder) {
    const auto& rgb = member(holder, "color");
    const auto isByte = [](const Json& v) { return v.is_number_integer() && v >= 0 && v <= 255; };
    if (rgb.is_array() && rgb.size() >= 3 && isByte(rgb[0]) && isByte(rgb[1]) && isByte(rgb[2]))
        return hexColour(rgb[0].get<int>(), rgb[1].get<int>(), rgb[2].get<int>());
    for (const auto* key : {"colorRGB", "color"})
        if (const auto& packed = member(holder, key); packed.is_number_integer()) {
            const auto bits = std::uint32_t(packed.get<std::int64_t>());
            return hexColour(int(bits >> 16), int(bits >> 8), int(bits));
        }
    return {};
}

std::string classOf(const Json& classification) {
    if (classification.is_string()) return plainText(classification.get<std::string>());
    if (auto name = text(classification, "name"); !name.empty()) return name;
    std::string joined; // "names": a class and what it is derived to
    for (const auto& name : member(classification, "names"))
        if (name.is_string()) joined += (joined.empty() ? "" : ": ") + plainText(name.get<std::string>());
    return joined;
}

Ring ringOf(const Json& places) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    Ring ring;
    if (!places.is_array()) return ring;
    ring.reserve(places.size());
    for (const auto& place : places) {
        const bool good = place.is_array() && place.size() >= 2 && place[0].is_number() && place[1].is_number();
        ring.push_back(good ? SlidePoint{place[0].get<double>(), place[1].get<double>()} : SlidePoint{none, none});
    }
    return ring;
}

std::optional<Polygon> polygonOf(const Json& rings, Notices& notices) {
    Polygon polygon;
    polygon.outer = ringOf(rings.is_array() && !rings.empty() ? rings[0] : Json());
    if (!tidyRing(polygon.outer, notices)) return {};
    for (std::size_t i = 1; i < rings.size(); ++i)
        if (auto hole = ringOf(rings[i]); tidyRing(hole, notices)) polygon.holes.push_back(std::move(hole));
    return polygon;
}

std::vector<Polygon> polygonsOf(const Json& geometry, Notices& notices) {
    const auto type = text(geometry, "type");
    const auto& coordinates = member(geometry, "coordinates");
    std::vector<Polygon> polygons;
    if (type == "Polygon") {
        if (auto polygon = polygonOf(coordinates, notices)) polygons.push_back(std::move(*polygon));
    } else if (type == "MultiPolygon") {
        for (const auto& rings : coordinates)
            if (auto polygon = polygonOf(rings, notices)) polygons.push_back(std::move(*polygon));
    } else {
        const auto what = type.empty() ? std::string("no") : type;
        notices.count("feature has " + what + " geometry, which is no area, and was left out.",
                      "features have " + what + " geometry, which is no area, and were left out.");
    }
    return polygons;
}

void addFeature(const Json& feature, std::size_t number, std::vector<Region>& regions, Notices& notices) {
    if (text(feature, "type") != "Feature") {
        notices.count("entry is no feature and was left out.", "entries are no features and were left out.");
        return;
    }
    Region region;
    region.polygons = polygonsOf(member(feature, "geometry"), notices);
    if (region.polygons.empty()) return; // counted
    const auto& properties = member(feature, "properties");
    const auto& classification = member(properties, "classification");
    region.id = text(feature, "id");
    if (region.id.empty()) region.id = std::to_string(number);
    region.name = text(properties, "name");
    region.className = classOf(classification);
    region.colour = colourOf(classification);
    if (region.colour.empty()) region.colour = colourOf(properties);
    for (const auto* key : {"objectType", "object_type"})
        if (const auto type = text(properties, key); !type.empty()) region.objectType = type;
    regions.push_back(std::move(region));
}

Json jsonOf(const Ring& ring) {
    Json places = Json::array();
    for (const auto& [x, y] : ring) places.push_back({x, y});
    places.push_back({ring.front().x, ring.front().y});
    return places;
}

Json jsonOf(const Polygon& polygon) {
    Json rings = Json::array({jsonOf(polygon.outer)});
    for (const auto& hole : polygon.holes) rings.push_back(jsonOf(hole));
    return rings;
}

Json geometryOf(const std::vector<Polygon>& polygons) {
    if (polygons.size() == 1) return {{"type", "Polygon"}, {"coordinates", jsonOf(polygons.front())}};
    Json all = Json::array();
    for (const auto& polygon : polygons) all.push_back(jsonOf(polygon));
    return {{"type", "MultiPolygon"}, {"coordinates", all}};
}

Json rgbOf(const std::string& colour) {
    const auto bits = std::stoul(colour.substr(1), nullptr, 16);
    return {bits >> 16 & 255, bits >> 8 & 255, bits & 255};
}

Json parsed(const std::string& content, const std::string& name) {
    try {
        return parsePythonJson(content, name);
    } catch (const Error& e) { throw Error(e.code(), std::string(e.what()) + " Export the regions again.", e.context()); }
}

bool isColour(const std::string& colour) {
    return colour.size() == 7 && colour[0] == '#' && colour.find_first_not_of("0123456789abcdefABCDEF", 1) == colour.npos;
}

} // namespace

std::vector<Region> regionsFromGeoJson(const std::string& content, const std::string& name, Notices& notices) {
    const auto json = parsed(content, name);
    const auto& listed = json.is_array() ? json : member(json, "features");
    const bool single = text(json, "type") == "Feature";
    if (!single && !listed.is_array())
        throw Error(ErrorCode::Unsupported,
                    name + " is JSON but no GeoJSON: it has neither features nor is it one; export the regions from QuPath as GeoJSON.");
    std::vector<Region> regions;
    if (single) addFeature(json, 1, regions, notices);
    else
        for (std::size_t i = 0; i < listed.size(); ++i) addFeature(listed[i], i + 1, regions, notices);
    return regions;
}

std::string geoJsonOf(const std::vector<Region>& regions) {
    Json features = Json::array();
    for (const auto& region : regions) {
        Json properties = {{"objectType", region.objectType}};
        if (!region.name.empty()) properties["name"] = region.name;
        if (!region.className.empty()) properties["classification"]["name"] = region.className;
        if (isColour(region.colour)) (region.className.empty() ? properties : properties["classification"])["color"] = rgbOf(region.colour);
        features.push_back({{"type", "Feature"}, {"id", region.id}, {"geometry", geometryOf(region.polygons)}, {"properties", properties}});
    }
    return Json{{"type", "FeatureCollection"}, {"features", features}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace phloxine
