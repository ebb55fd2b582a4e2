#include "core/region/cut_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/base/Sha256.h"
#include "core/image/tissue.h"

namespace phloxine {

namespace {

std::string shortNumber(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

// A class and what of the slide belongs to it; no polygons: all of it.
struct ClassArea {
    std::string name;
    std::vector<Polygon> polygons;
    bool everywhere = false;
};

std::vector<ClassArea> areasOf(const std::vector<Region>* regions, const CutRequest& request, const SlideInfo& slide, SlidePlan& plan) {
    if (!regions) return {{request.className, {}, true}};
    std::map<std::string, std::vector<Polygon>> byClass;
    std::size_t classless = 0, beyond = 0;
    for (const auto& region : *regions) {
        const auto box = boundingBox(region.polygons);
        beyond += box.right <= 0 || box.bottom <= 0 || box.left >= double(slide.width()) || box.top >= double(slide.height());
        const auto& name = region.className.empty() ? request.className : region.className;
        classless += name.empty();
        if (!name.empty()) byClass[name].insert(byClass[name].end(), region.polygons.begin(), region.polygons.end());
    }
    if (classless > 0)
        plan.notices.push_back(std::to_string(classless) + " of its regions have no class and give no tile; --class names one.");
    if (beyond > 0)
        plan.notices.push_back(std::to_string(beyond) +
                               " of its regions lie outside the slide; they may belong to another or be of another scale.");
    std::vector<ClassArea> areas;
    for (auto& [name, polygons] : byClass) areas.push_back({name, std::move(polygons), false});
    return areas;
}

// Tissue under tiles, on an overview on which a tile is eight pixels wide where that keeps it small.
class Tissue {
public:
    Tissue(SlideSource& slide, double side) {
        const double longest = double(std::max(slide.info().width(), slide.info().height()));
        const int size = int(std::clamp(std::ceil(8 * longest / side), 1536.0, 4096.0));
        const auto picture = overview(slide, size, size);
        m_shrinkX = double(slide.info().width()) / picture.width, m_shrinkY = double(slide.info().height()) / picture.height;
        m_map = tissueMap(picture);
    }
    double share(double x, double y, double side) const {
        const auto at = [](double v, double shrink, int most) { return std::clamp(int(std::lround(v / shrink)), 0, most); };
        const int left = at(x, m_shrinkX, m_map.width - 1), top = at(y, m_shrinkY, m_map.height - 1);
        const int right = std::max(left + 1, at(x + side, m_shrinkX, m_map.width)),
                  bottom = std::max(top + 1, at(y + side, m_shrinkY, m_map.height));
        return double(m_map.count(left, top, right, bottom)) / (double(right - left) * (bottom - top));
    }

private:
    TissueMap m_map;
    double m_shrinkX = 1, m_shrinkY = 1;
};

// Number along the Z-order curve (Morton 1966) of a cell: neighbours on it are near on the slide.
std::uint64_t curvePlace(std::uint64_t column, std::uint64_t row) {
    std::uint64_t place = 0;
    for (int bit = 0; bit < 32; ++bit) place |= (column >> bit & 1) << 2 * bit | (row >> bit & 1) << (2 * bit + 1);
    return place;
}

// One at random from each of `count` runs of equal length along the curve.
void spread(std::vector<PlannedTile>& tiles, int count, double stride, Dice dice) {
    const auto place = [&](const PlannedTile& t) {
        return curvePlace(std::uint64_t(double(t.x) / stride + 0.5), std::uint64_t(double(t.y) / stride + 0.5));
    };
    std::sort(tiles.begin(), tiles.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
    std::vector<PlannedTile> chosen;
    for (int i = 0; i < count; ++i) {
        const auto from = tiles.size() * std::size_t(i) / std::size_t(count), to = tiles.size() * std::size_t(i + 1) / std::size_t(count);
        chosen.push_back(tiles[from + std::size_t(dice.below(int(to - from)))]);
    }
    std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return std::pair(a.y, a.x) < std::pair(b.y, b.x); });
    tiles = std::move(chosen);
}

std::uint64_t seedOf(const CutRequest& request, const std::string& slide, const std::string& className) {
    return std::stoull(sha256(std::to_string(request.seed) + "/" + slide + "/" + className).substr(0, 16), nullptr, 16);
}

std::regex patternOf(const std::string& pattern) {
    try {
        return std::regex(pattern);
    } catch (const std::regex_error&) {
        throw Error(ErrorCode::WrongUse,
                    "The pattern " + plainText(pattern, 100) + " of --group-from is no regular expression; write one such as ^([^-]+)-.");
    }
}

struct Grid {
    double side = 0, stride = 0;
    std::int64_t columns = 0, rows = 0;
};

Grid gridOf(const SlideInfo& slide, const CutRequest& request) {
    if (!slide.scale.known())
        throw Error(ErrorCode::WrongUse, slide.name + " does not state its scale; give its micrometres per pixel with --assume-mpp.");
    const double own = slide.scale.micronsPerPixel;
    if (own > 1.1 * request.micronsPerPixel)
        throw Error(ErrorCode::WrongUse, slide.name + " has " + shortNumber(own) + " um per pixel, so tiles of " +
                                             shortNumber(request.micronsPerPixel) + " would be enlarged; choose a larger --mpp.");
    Grid grid;
    grid.side = request.tilePx * request.micronsPerPixel / own;
    grid.stride = request.strideMicrons > 0 ? std::max(1.0, request.strideMicrons / own) : grid.side;
    const auto count = [&](std::int64_t length) {
        return double(length) < grid.side ? 0 : std::int64_t((double(length) - grid.side) / grid.stride + 1e-9) + 1;
    };
    grid.columns = count(slide.width()), grid.rows = count(slide.height());
    if (double(grid.columns) * double(grid.rows) > 2e7)
        throw Error(ErrorCode::WrongUse, slide.name + " has more than 20 million places for tiles; choose a larger --stride-um.");
    return grid;
}

} // namespace

SlidePlan planTiles(SlideSource& slide, const std::vector<Region>* regions, const CutRequest& request) {
    const auto& info = slide.info();
    const auto grid = gridOf(info, request);
    SlidePlan plan;
    plan.sidePx = grid.side;
    if (!regions && request.className.empty())
        throw Error(ErrorCode::WrongUse,
                    info.name + " has no region file; name the class of all its tissue with --class, or leave it out.");
    const auto areas = areasOf(regions, request, info, plan);
    if (grid.columns == 0 || grid.rows == 0)
        throw Error(ErrorCode::WrongUse,
                    info.name + " is smaller than one tile of " + shortNumber(request.tilePx * request.micronsPerPixel) + " um.");
    std::vector<std::vector<PlannedTile>> found(areas.size());
    const Tissue tissue(slide, grid.side);
    if (slide.hatchedPixels() > 0) plan.notices.push_back("Parts of it cannot be read even in its overview, and count as without tissue.");
    for (std::int64_t row = 0; row < grid.rows; ++row) {
        const auto y = std::int64_t(std::floor(double(row) * grid.stride));
        const double step = grid.side / coverageRows;
        std::vector<std::vector<std::vector<Span>>> inside; // by class
        for (const auto& area : areas) inside.push_back(spansOfRows(area.polygons, double(y) + step / 2, step, coverageRows));
        for (std::int64_t column = 0; column < grid.columns; ++column) {
            const auto x = std::int64_t(std::floor(double(column) * grid.stride));
            int claims = 0, owner = 0;
            double share = 0;
            for (std::size_t i = 0; i < areas.size(); ++i) {
                const double covered = areas[i].everywhere ? 1 : coveredShare(inside[i], double(x), grid.side);
                if (covered >= request.regionShare - 1e-9) ++claims, owner = int(i), share = covered;
            }
            if (claims != 1) {
                ++(claims == 0 ? plan.leftOut.outsideRegions : plan.leftOut.twoClasses);
                continue;
            }
            const double stained = tissue.share(double(x), double(y), grid.side);
            if (stained < request.tissueShare) ++plan.leftOut.littleTissue;
            else found[std::size_t(owner)].push_back({x, y, owner, float(stained), float(share)});
        }
    }
    for (std::size_t i = 0; i < areas.size(); ++i) {
        plan.classes.push_back(areas[i].name);
        if (const auto n = found[i].size(); request.perSlide > 0 && n > std::size_t(request.perSlide)) {
            plan.leftOut.beyondPerSlide += std::int64_t(n) - request.perSlide;
            spread(found[i], request.perSlide, grid.stride, Dice(seedOf(request, info.name, areas[i].name)));
        }
        plan.tiles.insert(plan.tiles.end(), found[i].begin(), found[i].end());
    }
    return plan;
}

Json toJson(const CutRequest& r) {
    return {{"tile_px", r.tilePx},
            {"mpp", r.micronsPerPixel},
            {"stride_um", r.strideMicrons},
            {"tissue_share", r.tissueShare},
            {"region_share", r.regionShare},
            {"per_slide", r.perSlide},
            {"class", r.className},
            {"group_from", r.groupPattern},
            {"assume_mpp", r.assumedMicronsPerPixel},
            {"seed", r.seed}};
}

void requireValid(const CutRequest& r) {
    const auto require = [](bool good, const std::string& sentence) {
        if (!good) throw Error(ErrorCode::WrongUse, sentence);
    };
    const auto scale = [](double mpp) { return mpp >= 0.02 && mpp <= 100; };
    require(r.tilePx >= 16 && r.tilePx <= 4096, "--tile-px takes 16 to 4096 pixels.");
    require(scale(r.micronsPerPixel), "--mpp takes 0.02 to 100 micrometres per pixel.");
    require(r.assumedMicronsPerPixel == 0 || scale(r.assumedMicronsPerPixel), "--assume-mpp takes 0.02 to 100 micrometres per pixel.");
    require(r.strideMicrons >= 0 && r.strideMicrons <= 1e6, "--stride-um takes a positive number of micrometres.");
    require(r.tissueShare >= 0 && r.tissueShare <= 1, "--tissue-share takes a share from 0 to 1.");
    require(r.regionShare > 0 && r.regionShare <= 1, "--region-share takes a share above 0, up to 1.");
    require(r.perSlide >= 0, "--per-slide takes a number of tiles, 0 for all.");
    require(r.seed < 1ull << 53, "--seed takes a number below 2^53.");
    patternOf(r.groupPattern);
}

std::string groupOf(const std::string& slideFile, const std::string& pattern) {
    const auto name = std::filesystem::path(slideFile).stem().string();
    static const std::regex tcga("^TCGA-[A-Z0-9]{2}-[A-Z0-9]{4}");
    if (pattern.empty()) return std::regex_search(name, tcga) ? name.substr(0, 12) : name;
    std::smatch match;
    if (std::regex_search(name, match, patternOf(pattern)) && match.size() >= 2 && match[1].length() > 0) return match[1].str();
    throw Error(ErrorCode::WrongUse, "The pattern of --group-from does not fit the slide " + plainText(name, 200) +
                                         "; its first bracket must name the patient.");
}

} // namespace phloxine
