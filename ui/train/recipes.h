#pragma once
// Recipes of both kinds as one value, with the few settings that the page shows of either.
#include <filesystem>
#include <variant>
#include <vector>

#include <QString>

#include "core/train/TrainRecipe.h"

namespace phloxine::ui {

using Recipe = std::variant<TrainRecipe, AutoencoderRecipe>;

struct MainSettings {
    int batch = 1;
    double rate = 0;
    std::string precision;
    std::int64_t steps = 0;
    std::int64_t images() const { return steps * batch; }
};
MainSettings mainSettings(const Recipe& recipe);
void setMainSettings(Recipe& recipe, const MainSettings& settings);

RecipeData& dataOf(Recipe& recipe);
const RecipeData& dataOf(const Recipe& recipe);
const TrainRecipe* diffusionOf(const Recipe& recipe); // nullptr for an autoencoder
QString titleOf(const Recipe& recipe);
QString idOf(const Recipe& recipe);   // fit to name a folder by
QString textOf(const Recipe& recipe); // its JSON, as a person reads it

// Throw Error in one sentence; `what` names where the text is from.
Recipe recipeFromText(const std::string& text, const std::string& what);
Recipe readRecipe(const std::filesystem::path& file); // paths in it count from its folder

struct ListedRecipe {
    QString title, file, problem; // of a recipe that cannot be used: the sentence
    Recipe recipe;
};
std::vector<ListedRecipe> listRecipes(); // those that ship; read on another thread

// A class as it is shown; what a recipe does not say is made from its id.
struct ShownClass {
    QString id, label, code, colour;
    int tiles = 0;
};
std::vector<ShownClass> shownClasses(const std::vector<RecipeClass>& classes);

} // namespace phloxine::ui
