#pragma once
// A prompt from tissue: what is measured at a place of a slide, in the words of captions.
#include <functional>

#include "core/condition/prompt_grammar.h"
#include "core/region/Region.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

struct DraftWish {
    std::vector<Polygon> region; // where it measures; empty = the box alone
    SlideBox box;
    std::string className; // in words; may be empty
    int tilePx = 224;
    double micronsPerPixel = 0;
    int maxTokens = 77;
    std::string vocabulary; // of the model's card: where it has words for what is measured, the prompt is put in them
};

struct TissueDraft {
    ComposedPrompt prompt;
    std::vector<double> measured;                      // parallel to attributes(), by captionMeasures()
    std::vector<std::optional<AttributeLevel>> levels; // against the terciles of this slide
    int tiles = 0, compared = 0;                       // measured here, and elsewhere on the slide
};

// Captions of a training set are levels within it; a slide alone has no such set, so the levels compare the place with up to 48 tiles
// spread over the tissue of its own slide. `between` is called between tiles; throw Cancelled to stop. Error(WrongUse) for a slide or model
// without scale, a place without tissue, a class that cannot stand in a prompt.
TissueDraft draftPrompt(SlideSource& slide, const DraftWish& wish, const std::function<void()>& between = {});

} // namespace phloxine
