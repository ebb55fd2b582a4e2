#pragma once
// Normal draws that are the same on every machine.
#include <cmath>

#include "core/base/Dice.h"
#include "core/measure/distances/features.h"

namespace phloxine {

class Gaussians {
public:
    explicit Gaussians(std::uint64_t seed) : m_dice(seed) {}
    double next() { return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform()); }

    at::Tensor table(std::int64_t n, std::int64_t d) {
        auto t = at::empty({n, d}, at::kFloat);
        for (auto *p = t.data_ptr<float>(), *end = p + t.numel(); p < end; ++p) *p = float(next());
        return t;
    }
    // Tiles of a group share a shift: mean + between * group + within * tile.
    FeatureSet grouped(int groups, int tilesPerGroup, int d, double mean, double between, double within) {
        FeatureSet set{at::empty({groups * tilesPerGroup, d}, at::kFloat), {}};
        auto x = set.features.accessor<float, 2>();
        for (int g = 0, row = 0; g < groups; ++g) {
            std::vector<double> shift;
            for (int j = 0; j < d; ++j) shift.push_back(mean + between * next());
            for (int t = 0; t < tilesPerGroup; ++t, ++row) {
                set.groups.push_back(g);
                for (int j = 0; j < d; ++j) x[row][j] = float(shift[std::size_t(j)] + within * next());
            }
        }
        return set;
    }

private:
    double uniform() { return m_dice.uniform(0x1p-54, 1); }
    Dice m_dice;
};

} // namespace phloxine
