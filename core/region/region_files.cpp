#include "core/region/region_files.h"

#include <algorithm>
#include <cmath>

#include "core/base/Error.h"
#include "core/region/formats.h"

namespace phloxine {

namespace {

void requireWritable(const std::vector<Region>& regions) {
    for (const auto& region : regions) {
        bool good = !region.polygons.empty();
        const auto check = [&](const Ring& ring) {
            good = good && ring.size() >= 3;
            for (const auto& [x, y] : ring) good = good && std::isfinite(x) && std::isfinite(y);
        };
        for (const auto& polygon : region.polygons) {
            check(polygon.outer);
            for (const auto& hole : polygon.holes) check(hole);
        }
        if (!good)
            throw Error(ErrorCode::WrongUse, "The region " + (region.name.empty() ? region.id : region.name) +
                                                 " has a ring of fewer than three places or a place that is no number; draw it again.");
    }
}

} // namespace

std::vector<std::string> Notices::sentences() const {
    std::vector<std::string> all;
    for (const auto& [words, n] : m_counts) all.push_back(std::to_string(n) + " " + (n == 1 ? words.first : words.second));
    return all;
}

bool tidyRing(Ring& ring, Notices& notices) {
    constexpr double farthest = 1e9; // no slide is as large
    for (const auto& [x, y] : ring)
        if (!(std::abs(x) <= farthest && std::abs(y) <= farthest)) {
            notices.count("ring has a place that is no number or beyond any slide, and was left out.",
                          "rings have a place that is no number or beyond any slide, and were left out.");
            return false;
        }
    while (ring.size() > 1 && ring.back() == ring.front()) ring.pop_back();
    const auto other = std::find_if(ring.begin(), ring.end(), [&](const SlidePoint& p) { return p != ring.front(); });
    if (std::any_of(other, ring.end(), [&](const SlidePoint& p) { return p != ring.front() && p != *other; })) return true;
    notices.count("ring has fewer than three places and was left out.", "rings have fewer than three places and were left out.");
    return false;
}

RegionFile readRegions(const std::filesystem::path& file) {
    const auto name = plainText(file.filename().string());
    const auto text = readFile(file);
    const auto start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const auto first = text.find_first_not_of(" \t\r\n", std::size_t(start));
    if (first == text.npos) throw Error(ErrorCode::Truncated, name + " is empty; export the regions again.");
    RegionFile result;
    Notices notices;
    if (text[first] == '{' || text[first] == '[') {
        result.regions = regionsFromGeoJson(text.substr(first), name, notices);
    } else if (text[first] == '<') {
        result.format = RegionFormat::AsapXml;
        result.regions = regionsFromAsap(text.substr(first), name, notices);
    } else {
        throw Error(ErrorCode::Unsupported, name + " is neither GeoJSON nor the XML of ASAP; export the regions from QuPath as GeoJSON.");
    }
    result.notices = notices.sentences();
    return result;
}

void writeRegions(const std::filesystem::path& file, const std::vector<Region>& regions, RegionFormat format, IfExists ifExists) {
    requireWritable(regions);
    writeFileAtomically(file, format == RegionFormat::GeoJson ? geoJsonOf(regions) : asapXmlOf(regions), ifExists);
}

} // namespace phloxine
