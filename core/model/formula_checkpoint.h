#pragma once
// Full-size networks without a file: their weights follow from the names of the tensors ("formula/1"), so that numbers and speed can be
// compared with other programs without shipping gigabytes.
#include "core/model/Checkpoint.h"

namespace phloxine {

struct FormulaPart {
    std::string network; // "UNetModel", "AutoencoderKL", "VQModelInterface", "CLIPTextModel"
    Json config;         // its parameters, as the YAML of CompVis or config.json of transformers has them
};

// Keys as in a CompVis file. Error(Unsupported) for another network.
Checkpoint formulaCheckpoint(const std::vector<FormulaPart>& parts, const std::string& salt, double gain);

} // namespace phloxine
