#pragma once
// What is measured on a tile to caption it, one value for each row of attributes(). By colour and lightness (CIE Lab) and on purpose not by
// core/measure/tissue, whose stain vectors and counted nuclei later judge whether a generator does what captions ask: one method for both
// would reward its own errors.
#include <optional>
#include <string>
#include <vector>

#include "core/condition/attributes.h"
#include "core/image/Image.h"

namespace phloxine {

// nuclear-density: dark bluish spots of the size of nuclei per 10,000 pixels; stain-strength: 100 minus
// the mean lightness of the tissue; tone: mean hue angle of the tissue in degrees, purple low, pink high; lumen: share of the tile that is
// bright and colourless. NaN for the first three where the tile has less than 5 % of tissue. Error(Shape) for an empty image.
std::vector<double> captionMeasures(const Image& tile);

struct LevelThresholds {
    bool stated = false; // false: nothing is said of the attribute, and why
    std::string why;
    double lowAtMost = 0, highAbove = 0; // low <= lowAtMost < medium <= highAbove < high; equal where ties leave no middle
    int tiles = 0;                       // that they rest on
};
// Terciles of the values that are numbers. Not stated when they are fewer than six or all the same.
LevelThresholds terciles(std::vector<double> values);
std::optional<AttributeLevel> levelOf(double value, const LevelThresholds& thresholds); // empty for NaN and where nothing is stated

} // namespace phloxine
