#include "core/train/draws.h"

#include <algorithm>
#include <set>

#include "core/base/Dice.h"

namespace phloxine {

std::uint64_t mixedSeed(std::uint64_t seed, std::string_view use, std::uint64_t index) {
    std::uint64_t hash = 0xcbf29ce484222325ull; // FNV-1a over all three, then the finaliser of splitmix64
    const auto add = [&](std::uint64_t value) {
        for (int i = 0; i < 8; ++i) hash = (hash ^ (value >> (8 * i) & 0xff)) * 0x100000001b3ull;
    };
    add(seed);
    for (const unsigned char c : use) hash = (hash ^ c) * 0x100000001b3ull;
    add(index);
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ull;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebull;
    return hash ^ (hash >> 31);
}

Draws::Draws(const TrainingSet& set, const TrainRecipe& recipe) : m_set(set), m_recipe(recipe), m_tiles(set.classes.size()) {
    for (const int row : set.rows(false)) m_tiles[std::size_t(set.tiles[std::size_t(row)].classIndex)].push_back(row);
}

const std::vector<int>& Draws::order(int classIndex, std::int64_t epoch) const {
    auto& [known, order] = m_orders[classIndex];
    if (order.empty() || known != epoch) {
        known = epoch;
        order = m_tiles[std::size_t(classIndex)];
        Dice(mixedSeed(m_recipe.seed, "order " + std::to_string(classIndex), std::uint64_t(epoch))).shuffle(order);
    }
    return order;
}

StepDraws Draws::at(std::int64_t step) const {
    StepDraws draws;
    Dice dice(mixedSeed(m_recipe.seed, "step", std::uint64_t(step)));
    const auto parts = dice.permutation(m_recipe.batch);
    const auto classes = std::int64_t(m_tiles.size());
    for (int i = 0; i < m_recipe.batch; ++i) {
        const std::int64_t place = step * m_recipe.batch + i, turn = place / classes;
        const int classIndex = int(place % classes);
        const auto tiles = std::int64_t(m_tiles[std::size_t(classIndex)].size());
        const int row = order(classIndex, turn / tiles)[std::size_t(turn % tiles)];
        draws.tiles.push_back(row);
        draws.variants.push_back(m_recipe.dihedral ? dice.below(8) : 0);
        draws.levels.push_back((parts[std::size_t(i)] + dice.uniform()) / m_recipe.batch);
        const bool dropped = dice.chance(m_recipe.captions.dropChance);
        const auto& tile = m_set.tiles[std::size_t(row)];
        const auto caption = composedCaption(tile, m_set.classes[std::size_t(classIndex)], m_recipe.captions, dice);
        draws.captions.push_back(dropped ? "" : caption);
    }
    draws.noiseSeed = mixedSeed(m_recipe.seed, "noise", std::uint64_t(step));
    return draws;
}

namespace {

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

bool hasOwnText(const TrainingTile& tile, const RecipeCaptions& captions) { return !captions.composed && !tile.text.empty(); }

} // namespace

std::string composedCaption(const TrainingTile& tile, const RecipeClass& tissue, const RecipeCaptions& chances, Dice& dice) {
    const auto pick = [&](const auto& phrases) { return std::string(phrases[std::size_t(dice.below(int(phrases.size())))]); };
    std::vector<std::string> parts;
    const auto name = pick(tissue.prompts);
    if (dice.chance(chances.classChance)) parts.push_back(name);
    for (std::size_t i = 0; i < tile.levels.size(); ++i)
        if (tile.levels[i] && dice.chance(chances.attributeChance))
            parts.push_back(pick(attributes()[i].phrases[std::size_t(*tile.levels[i])]));
    if (dice.chance(chances.shuffleChance)) dice.shuffle(parts);
    if (parts.empty()) parts.push_back(name);
    return hasOwnText(tile, chances) ? tile.text : joined(parts);
}

std::string usualCaption(const TrainingTile& tile, const RecipeClass& tissue, const RecipeCaptions& chances) {
    if (hasOwnText(tile, chances)) return tile.text;
    std::vector<std::string> parts{tissue.prompts.front()};
    for (std::size_t i = 0; i < tile.levels.size(); ++i)
        if (tile.levels[i] && chances.attributeChance > 0) parts.push_back(attributes()[i].phrases[std::size_t(*tile.levels[i])].front());
    return joined(parts);
}

std::vector<std::string> possiblePhrases(const TrainingSet& set, const RecipeCaptions& chances) {
    std::set<std::string> phrases{","};
    // A comma may become one piece of the vocabulary with the end of the phrase before it: "lung (scc),".
    const auto add = [&](const std::string& phrase) { phrases.insert(phrase), phrases.insert(phrase + ","); };
    for (const auto& tissue : set.classes)
        for (const auto& prompt : tissue.prompts) add(prompt);
    if (chances.attributeChance > 0)
        for (const auto& attribute : attributes())
            for (const auto& level : attribute.phrases)
                for (const auto& phrase : level) add(phrase);
    for (const auto& tile : set.tiles)
        if (hasOwnText(tile, chances)) phrases.insert(tile.text);
    return {phrases.begin(), phrases.end()};
}

} // namespace phloxine
