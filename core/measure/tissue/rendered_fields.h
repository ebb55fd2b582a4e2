#pragma once
// Fields of rendered nuclei whose number is known, and what the nuclear counter makes of them: the error that a report prints beside its
// counts. Rendered tissue is simpler than tissue: the error on real tiles is at least this.
#include <cstdint>
#include <string>
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

struct FieldSettings {
    int sidePx = 224, nuclei = 60;
    double diameterPx = 10; // mean of the nuclei; they differ by a fifth
    double crowding = 0;    // 0: nuclei keep apart; 1: they touch and overlap as they fall
    double blurPx = 0.7;    // standard deviation
    double stain = 1;       // amount of haematoxylin
    double noise = 2;       // standard deviation in levels
};
Image renderField(const FieldSettings& settings, std::uint64_t seed, int* nuclei = nullptr); // *nuclei: how many have their centre on it

struct CounterError {
    std::string setting;         // "as usual", "crowded", ...
    double bias = 0, spread = 0; // mean and standard deviation of (counted - true) / true, of densities
    int fields = 0;
};
// Each setting varies one thing against the usual field; 20 fields each.
std::vector<CounterError> counterErrors(std::uint64_t seed = 1, int fields = 20);

} // namespace phloxine
