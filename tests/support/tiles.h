#pragma once
// Tiles of the embedded model, at three steps for speed.
#include <vector>

#include "core/generate/Generator.h"

namespace phloxine {

inline GenerateRequest quickRequest(int count = 1, std::uint64_t seed = 11) {
    GenerateRequest r;
    r.classId = "lung_scc";
    r.count = count;
    r.seed = seed;
    r.steps = 3;
    r.device = "cpu";
    return r;
}

inline std::vector<Tile> tilesOf(ModelStore& store, const GenerateRequest& request) {
    std::vector<Tile> tiles;
    GenerateHooks hooks;
    hooks.tile = [&](int, const Tile& tile) { tiles.push_back(tile); };
    generate(store, request, hooks);
    return tiles;
}

} // namespace phloxine
