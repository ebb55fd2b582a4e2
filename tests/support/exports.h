#pragma once
// A generator that needs no model, and small export plans.
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/Error.h"
#include "core/exporting/ExportPlan.h"
#include "tests/support/pictures.h"

namespace phloxine {

inline GenerateRequest fakeRequest(const std::string& classId, int count, std::uint64_t seed) {
    GenerateRequest request;
    request.model = "fake";
    request.classId = classId;
    request.count = count;
    request.seed = seed;
    return request;
}

inline ExportPlan fakePlan(int tilesPerClass = 5) {
    ExportPlan plan;
    plan.title = "A small set";
    plan.items.push_back({"lung_aca", "train", fakeRequest("lung_aca", tilesPerClass, 10), {}});
    plan.items.push_back({"lung_n", "train", fakeRequest("lung_n", tilesPerClass, 50), {}});
    plan.items.push_back({"lung_aca", "test", fakeRequest("lung_aca", 2, 900), {}});
    return plan;
}

inline Tile fakeTile(const GenerateRequest& single) {
    Tile tile;
    tile.image = testPicture(32, 24, unsigned(single.seed));
    tile.image.scale = {0.6, ScaleSource::Assumed};
    tile.request = single;
    return tile;
}

inline ModelCard fakeCard() {
    ModelCard card;
    card.id = "fake";
    card.title = "A fake model";
    card.licence = "CC0-1.0";
    card.dataSource = "nothing";
    return card;
}

inline ExportHooks fakeHooks() {
    ExportHooks hooks;
    hooks.makeTile = fakeTile;
    hooks.resolve = [](GenerateRequest request) {
        request.sampler = "ddim", request.steps = 4, request.guidance = 1, request.precision = "fp32", request.device = "cpu";
        request.modelSha256 = std::string(64, 'a'), request.build = "test";
        return request;
    };
    hooks.card = [](const GenerateRequest&) { return fakeCard(); };
    return hooks;
}

// Files below `folder` that begin with `prefix`, relative, sorted by the caller if it matters.
inline std::vector<std::string> filesBelow(const std::filesystem::path& folder) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(std::filesystem::relative(entry.path(), folder).string());
    return files;
}

} // namespace phloxine
