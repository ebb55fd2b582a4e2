#include "core/annotate/TileClassifier.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/measure/distances/script_process.h"

namespace phloxine {

struct TileClassifier::Program : ScriptProcess {
    using ScriptProcess::ScriptProcess;
};

namespace {

[[noreturn]] void wrong(const std::string& what, const std::string& why) {
    throw Error(ErrorCode::Corrupt, plainText(what, 100) + " describes no classifier: " + why + ".");
}

double positive(const Json& json, const char* key, double most, const std::string& what) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number() || !(found->get<double>() > 0 && found->get<double>() <= most))
        wrong(what, "\"" + std::string(key) + "\" is missing or out of range");
    return found->get<double>();
}

std::vector<double> colour(const Json& arguments, const char* key, const std::string& what) {
    std::vector<double> values;
    if (const auto found = arguments.find(key); found != arguments.end() && found->is_array())
        for (const auto& value : *found)
            if (value.is_number()) values.push_back(value.get<double>());
    const bool deviation = std::string(key) == "std";
    if (values.size() != 3 || (deviation && std::any_of(values.begin(), values.end(), [](double v) { return !(v > 1e-6); })))
        wrong(what, "\"" + std::string(key) + "\" of Normalize must be three numbers");
    return values;
}

int resizeTo(const Json& arguments, const std::string& what) {
    auto size = arguments.find("size");
    if (size == arguments.end()) wrong(what, "Resize has no \"size\"");
    const bool square =
        size->is_array() && !size->empty() && std::all_of(size->begin(), size->end(), [&](const Json& s) { return s == size->front(); });
    const auto& side = square ? size->front() : *size;
    if (!side.is_number_integer() || side < 8 || side > 4096) wrong(what, "\"size\" of Resize must be one side of 8 to 4096 pixels");
    if (const auto how = arguments.find("interpolation"); how != arguments.end() && *how != "bilinear" && *how != 2)
        wrong(what, "only bilinear interpolation is known");
    return side.get<int>();
}

void readTransform(const Json& transforms, ClassifierConfig& config, const std::string& what) {
    if (!transforms.is_array()) wrong(what, "\"transform\" is no list");
    const std::vector<std::string> known = {"Resize", "ToTensor", "Normalize"};
    std::size_t stage = 0;
    bool tensor = false;
    for (const auto& step : transforms) {
        const auto name =
            step.is_object() && step.contains("name") && step["name"].is_string() ? step["name"].get<std::string>() : std::string();
        const auto place = std::size_t(std::find(known.begin(), known.end(), name) - known.begin());
        if (place == known.size())
            wrong(what, "the transform \"" + plainText(name, 40) + "\" is not known; Resize, ToTensor and Normalize are");
        if (place < stage) wrong(what, "the transform " + name + " stands twice or in another order than Resize, ToTensor, Normalize");
        stage = place + 1;
        const auto arguments = step.value("arguments", Json::object());
        if (!arguments.is_object()) wrong(what, "the arguments of " + name + " are none");
        if (name == "Resize") config.inputPx = resizeTo(arguments, what);
        if (name == "ToTensor") tensor = true;
        if (name == "Normalize") config.mean = colour(arguments, "mean", what), config.deviation = colour(arguments, "std", what);
    }
    if (!tensor) wrong(what, "the transform has no ToTensor");
}

// The weights with which input pixels [first, ...) make one output pixel, in Pillow's fixed point.
struct Taps {
    int first = 0;
    std::vector<std::int32_t> weights;
};
constexpr int fixedBits = 32 - 8 - 2;

std::vector<Taps> tapsFor(int in, int out) {
    const double scale = double(in) / out, reach = std::max(scale, 1.0);
    std::vector<Taps> taps(static_cast<std::size_t>(out));
    for (int i = 0; i < out; ++i) {
        const double centre = (i + 0.5) * scale;
        const int first = std::max(0, int(centre - reach + 0.5)), last = std::min(in, int(centre + reach + 0.5));
        std::vector<double> weights;
        double sum = 0;
        for (int x = first; x < last; ++x) {
            weights.push_back(std::max(0.0, 1 - std::abs((x - centre + 0.5) / reach)));
            sum += weights.back();
        }
        taps[std::size_t(i)].first = first;
        for (const double w : weights) taps[std::size_t(i)].weights.push_back(std::int32_t(0.5 + w / sum * (1 << fixedBits)));
    }
    return taps;
}

std::uint8_t clipped(std::int64_t sum) { return std::uint8_t(std::clamp<std::int64_t>(sum >> fixedBits, 0, 255)); }

} // namespace

ClassifierConfig classifierConfig(const Json& json, const std::string& what) {
    if (!json.is_object()) wrong(what, "it is no object");
    ClassifierConfig config;
    const double patch = positive(json, "patch_size_pixels", 4096, what);
    config.patchPx = config.inputPx = int(patch);
    if (patch != config.patchPx || patch < 8) wrong(what, "\"patch_size_pixels\" must be a whole number from 8 on");
    config.micronsPerPixel = positive(json, "spacing_um_px", 100, what);
    for (const auto& name : json.value("class_names", Json::array())) {
        if (!name.is_string() || name.get<std::string>().empty()) wrong(what, "\"class_names\" holds what is no name");
        if (std::find(config.classNames.begin(), config.classNames.end(), name.get<std::string>()) != config.classNames.end())
            wrong(what, "\"class_names\" holds a name twice");
        config.classNames.push_back(name.get<std::string>());
    }
    if (config.classNames.empty()) wrong(what, "\"class_names\" is missing");
    if (json.contains("num_classes") && json["num_classes"] != config.classNames.size())
        wrong(what, "\"num_classes\" is not the number of \"class_names\"");
    readTransform(json.value("transform", Json()), config, what);
    return config;
}

Image pillowBilinear(const Image& image, int width, int height) {
    if (image.width == width && image.height == height) return image;
    Image wide(width, image.height), out(width, height);
    const auto across = tapsFor(image.width, width), down = tapsFor(image.height, height);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) {
                std::int64_t sum = 1 << (fixedBits - 1);
                const auto& tap = across[std::size_t(x)];
                for (std::size_t k = 0; k < tap.weights.size(); ++k)
                    sum += std::int64_t(image.pixel(tap.first + int(k), y)[c]) * tap.weights[k];
                wide.pixel(x, y)[c] = clipped(sum);
            }
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) {
                std::int64_t sum = 1 << (fixedBits - 1);
                const auto& tap = down[std::size_t(y)];
                for (std::size_t k = 0; k < tap.weights.size(); ++k)
                    sum += std::int64_t(wide.pixel(x, tap.first + int(k))[c]) * tap.weights[k];
                out.pixel(x, y)[c] = clipped(sum);
            }
    return out;
}

std::vector<float> classifierInput(const Image& patch, const ClassifierConfig& config) {
    if (patch.width != config.patchPx || patch.height != config.patchPx)
        throw Error(ErrorCode::Shape, "A patch of " + std::to_string(patch.width) + " x " + std::to_string(patch.height) +
                                          " px is not of the classifier's size, " + std::to_string(config.patchPx) + " px.");
    const auto fitted = pillowBilinear(patch, config.inputPx, config.inputPx);
    const auto area = std::size_t(config.inputPx) * config.inputPx;
    std::vector<float> values(3 * area);
    for (std::size_t i = 0; i < area; ++i)
        for (std::size_t c = 0; c < 3; ++c) // in single precision, as torchvision
            values[c * area + i] = (float(fitted.rgb[3 * i + c]) / 255.0f - float(config.mean[c])) / float(config.deviation[c]);
    return values;
}

TileClassifier::TileClassifier(const std::filesystem::path& model, const ClassifierConfig& config, std::chrono::milliseconds limit,
                               const std::string& device)
    : m_config(config) {
    if (!std::filesystem::is_regular_file(model))
        throw Error(ErrorCode::NotFound, "The classifier " + model.filename().string() + " was not found; give a TorchScript file.");
    m_program = std::make_unique<Program>(model, limit, "classifier", device);
    const Image blank(config.patchPx, config.patchPx);
    probabilities({blank}); // refuses it before a slide is read
}

TileClassifier::~TileClassifier() = default;

std::vector<std::vector<double>> TileClassifier::probabilities(const std::vector<Image>& patches) {
    constexpr std::size_t batch = 16;
    const auto classes = m_config.classNames.size();
    std::vector<std::vector<double>> all;
    for (std::size_t i = 0; i < patches.size(); i += batch) {
        const auto n = std::min(batch, patches.size() - i);
        auto inputs = at::empty({std::int64_t(n), 3, m_config.inputPx, m_config.inputPx}, at::kFloat);
        for (std::size_t j = 0; j < n; ++j) {
            const auto values = classifierInput(patches[i + j], m_config);
            std::copy(values.begin(), values.end(), inputs.data_ptr<float>() + j * values.size());
        }
        const auto logits = m_program->run(inputs);
        if (std::size_t(logits.size(1)) != classes)
            throw Error(ErrorCode::Shape, "The classifier gives " + std::to_string(logits.size(1)) +
                                              " values where its config.json names " + std::to_string(classes) + " classes.");
        const auto shares = (classes == 1 ? logits.sigmoid() : logits.softmax(1)).contiguous();
        const auto* values = shares.data_ptr<float>();
        for (std::size_t j = 0; j < n; ++j) all.emplace_back(values + j * classes, values + (j + 1) * classes);
    }
    return all;
}

} // namespace phloxine
