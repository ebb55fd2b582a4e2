#pragma once
// Seeded choices that are the same on every machine: the generator is the standard's, the mappings are ours (those of the standard differ
// between libraries).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace phloxine {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : m_engine(seed) {}
    double uniform(double low = 0, double high = 1) { return low + (high - low) * (double(m_engine() >> 11) * 0x1p-53); }
    double logUniform(double low, double high) { return std::exp(uniform(std::log(low), std::log(high))); }
    bool chance(double probability) { return uniform() < probability; }
    int below(int n) { return int(uniform() * n); } // 0 .. n-1
    template <typename T>
    void shuffle(std::vector<T>& items) {
        for (int i = int(items.size()) - 1; i > 0; --i) std::swap(items[std::size_t(i)], items[std::size_t(below(i + 1))]);
    }
    std::vector<int> permutation(int n) {
        std::vector<int> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        shuffle(order);
        return order;
    }
    std::vector<std::size_t> subset(std::size_t n, std::size_t count) { // without replacement, ascending
        std::vector<std::size_t> all(n);
        std::iota(all.begin(), all.end(), std::size_t(0));
        for (std::size_t i = 0; i < count && i < n; ++i) std::swap(all[i], all[i + std::size_t(below(int(n - i)))]);
        all.resize(std::min(count, n));
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    std::mt19937_64 m_engine;
};

} // namespace phloxine
