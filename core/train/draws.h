#pragma once
// What step k of a training looks at, as a pure function of the recipe and k: so a run that was stopped goes on without any state of a
// generator, and any step can be made again.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/train/TrainingSet.h"

namespace phloxine {

// A seed of its own for each use: the generators of two uses share nothing.
std::uint64_t mixedSeed(std::uint64_t seed, std::string_view use, std::uint64_t index = 0);

struct StepDraws {
    std::vector<int> tiles;    // rows of the set, none of them held out; classes in turn, each through all its tiles before one comes again
    std::vector<int> variants; // orientation of each, 0 .. 7; 0 without augmentation
    std::vector<std::string> captions; // empty where dropped
    std::vector<double> levels;        // share of the way into noise, 0 <= u < 1: one in each of `batch` equal parts
    std::uint64_t noiseSeed = 0;
};

class Draws {
public:
    Draws(const TrainingSet& set, const TrainRecipe& recipe);
    StepDraws at(std::int64_t step) const;

private:
    const std::vector<int>& order(int classIndex, std::int64_t epoch) const;
    const TrainingSet& m_set;
    const TrainRecipe& m_recipe;
    std::vector<std::vector<int>> m_tiles;                                     // of each class
    mutable std::map<int, std::pair<std::int64_t, std::vector<int>>> m_orders; // the last one asked for, of each class
};

// A caption for a tile: its own text, or the class and its levels in words by the chances. Never empty unless there is nothing to say.
std::string composedCaption(const TrainingTile& tile, const RecipeClass& tissue, const RecipeCaptions& chances, class Dice& dice);
// For validation: its own text, or the usual name and, where captions state them, all known levels.
std::string usualCaption(const TrainingTile& tile, const RecipeClass& tissue, const RecipeCaptions& chances);

// Every phrase that captions of this set may be made of: what a vocabulary must hold.
std::vector<std::string> possiblePhrases(const TrainingSet& set, const RecipeCaptions& chances);

} // namespace phloxine
