#include "core/measure/distances/feature_nets.h"

#include <filesystem>

#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/base/FileHashes.h"
#include "core/measure/distances/inception_resize.h"
#include "core/measure/learning/encoder.h"
#include "core/nn/inception.h"
#include "core/tensor/checkpoint.h"

namespace phloxine {

namespace {

at::Tensor bytesOf(const Image& image) { // [1, 3, h, w], uint8
    return at::from_blob(const_cast<std::uint8_t*>(image.rgb.data()), {1, image.height, image.width, 3}, at::kByte)
        .permute({0, 3, 1, 2})
        .contiguous();
}

// The file of pytorch-fid, every tensor of it; the classifier at its end is not needed, but tells this network from others.
void requireInceptionFile(const Weights& weights, const std::string& name) {
    const auto classifier = weights.find("fc.weight");
    if (classifier == weights.end() || classifier->second.sizes() != at::IntArrayRef({1008, nn::Inception::width}))
        throw Error(ErrorCode::NotAModel, "The file " + name +
                                              " does not hold the Inception of FID with its 1008 classes; use the weights of pytorch-fid "
                                              "(pt_inception-2015-12-05-6726825d.pth).");
}

} // namespace

FeatureNet openInception(const std::string& rest, at::Device device) {
    const c10::NoGradGuard noGradients;
    auto path = rest;
    const auto* resize = &inceptionResizes().front();
    for (const auto& row : inceptionResizes())
        if (const auto tail = std::string(":").append(row.id); rest.ends_with(tail))
            path = rest.substr(0, rest.size() - tail.size()), resize = &row;
    if (const auto colon = path.rfind(':'); colon != path.npos && !std::filesystem::exists(path))
        findInceptionResize(path.substr(colon + 1));
    const auto weights = readCheckpointOrLegacy(path);
    requireInceptionFile(weights, std::filesystem::path(path).filename().string());
    const auto network = std::make_shared<const nn::Inception>(WeightView(weights, Binding::forInference(at::kFloat, device)));
    FeatureNet net{
        "inception", "Inception-v3 of FID, " + std::string(resize->title), rememberedSha256(path), resize->id, nn::Inception::width, {}};
    net.run = [network, resize](const std::vector<Image>& images) {
        const c10::NoGradGuard noGradients;
        std::vector<at::Tensor> features;
        constexpr std::size_t batch = 16;
        for (std::size_t i = 0; i < images.size(); i += batch) {
            std::vector<at::Tensor> inputs;
            for (auto j = i; j < std::min(images.size(), i + batch); ++j) {
                if (images[j].empty()) throw Error(ErrorCode::Shape, "An image without pixels has no features.");
                inputs.push_back(inceptionInput(bytesOf(images[j]), *resize));
            }
            features.push_back((*network)(at::cat(inputs)).cpu());
        }
        auto all = features.empty() ? at::empty({0, nn::Inception::width}) : at::cat(features);
        if (!all.isfinite().all().item<bool>())
            throw Error(ErrorCode::Nan, "Inception gave values that are not numbers; its file is damaged, get it again.");
        return all;
    };
    return net;
}

FeatureNet openEmbedded(const std::string&, at::Device device) {
    const auto& encoder = embeddedEncoder(device);
    return {"embedded",     "Histology encoder " + encoder.sha256.substr(0, 8),
            encoder.sha256, "area, to " + std::to_string(encoder.sizePx) + " px",
            encoder.width,  [&encoder](const std::vector<Image>& images) { return encoder.embed(images); }};
}

const std::vector<FeatureNetRow>& featureNets() {
    static const std::vector<FeatureNetRow> table{
        {"embedded", "The histology encoder that comes with Phloxine", openEmbedded},
        {"inception", "Inception-v3 of FID, from the weight file of pytorch-fid", openInception},
        {"torchscript", "Any encoder as a TorchScript program, run apart from Phloxine", openTorchScript},
    };
    return table;
}

FeatureNet openFeatureNet(const std::string& spec, at::Device device) {
    const auto colon = spec.find(':');
    const auto id = spec.substr(0, colon);
    std::string known;
    for (const auto& row : featureNets()) {
        if (row.id == id) return row.open(colon == spec.npos ? std::string() : spec.substr(colon + 1), device);
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse,
                "The extractor \"" + id + "\" is not known; use one of " + known + ", the last two followed by a colon and a file.", id);
}

} // namespace phloxine
