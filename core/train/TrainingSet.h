#pragma once
// The tiles that a training draws from, divided into those that train and those that are held out, and what is known of each.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/condition/attributes.h"
#include "core/measure/TileSet.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

struct TrainingTile {
    std::filesystem::path file;
    std::string name, group;
    int classIndex = 0;
    bool heldOut = false;
    std::string text;                                  // a caption of its own; empty: it is composed
    std::vector<std::optional<AttributeLevel>> levels; // one entry per row of attributes()
};

struct TrainingSet {
    std::vector<TrainingTile> tiles; // sorted by name
    std::vector<RecipeClass> classes;
    std::string sha256;        // of the bytes of all tiles in their order
    std::string captionSha256; // of names, classes, groups, texts and levels
    // Sentences about what stands on both sides of the hold-out, or may: equal groups, equal tiles, groups that are not known.
    std::vector<std::string> leaks;

    std::vector<int> rows(bool heldOut) const;
};

// A tile whose bytes are those of a held-out one is held out too. Error(WrongUse) where a class of the recipe has no tile that trains, a
// tile has a class that the recipe does not list, or nothing is left to train on.
TrainingSet readTrainingSet(const std::filesystem::path& path, const RecipeData& data, std::vector<RecipeClass> classes);

} // namespace phloxine
