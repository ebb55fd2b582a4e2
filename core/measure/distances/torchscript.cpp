// The row `torchscript` of feature_nets.h: an encoder that runs in phloxine-encoder, a process of its own.
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "core/base/Error.h"
#include "core/base/FileHashes.h"
#include "core/base/Files.h"
#include "core/measure/distances/feature_nets.h"
#include "core/measure/distances/script_process.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void wrongOption(const std::string& option) {
    throw Error(ErrorCode::WrongUse, "The option \"" + option +
                                         "\" of the encoder is not understood; use size=224, mean=0.5/0.5/0.5, "
                                         "std=0.5/0.5/0.5 or seconds=300, with commas between.");
}

double number(const std::string& text, double low, double high, const std::string& option) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(value >= low && value <= high)) wrongOption(option);
    return value;
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts(1);
    for (const char c : text)
        if (c == at) parts.emplace_back();
        else parts.back() += c;
    return parts;
}

TorchScriptOptions optionsFrom(const std::string& text) {
    TorchScriptOptions options;
    for (const auto& option : split(text, ',')) {
        const auto equals = option.find('=');
        const auto key = option.substr(0, equals), value = equals == option.npos ? std::string() : option.substr(equals + 1);
        const auto colour = [&](double low) {
            std::vector<double> numbers;
            for (const auto& part : split(value, '/')) numbers.push_back(number(part, low, 1e3, option));
            if (numbers.size() != 3) wrongOption(option);
            return numbers;
        };
        if (key == "size") options.size = int(number(value, 8, 4096, option));
        else if (key == "mean") options.mean = colour(-1e3);
        else if (key == "std") options.deviation = colour(1e-6);
        else if (key == "seconds") options.limit = std::chrono::milliseconds(std::int64_t(number(value, 0.1, 1e5, option) * 1000));
        else wrongOption(option);
    }
    return options;
}

at::Tensor inputOf(const Image& image, const TorchScriptOptions& o) {
    if (image.empty()) throw Error(ErrorCode::Shape, "An image without pixels has no features.");
    const auto fitted = image.width == o.size && image.height == o.size ? image : resized(image, o.size, o.size);
    const auto values = at::from_blob(const_cast<std::uint8_t*>(fitted.rgb.data()), {o.size, o.size, 3}, at::kByte).to(at::kDouble) / 255;
    return ((values - at::tensor(o.mean, at::kDouble)) / at::tensor(o.deviation, at::kDouble))
        .to(at::kFloat)
        .permute({2, 0, 1})
        .contiguous();
}

} // namespace

FeatureNet openTorchScript(const std::string& rest, at::Device device) {
    const auto colon = isThere(rest) ? rest.npos : rest.rfind(':');
    const fs::path file = rest.substr(0, colon);
    const auto options = colon == rest.npos ? TorchScriptOptions() : optionsFrom(rest.substr(colon + 1));
    FeatureNet net;
    net.id = "torchscript", net.title = "TorchScript encoder " + file.filename().string();
    net.sha256 = rememberedSha256(file);
    net.resize = "area to " + std::to_string(options.size) + " x " + std::to_string(options.size);
    const auto encoder = std::make_shared<ScriptProcess>(file, options.limit, "encoder", deviceWord(device));
    net.width = int(encoder->run(at::zeros({1, 3, options.size, options.size})).size(1));
    net.run = [encoder, options, width = net.width](const std::vector<Image>& images) {
        std::vector<at::Tensor> features;
        constexpr std::size_t batch = 16;
        for (std::size_t i = 0; i < images.size(); i += batch) {
            std::vector<at::Tensor> inputs;
            for (auto j = i; j < std::min(images.size(), i + batch); ++j) inputs.push_back(inputOf(images[j], options));
            features.push_back(encoder->run(at::stack(inputs)));
            if (features.back().size(1) != width) throw Error(ErrorCode::Shape, "The encoder changed the number of its features.");
        }
        return features.empty() ? at::empty({0, width}) : at::cat(features);
    };
    return net;
}

} // namespace phloxine
