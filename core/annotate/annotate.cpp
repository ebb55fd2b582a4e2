#include "core/annotate/annotate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/Error.h"
#include "core/image/tissue.h"

namespace phloxine {

namespace {

std::string micrometres(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f um", value);
    return text;
}

Image part(const Image& image, int x, int y, int side) {
    Image out(side, side);
    for (int row = 0; row < side; ++row) std::copy_n(image.pixel(x, y + row), std::size_t(side) * 3, out.pixel(0, row));
    return out;
}

// Starts of the fewest patches that cover `length`, evenly spaced.
std::vector<int> starts(int length, int side) {
    const int n = (length + side - 1) / side;
    std::vector<int> at;
    for (int i = 0; i < n; ++i) at.push_back(n == 1 ? (length - side) / 2 : int(std::lround(double(length - side) * i / (n - 1))));
    return at;
}

// What the classifier looks at; empty for a tile that shows less than one patch. A tile within 2 % of a patch counts as one.
std::vector<Image> patchesOf(const Image& tile, const ClassifierConfig& config, double mpp) {
    const int side = config.patchPx;
    const double scale = mpp > 0 ? mpp / config.micronsPerPixel : 0;
    const double width = tile.width * scale, height = tile.height * scale;
    const auto whole = [&](double length) { return std::abs(length - side) <= 0.02 * side; };
    if (scale == 0 || (whole(width) && whole(height)))
        return {tile.width == side && tile.height == side ? tile : resized(tile, side, side)};
    if (width < 0.98 * side || height < 0.98 * side) return {};
    const int w = std::max(side, int(std::lround(width))), h = std::max(side, int(std::lround(height)));
    const auto scaled = w == tile.width && h == tile.height ? tile : resized(tile, w, h);
    std::vector<Image> patches;
    for (const int y : starts(h, side))
        for (const int x : starts(w, side)) patches.push_back(part(scaled, x, y, side));
    return patches;
}

std::vector<double> mean(const std::vector<std::vector<double>>& rows) {
    std::vector<double> sum(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += row[i] / double(rows.size());
    return sum;
}

} // namespace

Annotation annotateSet(TileClassifier& classifier, TileSet set, double micronsPerPixel, const ProgressHook& progress) {
    const auto& config = classifier.config();
    Annotation result;
    result.table.hasFiles = true;
    result.table.classes = config.classNames;
    std::size_t done = 0, unscaled = 0;
    const auto all = set.tiles.size();
    std::vector<TileFault> faults;
    forEachTile(set, [&](const TileEntry& tile, const Image& image) {
        if (progress) progress({"Tile " + std::to_string(++done) + " of " + std::to_string(all), double(done) / double(all)});
        const double mpp = micronsPerPixel > 0 ? micronsPerPixel : image.scale.known() ? image.scale.micronsPerPixel : 0;
        unscaled += mpp == 0;
        const auto patches = patchesOf(image, config, mpp);
        if (patches.empty())
            faults.push_back({tile.name, "It shows " + micrometres(std::min(image.width, image.height) * mpp) +
                                             " of tissue, where the classifier looks at " +
                                             micrometres(config.patchPx * config.micronsPerPixel) + "."});
        else result.table.rows.push_back({tile.name, {}, mean(classifier.probabilities(patches))});
    });
    result.faults = set.faults;
    result.faults.insert(result.faults.end(), faults.begin(), faults.end());
    if (unscaled > 0)
        result.remarks.push_back(std::to_string(unscaled) + " tiles state no scale, so each was taken as one patch of " +
                                 micrometres(config.patchPx * config.micronsPerPixel) + "; give the scale if that is not so.");
    if (result.table.rows.empty())
        throw Error(ErrorCode::WrongUse,
                    "No tile could be judged: " + (result.faults.empty() ? "the set is empty." : result.faults[0].reason));
    return result;
}

std::vector<Place> tissuePlaces(SlideSource& slide, double side) {
    const auto picture = overview(slide, 1536, 1536);
    const auto tissue = tissueMap(picture);
    const double shrink = double(slide.info().width()) / picture.width;
    std::vector<Place> places;
    for (double y = 0; y + side <= double(slide.info().height()); y += side)
        for (double x = 0; x + side <= double(slide.info().width()); x += side) {
            const auto column = [&](double v) { return std::clamp(int(std::lround(v / shrink)), 0, picture.width); };
            const auto row = [&](double v) { return std::clamp(int(std::lround(v / shrink)), 0, picture.height); };
            const int left = column(x), right = std::max(left + 1, column(x + side)), top = row(y),
                      bottom = std::max(top + 1, row(y + side));
            if (right > picture.width || bottom > picture.height) continue;
            if (4 * tissue.count(left, top, right, bottom) >= (right - left) * (bottom - top)) places.push_back({x, y, side, side});
        }
    return places;
}

Annotation annotateSlide(TileClassifier& classifier, SlideSource& slide, const std::vector<Place>& regions, const ProgressHook& progress) {
    const auto& config = classifier.config();
    if (!slide.info().scale.known())
        throw Error(ErrorCode::WrongUse, slide.info().name + " does not state its scale; without it the classifier cannot be asked.");
    const double side = std::round(config.patchPx * config.micronsPerPixel / slide.info().scale.micronsPerPixel);
    auto places = tissuePlaces(slide, side);
    if (!regions.empty())
        std::erase_if(places, [&](const Place& p) {
            const double x = p.x + p.width / 2, y = p.y + p.height / 2;
            return std::none_of(regions.begin(), regions.end(),
                                [&](const Place& r) { return x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height; });
        });
    if (places.empty())
        throw Error(ErrorCode::WrongUse,
                    "There is no tissue to judge in " + slide.info().name + (regions.empty() ? "." : " within the regions."));
    Annotation result;
    result.table.hasPlaces = true;
    result.table.classes = config.classNames;
    constexpr std::size_t batch = 16;
    for (std::size_t i = 0; i < places.size(); i += batch) {
        if (progress)
            progress({"Patch " + std::to_string(i + 1) + " of " + std::to_string(places.size()), double(i) / double(places.size())});
        std::vector<Image> patches;
        for (auto j = i; j < std::min(places.size(), i + batch); ++j)
            patches.push_back(readRegion(slide, std::int64_t(places[j].x), std::int64_t(places[j].y), config.patchPx, config.patchPx,
                                         config.micronsPerPixel));
        const auto probabilities = classifier.probabilities(patches);
        for (std::size_t j = 0; j < patches.size(); ++j) result.table.rows.push_back({{}, places[i + j], probabilities[j]});
    }
    if (slide.unreadableReads() > 0)
        result.remarks.push_back(std::to_string(slide.unreadableReads()) +
                                 " reads of the slide failed, and the patches concerned are partly hatched.");
    return result;
}

} // namespace phloxine
