#pragma once
// What a run will hold in memory at its peak, before it starts: from the description of the model alone, so that nothing is loaded and no
// tensor is made. May be asked on any thread.
//
// What is alive at once in a network was fitted to real peaks of `phloxine generate` on the CPU: the embedded model at 224, 448 and 1024
// px, 1 and 4 tiles at once, and networks of the size of PathLDM and Stable Diffusion 1, bf16 and fp32, 1 and 4 at once. The error of the
// total was then -8 to +17 % (tests/generate/test_memory.cpp has each). Not counted: LoRAs, initial images, the window itself. Of a request
// for a GPU it is the memory of the GPU, by the same counts; what libraries take there was not measured.
#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/generate/GenerateRequest.h"
#include "core/model/ModelCard.h"

namespace phloxine {

// Numbers of elements, so that they hold for every precision.
struct ModelSize {
    std::int64_t networkParameters = 0, decoderParameters = 0, encoderParameters = 0, conditionParameters = 0;
    double networkElements = 0; // alive at once in the network, for each latent element (of one channel)
    double decoderElements = 0; // in the decoder, for each pixel
    int factor = 1;             // pixels per latent element
    std::int64_t parameters() const { return networkParameters + decoderParameters + encoderParameters + conditionParameters; }
};
// Of a model folder or checkpoint with a CompVis YAML and a U-Net; nothing for others, whose size is known after the first run.
std::optional<ModelSize> sizeOfModel(const std::filesystem::path& model);

struct GenerateMemory {
    std::int64_t program = 0; // libraries and tables
    std::int64_t weights = 0;
    std::int64_t work = 0; // of a step or a decode, whichever is larger, and the picture
    std::int64_t total() const { return program + weights + work; }
};
GenerateMemory estimateMemory(const ModelSize& model, const ModelCard& card, const GenerateRequest& request);

} // namespace phloxine
