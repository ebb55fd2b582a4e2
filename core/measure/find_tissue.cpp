#include "core/measure/find_tissue.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/Error.h"
#include "core/measure/learning/encoder.h"
#include "core/region/cut_plan.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

namespace {

constexpr std::size_t batchSize = 16;
constexpr double leastTissue = 0.3;    // of a place
constexpr double overlapSteps = 4;     // in a tile, where the tissue is small enough
constexpr double gridPlaces = 2e5;     // of a whole slide, at most
constexpr double coarserAllowed = 1.1; // slide against tile, as for tiles that are cut

std::unique_ptr<SlideSource> openAtScale(const TissueSearch& search) {
    auto slide = openSlide(search.slide);
    const auto shown = search.slideMicronsPerPixel;
    const auto& own = slide->info().scale;
    if (own.known() && own.micronsPerPixel == shown) return slide;
    return withScale(std::move(slide), {shown, ScaleSource::Assumed});
}

void requireFit(const TissueSearch& search, const SlideInfo& slide) {
    const double side = search.tile.width * search.tileMicronsPerPixel / search.slideMicronsPerPixel;
    if (double(slide.width()) < side || double(slide.height()) < side)
        throw Error(ErrorCode::WrongUse, slide.name + " is smaller than this tile; open a larger slide.");
    if (search.slideMicronsPerPixel > coarserAllowed * search.tileMicronsPerPixel)
        throw Error(ErrorCode::WrongUse,
                    slide.name + " was scanned more coarsely than this tile shows; open a slide of a higher magnification.");
}

// A grid so fine that no place is more than an eighth of a tile away, and coarser where that would be too many places.
SlidePlan plannedPlaces(SlideSource& slide, const TissueSearch& search) {
    CutRequest request;
    request.tilePx = search.tile.width;
    request.micronsPerPixel = search.tileMicronsPerPixel;
    request.tissueShare = leastTissue;
    request.perSlide = mostSearchedPlaces;
    request.className = "tissue";
    const double own = search.slideMicronsPerPixel, area = double(slide.info().width()) * double(slide.info().height()) * own * own;
    request.strideMicrons = std::max(request.tilePx * request.micronsPerPixel / overlapSteps, std::sqrt(area / gridPlaces));
    auto plan = planTiles(slide, nullptr, request);
    if (plan.leftOut.beyondPerSlide == 0) return plan;
    const double tooMany = double(plan.leftOut.beyondPerSlide + mostSearchedPlaces) / mostSearchedPlaces;
    request.strideMicrons *= std::sqrt(tooMany);
    return planTiles(slide, nullptr, request);
}

bool fits(const SlideFingerprints* known, const TissueSearch& search) {
    return known && known->slide == search.slide && known->tilePx == search.tile.width &&
           known->tileMicronsPerPixel == search.tileMicronsPerPixel && known->slideMicronsPerPixel == search.slideMicronsPerPixel;
}

// An open handle reads on after its file was deleted, but the pane that the places are for could not show them.
void requireThere(const std::filesystem::path& slide) {
    std::error_code ignored;
    if (!std::filesystem::exists(slide, ignored))
        throw Error(ErrorCode::NotFound, slide.filename().string() + " is gone; put it back or open another slide.");
}

Image readPlace(SlideSource& slide, const TissueSearch& search, std::int64_t x, std::int64_t y) {
    return readRegion(slide, x, y, search.tile.width, search.tile.width, search.tileMicronsPerPixel);
}

std::shared_ptr<const SlideFingerprints> fingerprintsOf(SlideSource& slide, const TissueSearch& search, const ProgressHook& progress) {
    const auto plan = plannedPlaces(slide, search);
    auto all = std::make_shared<SlideFingerprints>();
    all->slide = search.slide, all->tilePx = search.tile.width, all->tileMicronsPerPixel = search.tileMicronsPerPixel;
    all->slideMicronsPerPixel = search.slideMicronsPerPixel, all->sidePx = plan.sidePx, all->width = embeddedEncoder().width;
    for (std::size_t i = 0; i < plan.tiles.size(); i += batchSize) {
        progress({"Looking for tissue like this tile", double(i) / double(plan.tiles.size())});
        requireThere(search.slide);
        std::vector<Image> batch;
        for (std::size_t k = i; k < std::min(i + batchSize, plan.tiles.size()); ++k) {
            const auto before = slide.hatchedPixels();
            const auto& place = plan.tiles[k];
            auto picture = readPlace(slide, search, place.x, place.y);
            if (slide.hatchedPixels() != before) continue; // a part that cannot be read is like nothing
            batch.push_back(std::move(picture)), all->x.push_back(place.x), all->y.push_back(place.y);
        }
        const auto features = embeddedEncoder().embed(batch).contiguous();
        all->values.insert(all->values.end(), features.const_data_ptr<float>(), features.const_data_ptr<float>() + features.numel());
    }
    return all;
}

// The nearest, none of which overlaps another.
std::vector<FoundPlace> nearestPlaces(const SlideFingerprints& all, const std::vector<float>& wanted, int count) {
    std::vector<double> similarity(all.x.size());
    for (std::size_t i = 0; i < similarity.size(); ++i)
        similarity[i] = std::inner_product(wanted.begin(), wanted.end(), all.values.begin() + std::ptrdiff_t(i * wanted.size()), 0.0);
    std::vector<std::size_t> order(similarity.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return similarity[a] > similarity[b]; });
    std::vector<FoundPlace> places;
    for (const auto i : order) {
        const auto overlaps = [&](const FoundPlace& p) {
            return std::abs(double(p.x - all.x[i])) < all.sidePx && std::abs(double(p.y - all.y[i])) < all.sidePx;
        };
        if (std::any_of(places.begin(), places.end(), overlaps)) continue;
        places.push_back({all.x[i], all.y[i], std::min(1.0, similarity[i]), {}});
        if (int(places.size()) == count) break;
    }
    return places;
}

} // namespace

FoundTissue findTissueLike(const TissueSearch& search, const ProgressHook& progress) {
    if (search.tile.empty() || search.tile.width != search.tile.height || !(search.tileMicronsPerPixel > 0) ||
        !(search.slideMicronsPerPixel > 0) || search.count < 1)
        throw Error(ErrorCode::WrongUse, "Tissue is looked for by a square tile and two scales; choose a tile and open a slide.");
    const auto slide = openAtScale(search);
    requireFit(search, slide->info());
    FoundTissue found;
    found.fingerprints = fits(search.known.get(), search) ? search.known : fingerprintsOf(*slide, search, progress);
    found.sidePx = found.fingerprints->sidePx, found.searched = int(found.fingerprints->x.size());
    const auto feature = embeddedEncoder().embed({search.tile}).contiguous();
    const std::vector<float> wanted(feature.const_data_ptr<float>(), feature.const_data_ptr<float>() + feature.numel());
    found.places = nearestPlaces(*found.fingerprints, wanted, search.count);
    for (auto& place : found.places) place.picture = readPlace(*slide, search, place.x, place.y);
    return found;
}

} // namespace phloxine
