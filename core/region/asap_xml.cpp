// The XML of ASAP (Automated Slide Analysis Platform, Radboudumc), which CAMELYON uses too. Read by pugixml, which neither loads other
// files nor expands entities of its own.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <sstream>

#include <pugixml.hpp>

#include "core/base/Error.h"
#include "core/region/formats.h"

namespace phloxine {

namespace {

// Programs under some languages write a comma.
double numberOf(std::string text) {
    std::replace(text.begin(), text.end(), ',', '.');
    const auto from = text.find_first_not_of(" \t+");
    double value = 0;
    if (from == text.npos) return std::numeric_limits<double>::quiet_NaN();
    const auto [end, problem] = std::from_chars(text.data() + from, text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() ? value : std::numeric_limits<double>::quiet_NaN();
}

std::string attribute(const pugi::xml_node& node, const char* name) { return plainText(node.attribute(name).as_string()); }

std::string colourOf(const pugi::xml_node& node) {
    auto colour = attribute(node, "Color");
    if (colour.size() != 7 || colour[0] != '#' || colour.find_first_not_of("0123456789abcdefABCDEF", 1) != colour.npos) return {};
    std::transform(colour.begin(), colour.end(), colour.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    return colour;
}

Ring placesOf(const pugi::xml_node& annotation) {
    std::vector<std::pair<double, SlidePoint>> ordered;
    double number = 0;
    for (const auto& node : annotation.child("Coordinates").children("Coordinate")) {
        const double order = numberOf(node.attribute("Order").as_string());
        ordered.push_back({std::isfinite(order) ? order : number,
                           {numberOf(node.attribute("X").as_string()), numberOf(node.attribute("Y").as_string())}});
        ++number;
    }
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Ring ring;
    for (const auto& [order, place] : ordered) ring.push_back(place);
    return ring;
}

bool isArea(const std::string& type, Notices& notices) {
    if (type == "Polygon" || type == "Rectangle") return true;
    if (type == "Spline") {
        notices.count("spline was read as the polygon through its places.", "splines were read as the polygons through their places.");
        return true;
    }
    const auto what = type.empty() ? std::string("no type") : "the type " + type;
    notices.count("annotation has " + what + ", which is no area, and was left out.",
                  "annotations have " + what + ", which is no area, and were left out.");
    return false;
}

std::optional<Region> regionOf(const pugi::xml_node& annotation, Notices& notices) {
    const auto type = attribute(annotation, "Type");
    if (!isArea(type, notices)) return {};
    auto ring = placesOf(annotation);
    if (type == "Rectangle" && ring.size() == 2) { // by two corners
        const auto [a, b] = std::pair(ring[0], ring[1]);
        ring = {a, {b.x, a.y}, b, {a.x, b.y}};
    }
    if (!tidyRing(ring, notices)) return {};
    Region region;
    region.name = attribute(annotation, "Name");
    if (const auto group = attribute(annotation, "PartOfGroup"); group != "None") region.className = group;
    region.colour = colourOf(annotation);
    region.polygons.push_back({std::move(ring), {}});
    return region;
}

// Outer ring and holes as one ring that the even-odd rule fills alike: the line to each hole is walked there and back.
Ring bridged(const Polygon& polygon) {
    Ring ring = polygon.outer;
    for (const auto& hole : polygon.holes) {
        ring.push_back(polygon.outer.front());
        ring.insert(ring.end(), hole.begin(), hole.end());
        ring.push_back(hole.front());
    }
    return ring;
}

void addAnnotation(pugi::xml_node& list, const Region& region, const Polygon& polygon) {
    auto node = list.append_child("Annotation");
    node.append_attribute("Name") = region.name.c_str();
    node.append_attribute("Type") = "Polygon";
    node.append_attribute("PartOfGroup") = region.className.empty() ? "None" : region.className.c_str();
    node.append_attribute("Color") = region.colour.empty() ? "#F4FA58" : region.colour.c_str();
    auto coordinates = node.append_child("Coordinates");
    const auto digits = [](double value) {
        char text[40];
        return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
    };
    int order = 0;
    for (const auto& [x, y] : bridged(polygon)) {
        auto coordinate = coordinates.append_child("Coordinate");
        coordinate.append_attribute("Order") = order++;
        coordinate.append_attribute("X") = digits(x).c_str();
        coordinate.append_attribute("Y") = digits(y).c_str();
    }
}

} // namespace

std::vector<Region> regionsFromAsap(const std::string& content, const std::string& name, Notices& notices) {
    pugi::xml_document document;
    if (const auto parsed = document.load_buffer(content.data(), content.size()); !parsed)
        throw Error(ErrorCode::Truncated,
                    name + " is no complete XML (error near byte " + std::to_string(parsed.offset) + "); export the regions again.",
                    parsed.description());
    const auto root = document.child("ASAP_Annotations");
    if (!root)
        throw Error(ErrorCode::Unsupported,
                    name + " is XML but not of ASAP: it has no ASAP_Annotations; export the regions from ASAP, or from QuPath as GeoJSON.");
    std::map<std::string, std::string> groups; // name, colour
    for (const auto& group : root.child("AnnotationGroups").children("Group")) groups[attribute(group, "Name")] = colourOf(group);
    std::vector<Region> regions;
    int number = 0;
    for (const auto& annotation : root.child("Annotations").children("Annotation")) {
        ++number;
        auto region = regionOf(annotation, notices);
        if (!region) continue;
        region->id = std::to_string(number);
        if (const auto group = groups.find(region->className); group != groups.end()) {
            if (!group->second.empty()) region->colour = group->second;
        } else if (!region->className.empty()) {
            notices.count("region names the group " + region->className + ", which the file does not list; it was taken as its class.",
                          "regions name the group " + region->className + ", which the file does not list; it was taken as their class.");
        }
        regions.push_back(std::move(*region));
    }
    return regions;
}

std::string asapXmlOf(const std::vector<Region>& regions) {
    pugi::xml_document document;
    auto root = document.append_child("ASAP_Annotations");
    auto list = root.append_child("Annotations"), groups = root.append_child("AnnotationGroups");
    std::set<std::string> known;
    for (const auto& region : regions) {
        for (const auto& polygon : region.polygons) addAnnotation(list, region, polygon);
        if (region.className.empty() || !known.insert(region.className).second) continue;
        auto group = groups.append_child("Group");
        group.append_attribute("Name") = region.className.c_str();
        group.append_attribute("PartOfGroup") = "None";
        group.append_attribute("Color") = region.colour.empty() ? "#64FE2E" : region.colour.c_str();
        group.append_child("Attributes");
    }
    std::ostringstream out;
    document.save(out, "  ");
    return out.str();
}

} // namespace phloxine
