#pragma once
// Internal to core/region: the two formats, on text.
#include <map>
#include <string_view>

#include "core/region/region_files.h"

namespace phloxine {

// Counts what is left out or doubtful, by reason: "2 regions have fewer than three places and were left out."
class Notices {
public:
    void count(const std::string& one, const std::string& many) { ++m_counts[{one, many}]; } // what follows "1 " and "2 "
    std::vector<std::string> sentences() const;

private:
    std::map<std::pair<std::string, std::string>, int> m_counts;
};

// Takes the repeated first place off a ring. False, and counted, where fewer than three places differ or one is no number within a slide.
bool tidyRing(Ring& ring, Notices& notices);

std::vector<Region> regionsFromGeoJson(const std::string& text, const std::string& name, Notices& notices);
std::string geoJsonOf(const std::vector<Region>& regions);
std::vector<Region> regionsFromAsap(const std::string& text, const std::string& name, Notices& notices);
std::string asapXmlOf(const std::vector<Region>& regions);

} // namespace phloxine
