#pragma once
// A picture or latent larger than a network was trained for, seen through overlapping windows whose results are averaged smoothly.
#include <vector>

namespace phloxine {

// A window along one axis. The weights of all windows sum to 1 at each position, and fall towards the ends of a window where it has a
// neighbour, so that no seam shows.
struct Window {
    int start = 0;
    std::vector<float> weight; // one per position, `size` of them
};

// Windows of `size` that cover 0 .. length - 1, evenly spaced; neighbours share at least `overlap` positions. A length of at most `size`
// gives one window of that length. 0 <= overlap < size.
std::vector<Window> windowsAlong(int length, int size, int overlap);

// The same windows over positions that are `factor` times finer: from latent elements to pixels.
std::vector<Window> finer(const std::vector<Window>& windows, int factor);

} // namespace phloxine
