#include "core/annotate/draft_prompt.h"

#include <algorithm>
#include <cmath>

#include "core/annotate/caption_measures.h"
#include "core/base/Error.h"
#include "core/condition/prompt_fields.h"
#include "core/condition/report_summary.h"
#include "core/region/cut_plan.h"

namespace phloxine {

namespace {

constexpr int comparedTiles = 48, measuredTiles = 16, fewestTiles = 12;

CutRequest cutRequest(const DraftWish& wish, int tiles, bool overlapping) {
    CutRequest request;
    request.tilePx = wish.tilePx, request.micronsPerPixel = wish.micronsPerPixel;
    request.strideMicrons = overlapping ? wish.tilePx * wish.micronsPerPixel / 2 : 0;
    request.perSlide = tiles, request.className = "tissue";
    return request;
}

std::vector<PlannedTile> places(SlideSource& slide, const std::vector<Region>* regions, const DraftWish& wish, int tiles) {
    auto plan = planTiles(slide, regions, cutRequest(wish, tiles, false));
    if (int(plan.tiles.size()) < std::min(fewestTiles, tiles)) plan = planTiles(slide, regions, cutRequest(wish, tiles, true));
    return plan.tiles;
}

std::vector<double> measuredAt(SlideSource& slide, std::int64_t x, std::int64_t y, const DraftWish& wish) {
    return captionMeasures(readRegion(slide, x, y, wish.tilePx, wish.tilePx, wish.micronsPerPixel));
}

// Where the region itself is measured: at tiles within it, or where it holds none at the one about its middle.
std::vector<PlannedTile> ownPlaces(SlideSource& slide, const DraftWish& wish) {
    if (!wish.region.empty()) {
        const Region region{"1", {}, "tissue", {}, "annotation", wish.region};
        const std::vector<Region> regions{region};
        if (auto inside = places(slide, &regions, wish, measuredTiles); !inside.empty()) return inside;
    }
    const double side = wish.tilePx * wish.micronsPerPixel / slide.info().scale.micronsPerPixel;
    PlannedTile middle;
    middle.x = std::int64_t(std::floor((wish.box.left + wish.box.right - side) / 2 + 1e-6));
    middle.y = std::int64_t(std::floor((wish.box.top + wish.box.bottom - side) / 2 + 1e-6));
    return {middle};
}

} // namespace

TissueDraft draftPrompt(SlideSource& slide, const DraftWish& wish, const std::function<void()>& between) {
    if (!slide.info().scale.known())
        throw Error(ErrorCode::WrongUse, "This slide states no scale, so it is not known how large its nuclei are; set it with Set "
                                         "\u00b5m/px\u2026 in the slide panel.");
    if (!(wish.micronsPerPixel > 0))
        throw Error(ErrorCode::WrongUse, "The model states no scale, so tissue cannot be measured for it; choose a model with a scale.");
    TissueDraft draft;
    std::vector<std::vector<double>> elsewhere(attributes().size());
    for (const auto& tile : places(slide, nullptr, wish, comparedTiles)) {
        if (between) between();
        const auto values = measuredAt(slide, tile.x, tile.y, wish);
        for (std::size_t k = 0; k < values.size(); ++k) elsewhere[k].push_back(values[k]);
        ++draft.compared;
    }
    draft.measured.assign(attributes().size(), 0);
    std::vector<int> known(attributes().size());
    for (const auto& tile : ownPlaces(slide, wish)) {
        if (between) between();
        const auto values = measuredAt(slide, tile.x, tile.y, wish);
        for (std::size_t k = 0; k < values.size(); ++k)
            if (std::isfinite(values[k])) draft.measured[k] += values[k], ++known[k];
        ++draft.tiles;
    }
    if (known.front() == 0)
        throw Error(ErrorCode::WrongUse, "There is too little tissue at this place to say something of it; choose another place.");
    PromptParts parts;
    parts.className = wish.className;
    for (std::size_t k = 0; k < draft.measured.size(); ++k) {
        draft.measured[k] /= std::max(1, known[k]);
        draft.levels.push_back(known[k] ? levelOf(draft.measured[k], terciles(elsewhere[k])) : std::nullopt);
    }
    parts.attributes = draft.levels;
    draft.prompt = composePrompt(promptGrammar("phloxine"), parts, wish.maxTokens);
    if (const auto* vocabulary = findPromptVocabulary(wish.vocabulary)) {
        std::vector<std::string> classes;
        if (!parts.className.empty()) classes.push_back(parts.className);
        const auto own = composedPrompt(*vocabulary, promptValuesIn(*vocabulary, draft.prompt.text, classes));
        if (attributeLevelsIn(own) == attributeLevelsIn(draft.prompt.text))
            draft.prompt.text = own, draft.prompt.tokens = promptTokens(own);
    }
    return draft;
}

} // namespace phloxine
