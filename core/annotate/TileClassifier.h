#pragma once
// A classifier of the WSInfer model zoo: a TorchScript program of patches -> logits and a config.json beside it, of a user's own. It runs
// in a process of its own.
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/image/Image.h"

namespace phloxine {

struct ClassifierConfig {
    int patchPx = 0;            // "patch_size_pixels"
    double micronsPerPixel = 0; // "spacing_um_px"
    std::vector<std::string> classNames;
    int inputPx = 0;                        // "Resize" of the transform, else patchPx
    std::vector<double> mean{0, 0, 0};      // "Normalize", of values 0..1
    std::vector<double> deviation{1, 1, 1}; //
};
// Error(Corrupt) names the key that is missing or not understood; a transform other than Resize, ToTensor and Normalize, each at most once
// and in this order, is refused: to skip it would give other numbers.
ClassifierConfig classifierConfig(const Json& json, const std::string& what);

// As torchvision's Resize does it on a picture of Pillow: bilinear over the footprint of each pixel, in 8 bits, to the bit.
Image pillowBilinear(const Image& image, int width, int height);

std::vector<float> classifierInput(const Image& patch, const ClassifierConfig& config); // [3, inputPx, inputPx]

class TileClassifier {
public:
    // Error(NotFound | NotAModel | Busy | Internal) as the program is found, started and asked for one patch.
    TileClassifier(const std::filesystem::path& model, const ClassifierConfig& config,
                   std::chrono::milliseconds limit = std::chrono::minutes(5), const std::string& device = "cpu");
    ~TileClassifier();

    // Patches of patchPx pixels a side -> softmax of the logits, or the sigmoid of a single one, as WSInfer does. [n][classes]
    std::vector<std::vector<double>> probabilities(const std::vector<Image>& patches);
    const ClassifierConfig& config() const { return m_config; }

private:
    struct Program;
    ClassifierConfig m_config;
    std::unique_ptr<Program> m_program;
};

} // namespace phloxine
