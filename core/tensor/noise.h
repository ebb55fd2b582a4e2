#pragma once
// Gaussian noise that is the same on every processor: Philox4x32-10 keyed by the seed, counted by (draw, element), turned into normals by
// Box-Muller in double precision (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
#include <cstdint>

#include <ATen/ATen.h>

namespace phloxine {

class NoiseSource {
public:
    virtual ~NoiseSource() = default;
    virtual at::Tensor draw(at::IntArrayRef shape) = 0; // float32 on the CPU; each call is the next draw
};

class PhiloxNoise final : public NoiseSource {
public:
    explicit PhiloxNoise(std::uint64_t seed) : m_seed(seed) {}
    at::Tensor draw(at::IntArrayRef shape) override;

private:
    std::uint64_t m_seed;
    std::uint32_t m_draw = 0;
};

// From a to b along the great circle, share t of the angle between them, lengths interpolated as well; t = 0 and 1 give a and b to the bit.
at::Tensor slerp(const at::Tensor& a, const at::Tensor& b, double t);

// Philox4x32-10 itself: four words from a counter and a key.
struct PhiloxBlock {
    std::uint32_t word[4];
};
PhiloxBlock philox(const PhiloxBlock& counter, std::uint32_t key0, std::uint32_t key1);

} // namespace phloxine
