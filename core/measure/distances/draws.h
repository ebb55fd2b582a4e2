#pragma once
// Random choices that are the same on every machine: the library's distributions and shuffles are not.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace phloxine {

class Draws {
public:
    explicit Draws(std::uint64_t seed) : m_engine(seed) {}

    std::size_t below(std::size_t n) { // uniform; draws that would favour small numbers are thrown away
        const auto limit = UINT64_MAX - UINT64_MAX % n;
        std::uint64_t r = m_engine();
        while (r >= limit) r = m_engine();
        return std::size_t(r % n);
    }

    std::vector<std::size_t> subset(std::size_t n, std::size_t count) { // without replacement, ascending
        std::vector<std::size_t> all(n);
        std::iota(all.begin(), all.end(), std::size_t(0));
        for (std::size_t i = 0; i < count && i < n; ++i) std::swap(all[i], all[i + below(n - i)]);
        all.resize(std::min(count, n));
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    std::mt19937_64 m_engine;
};

} // namespace phloxine
