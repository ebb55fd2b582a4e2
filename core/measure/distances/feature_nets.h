#pragma once
// The table of feature extractors: what turns tiles into the vectors whose distances are measured.
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/image/Image.h"

namespace phloxine {

struct FeatureNet {
    std::string id, title;                                    // "inception"; "Inception-v3 of FID, bilinear of PyTorch, as pytorch-fid"
    std::string sha256;                                       // of the weights
    std::string resize;                                       // how images are brought to its size
    int width = 0;                                            // of a feature vector
    std::function<at::Tensor(const std::vector<Image>&)> run; // -> float32 [n, width] on the CPU; Error(Shape | Nan | ...)
};

struct FeatureNetRow {
    const char *id, *title;
    FeatureNet (*open)(const std::string& rest, at::Device device); // what follows the id and a colon
};
const std::vector<FeatureNetRow>& featureNets();

// "embedded": the encoder in the resources. "inception:FILE[:pytorch-fid|tf1|cleanfid]": the weights of pytorch-fid.
// "torchscript:FILE[:key=value,...]": any encoder as a TorchScript program of [n, 3, h, w] -> [n, width], run in a process of its own; keys
// are those of TorchScriptOptions. Error(WrongUse) for another word, else what is wrong with the file in one sentence.
FeatureNet openFeatureNet(const std::string& spec, at::Device device = at::kCPU);

struct TorchScriptOptions {
    int size = 224;                                           // "size": pixels; images are reduced by area, enlarged bilinearly
    std::vector<double> mean{0.485, 0.456, 0.406};            // "mean": r/g/b of ImageNet, of values 0..1
    std::vector<double> deviation{0.229, 0.224, 0.225};       // "std"
    std::chrono::milliseconds limit{std::chrono::minutes(5)}; // "seconds": for a batch, loading included
};
FeatureNet openEmbedded(const std::string& rest, at::Device device);
FeatureNet openInception(const std::string& rest, at::Device device);
FeatureNet openTorchScript(const std::string& rest, at::Device device);

} // namespace phloxine
