// What clicked nuclei say about the counter: how many it finds for each that a person sees, and which.
#include <algorithm>
#include <cmath>
#include <map>

#include <boost/math/distributions/students_t.hpp>

#include "core/base/Error.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "core/measure/NucleiCalibration.h"
#include "core/measure/statistics/rank_correlation.h"

namespace phloxine {

namespace {

constexpr double radiusInDiameters = 0.6; // clicks lie off the middle, and nuclei are larger than expected or not round
constexpr int fewestGroups = 5;

struct Match {
    double distance;
    std::size_t point, nucleus;
};

struct FieldCounts {
    std::string group;
    int clicked = 0, counted = 0;
    int clickedFound = 0; // clicked points with a nucleus of the counter, counted by the frame or not
    int countedSeen = 0;  // nuclei that the frame counts and that have a point
};

// Greedy: of all pairs within the radius the nearest goes together first, and each point and nucleus belongs to one pair.
FieldCounts countsOf(const ClickedField& field, const NucleusField& found, double radiusPx) {
    const auto counted = countedByFrame(found, field.widthPx, field.frame);
    FieldCounts counts;
    counts.clicked = int(field.points.size()), counts.counted = int(std::count(counted.begin(), counted.end(), char(1)));
    std::vector<Match> pairs;
    for (std::size_t p = 0; p < field.points.size(); ++p)
        for (std::size_t n = 0; n < found.nuclei.size(); ++n)
            if (const double d = std::hypot(field.points[p].x - found.nuclei[n].x, field.points[p].y - found.nuclei[n].y); d <= radiusPx)
                pairs.push_back({d, p, n});
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.distance < b.distance; });
    std::vector<char> pointTaken(field.points.size()), nucleusTaken(found.nuclei.size());
    for (const auto& pair : pairs) {
        if (pointTaken[pair.point] || nucleusTaken[pair.nucleus]) continue;
        pointTaken[pair.point] = nucleusTaken[pair.nucleus] = 1;
        ++counts.clickedFound, counts.countedSeen += counted[pair.nucleus];
    }
    return counts;
}

// Why the tile of the set is not the one that was clicked; empty where it is.
std::string mismatch(const ClickedField& field, const TileEntry& tile, Image& image) {
    if (sha256OfFile(tile.file) != field.sha256) return "Its file is not the one that was clicked: the hashes differ.";
    image = readImage(tile.file);
    if (tile.scale.known()) image.scale = tile.scale;
    return image.width != field.widthPx || image.height != field.heightPx ? "Its size is not the one that was clicked." : "";
}

void addFactor(const std::vector<FieldCounts>& fields, CalibrationResult& result) {
    std::map<std::string, std::pair<double, double>> groups;
    for (const auto& f : fields) groups[f.group].first += f.counted, groups[f.group].second += f.clicked;
    result.groups = int(groups.size());
    if (!result.clicked) return;
    result.factor = double(result.counted) / result.clicked;
    std::vector<double> left;
    for (const auto& [name, sums] : groups)
        if (result.clicked > sums.second) left.push_back((result.counted - sums.first) / (result.clicked - sums.second));
    const auto n = double(left.size());
    if (int(n) < fewestGroups) return;
    double mean = 0, sum = 0;
    for (const double f : left) mean += f / n;
    for (const double f : left) sum += (f - mean) * (f - mean);
    const double half = std::sqrt(sum * (n - 1) / n) * boost::math::quantile(boost::math::students_t(n - 1), 0.975);
    result.low = std::max(0.0, result.factor - half), result.high = result.factor + half;
}

void addErrors(const std::vector<FieldCounts>& fields, CalibrationResult& result) {
    std::vector<double> errors, clicked, counted;
    double found = 0, seen = 0;
    for (const auto& f : fields) {
        if (f.clicked) errors.push_back(double(f.counted - f.clicked) / f.clicked);
        clicked.push_back(f.clicked), counted.push_back(f.counted);
        found += f.clickedFound, seen += f.countedSeen;
    }
    if (!errors.empty()) {
        const auto n = double(errors.size());
        result.bias = 0, result.spread = 0;
        for (const double e : errors) result.bias += e / n;
        for (const double e : errors) result.spread += (e - result.bias) * (e - result.bias) / std::max(1.0, n - 1);
        result.spread = std::sqrt(result.spread);
    }
    result.rankCorrelation = phloxine::rankCorrelation(clicked, counted);
    if (result.counted) result.precision = seen / result.counted;
    if (result.clicked) result.recall = found / result.clicked;
}

} // namespace

CalibrationResult judgeCounter(const NucleiCalibration& calibration, const TileSet& set,
                               const std::function<NucleusSettings(const Scale&)>& settingsOf, const ProgressHook& progress) {
    std::map<std::string, const TileEntry*> tiles;
    for (const auto& tile : set.tiles) tiles[tile.name] = &tile;
    CalibrationResult result;
    std::vector<FieldCounts> fields;
    for (const auto& field : calibration.fields) {
        if (!field.done) continue;
        if (progress) progress({"Counting the clicked fields", double(fields.size()) / double(calibration.fields.size())});
        const auto tile = tiles.find(field.tile);
        try {
            if (tile == tiles.end()) throw Error(ErrorCode::NotFound, "The real set has no tile of this name.");
            Image image;
            if (const auto why = mismatch(field, *tile->second, image); !why.empty()) throw Error(ErrorCode::WrongUse, why);
            const auto settings = settingsOf(image.scale);
            const double radius = radiusInDiameters * settings.diameterPx;
            fields.push_back(countsOf(field, findNuclei(image, settings), radius));
            fields.back().group = tile->second->group;
            result.matchRadiusPx += radius;
        } catch (const Error& e) { result.faults.push_back({plainText(field.tile), e.what()}); }
    }
    result.fields = int(fields.size());
    for (const auto& f : fields) result.clicked += f.clicked, result.counted += f.counted;
    if (result.fields) result.matchRadiusPx /= result.fields;
    addFactor(fields, result);
    addErrors(fields, result);
    return result;
}

} // namespace phloxine
