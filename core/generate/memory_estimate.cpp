#include "core/generate/memory_estimate.h"

#include <algorithm>
#include <cmath>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/generate/codec.h"
#include "core/generate/windows.h"
#include "core/model/Checkpoint.h"
#include "core/model/compvis_config.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

std::int64_t square(std::int64_t n) { return n * n; }

// The U-Net's blocks in the order of the run, as core/nn/unet.cpp binds them: parameters, and what is alive at once.
class NetworkSize {
public:
    explicit NetworkSize(const nn::UNetConfig& config) : c(config) {
        const int time = 4 * c.modelChannels;
        parameters = square(time) + std::int64_t(time) * (c.modelChannels + 2) + conv(c.inChannels, c.width(0));
        int width = c.width(0), level = 0;
        std::vector<int> skips{width};
        keep(width, 0);
        for (; level < c.levels(); ++level) {
            for (int i = 0; i < c.blocks(level); ++i) block(width, c.width(level), time, level), skips.push_back(width), keep(width, level);
            if (level + 1 == c.levels()) break;
            if (c.convResample) parameters += conv(width, width);
            skips.push_back(width), keep(width, level + 1);
        }
        level = c.levels() - 1;
        res(width, width, time, level), transformer(width, level, true), res(width, width, time, level);
        for (; level >= 0; --level)
            for (int i = 0; i <= c.blocks(level); ++i) {
                const int in = width + skips.back();
                skips.pop_back();
                width = in, block(width, c.width(level), time, level);
                if (level && i == c.blocks(level) && c.convResample) parameters += conv(width, width);
            }
        parameters += 2 * width + conv(width, c.outChannels);
    }
    std::int64_t parameters = 0;
    double elements() const { return kept + 2.4 * largest; } // as measured: oneDNN's scratch and the copies of a block count too

private:
    double kept = 0, largest = 0; // elements for each latent element: skip connections, and beside them the largest block
    static std::int64_t conv(std::int64_t in, std::int64_t out) { return 9 * in * out + out; }
    static double share(int level) { return std::pow(0.25, level); } // positions of a level
    void keep(int width, int level) { kept += width * share(level); }
    void block(int& width, int out, int time, int level) { res(width, out, time, level), transformer(out, level, false), width = out; }
    void res(std::int64_t in, std::int64_t out, std::int64_t time, int level) {
        parameters += 2 * in + conv(in, out) + time * out + out + 2 * out + conv(out, out) + (in == out ? 0 : in * out + out);
        largest = std::max(largest, double(2 * in + 2 * out) * share(level));
    }
    void transformer(std::int64_t w, int level, bool middle) {
        const int factor = 1 << level;
        if (!middle && std::count(c.attentionResolutions.begin(), c.attentionResolutions.end(), factor) == 0) return;
        const int depth = middle && c.transformerDepthMiddle >= 0 ? c.transformerDepthMiddle : c.depth(level);
        const std::int64_t context = c.contextDim ? c.contextDim : w;
        const auto one = 4 * w * w + w + 2 * w * w + 2 * context * w + w + 8 * w * w + 8 * w + 4 * w * w + w + 6 * w;
        parameters += 2 * w + 2 * (w * w + w) + depth * one;
        largest = std::max(largest, double(3 * w + 12 * w) * share(level)); // tokens, and the gated layer before and after its gate
    }
    const nn::UNetConfig& c;
};

// Of the first stages of CompVis; Encoder and Decoder are counted together where they are alike.
void addFirstStage(const nn::AutoencoderConfig& c, ModelSize& size) {
    const auto conv = [](std::int64_t in, std::int64_t out) { return 9 * in * out + out; };
    const auto res = [&](std::int64_t in, std::int64_t out) {
        return 2 * in + conv(in, out) + 2 * out + conv(out, out) + (in == out ? 0 : in * out + out);
    };
    const std::int64_t top = c.width(c.levels() - 1);
    const auto middle = 2 * res(top, top) + (c.attention && c.middleAttention ? 2 * top + 4 * (top * top + top) : 0);
    size.encoderParameters = conv(c.inChannels, c.width(0)) + middle + 2 * top + conv(top, 2 * c.zChannels);
    size.decoderParameters = conv(c.zChannels, top) + middle + 2 * c.width(0) + conv(c.width(0), c.outChannels);
    std::int64_t in = c.width(0);
    for (int level = 0; level < c.levels(); ++level) {
        for (int i = 0; i < c.resBlocks; ++i) size.encoderParameters += res(in, c.width(level)), in = c.width(level);
        if (level + 1 < c.levels()) size.encoderParameters += conv(in, in);
    }
    in = top;
    for (int level = c.levels() - 1; level >= 0; --level) {
        size.decoderElements = std::max(size.decoderElements, 6.2 * double(in) * std::pow(0.25, level));
        for (int i = 0; i <= c.resBlocks; ++i) size.decoderParameters += res(in, c.width(level)), in = c.width(level);
        if (level) size.decoderParameters += conv(in, in);
    }
    size.factor = 1 << (c.levels() - 1);
}

void addFirstStage(const nn::PatchConfig& c, ModelSize& size) {
    const std::int64_t pixels = 3ll * c.patch * c.patch;
    size.encoderParameters = pixels * c.zChannels;
    size.decoderParameters = pixels * c.zChannels;
    std::int64_t in = c.decoderWidths.front();
    for (std::size_t i = 0; i < c.decoderWidths.size(); ++i) {
        const std::int64_t width = c.decoderWidths[i];
        size.decoderParameters += 9 * (in * 4 * width + 4 * width * width);
        size.decoderElements = std::max(size.decoderElements, 3.0 * width / std::pow(4, double(c.decoderWidths.size() - i - 1)));
        in = width;
    }
    size.factor = c.patch;
}

// The tower's shape stands in its weights: as wide as the context, and twelve layers, as all released ones have.
std::int64_t textTower(std::int64_t width) { return (49408 + 77) * width + 12 * (12 * width * width + 13 * width); }

} // namespace

std::optional<ModelSize> sizeOfModel(const std::filesystem::path& model) {
    try {
        const auto source = sourceOfModel(model);
        if (isFolder(source)) return {};
        const auto beside = settingsBeside(source);
        if (beside.empty() || beside.front().extension() != ".yaml") return {};
        const auto config = readCompvisConfig(beside.front());
        const auto* unet = std::get_if<nn::UNetConfig>(&config.network);
        if (!unet) return {};
        ModelSize size;
        if (const auto* k = std::get_if<nn::KlConfig>(&config.firstStage)) addFirstStage(*k, size);
        else if (const auto* v = std::get_if<nn::VqConfig>(&config.firstStage)) addFirstStage(*v, size);
        else if (const auto* p = std::get_if<nn::PatchConfig>(&config.firstStage)) addFirstStage(*p, size);
        else return {};
        const NetworkSize network(*unet);
        size.networkParameters = network.parameters;
        size.networkElements = network.elements();
        if (std::holds_alternative<TextEncoderConfig>(config.condition)) size.conditionParameters = textTower(unet->contextDim);
        return size;
    } catch (const Error&) { return {}; } // the run will say what is wrong with it
}

GenerateMemory estimateMemory(const ModelSize& model, const ModelCard& card, const GenerateRequest& request) {
    constexpr std::int64_t programBytes = 192ll << 20; // of LibTorch and ourselves, after kernels have run
    const bool gpu = request.device.starts_with("cuda");
    const auto precision = choosePrecision(request.precision, gpu ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU));
    const std::int64_t bytes = precisionWord(precision) == "bf16" ? 2 : 4;
    const int width = request.widthPx ? request.widthPx : card.tileSizePx, height = request.heightPx ? request.heightPx : card.tileSizePx;
    const int tile = card.tileSizePx / model.factor;
    // A larger canvas goes through windows of one tile, four at once.
    const auto windows =
        windowsAlong(width / model.factor, tile, (tile + 1) / 2).size() * windowsAlong(height / model.factor, tile, (tile + 1) / 2).size();
    const double maps = double(request.batch) * (request.guidance == 1 ? 1 : 2) * double(std::min<std::size_t>(windows, 4));
    const double step = maps * tile * tile * model.networkElements * double(bytes);
    const int window = codecWindows(card.tileSizePx, model.factor).size * model.factor;
    const double decode = double(std::min(width, window)) * std::min(height, window) * model.decoderElements * double(bytes);
    const double picture = double(width) * height * 3 * (4 + 4 + 1); // in float, clamped, and as bytes
    GenerateMemory memory;
    memory.program = gpu ? 0 : programBytes;
    memory.weights = model.parameters() * bytes;
    memory.work = std::int64_t(std::max(step, decode) + picture + (gpu ? step : 0)); // a recorded step keeps its maps (GraphedNetwork.h)
    return memory;
}

} // namespace phloxine
