#include "core/train/memory_estimate.h"

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/tensor/devices.h"
#include "core/train/base_model.h"
#include "core/train/memory_probe.h"
#include "core/train/temporary_folder.h"

namespace phloxine {

MemoryEstimate estimateMemory(const TrainRecipe& recipe, const std::string& word) {
    const auto device = chooseDevice(word);
    TrainingSet set;
    set.classes = recipe.classes;
    if (set.classes.empty()) set.classes.push_back({"tile", "Tile", {}, {}, {"tile"}});
    const TemporaryFolder folder;
    writeBaseModel(recipe, set, folder.path() / "base");
    TrainedModel model(folder.path() / "base", recipe, set, choosePrecision(recipe.precision, device), device);
    return estimateMemory(recipe, model);
}

MemoryChoice chooseMemory(TrainRecipe recipe, std::int64_t bytes, const std::string& device) {
    MemoryChoice choice{recipe.memory, estimateMemory(recipe, device), "the recipe as it is"};
    std::string words;
    const auto fits = [&](const std::string& change) { // with this change too
        words += (words.empty() ? "" : ", ") + change;
        const auto program = choice.estimate.program; // in memory already
        choice = {recipe.memory, estimateMemory(recipe, device), words};
        choice.estimate.program = std::max(choice.estimate.program, program);
        return choice.estimate.total() <= bytes;
    };
    if (choice.estimate.total() <= bytes) return choice;
    auto& m = recipe.memory;
    if (m.means == "memory" && (m.means = "file", fits("means on file"))) return choice;
    if (m.moments == "fp32" && (m.moments = "8bit", fits("moments of 8 bits"))) return choice;
    if (m.microBatch == 0 && !m.updateInBackward && (m.updateInBackward = true, fits("updates in the backward pass"))) return choice;
    if (!m.recomputeBlocks && (m.recomputeBlocks = true, fits("blocks computed again"))) return choice;
    if (m.weights == "fp32" && recipe.precision != "fp32" && (m.weights = "bf16", fits("weights of bf16"))) return choice;
    auto smallest = choice;
    const auto before = words;
    m.updateInBackward = false; // pieces need their gradients to stay, and the words below say so
    for (int piece = m.microBatch > 0 ? m.microBatch / 2 : recipe.batch / 2; piece >= 1; piece /= 2) {
        m.microBatch = piece, words = before;
        if (fits("pieces of " + std::to_string(piece) + " tiles, gradients kept")) return choice;
        if (choice.estimate.total() < smallest.estimate.total()) smallest = choice;
    }
    return smallest;
}

Json toJson(const MemoryEstimate& e) {
    return {{"parameters", e.parameters},     {"weights_bytes", e.weights}, {"gradients_bytes", e.gradients},
            {"optimiser_bytes", e.optimiser}, {"means_bytes", e.means},     {"activations_bytes", e.activations},
            {"program_bytes", e.program},     {"unseen_bytes", e.unseen},   {"total_bytes", e.total()}};
}

} // namespace phloxine
