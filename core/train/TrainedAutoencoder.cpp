#include "core/train/TrainedAutoencoder.h"

#include <cmath>
#include <set>

#include <c10/core/GradMode.h>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/model/Model.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/noise.h"
#include "core/train/base_model.h"
#include "core/train/draws.h"
#include "core/train/patch_transform.h"

namespace phloxine {

namespace {

constexpr std::int64_t statisticsTiles = 1500;
const std::string codebook = "quantize.embedding.weight", prefix = "first_stage_model.";

nn::PatchConfig patchConfig(const AutoencoderRecipe& r) { return {r.patch, r.zChannels, r.normGroups, r.decoderWidths}; }

template <typename Config>
Config bodyOf(const AutoencoderRecipe& r) {
    Config c;
    c.channels = r.channels, c.resBlocks = r.resBlocks, c.zChannels = c.embedDim = r.zChannels, c.resolution = r.data.tileSizePx;
    c.channelMult = r.channelMult, c.attentionResolutions.clear(), c.attention = r.attention;
    return c;
}

decltype(ModelConfig::firstStage) configOf(const AutoencoderRecipe& r) {
    if (r.network == "patch") return patchConfig(r);
    if (r.network == "kl") return bodyOf<nn::KlConfig>(r);
    auto c = bodyOf<nn::VqConfig>(r);
    c.codes = r.codes;
    return c;
}

Binding training(at::ScalarType precision) {
    auto binding = Binding::train();
    binding.dtype = precision;
    return binding;
}

class TrainedPatch final : public TrainedAutoencoder {
public:
    TrainedPatch(const AutoencoderRecipe& recipe, const nn::PatchConfig& config, const Weights& begin, at::ScalarType precision)
        : m_config(config), m_jitter(recipe.jitter), m_seed(recipe.seed) {
        m_precision = precision, m_begun = true;
        for (const auto& [key, tensor] : begin)
            (key.starts_with("decoder.net.") ? m_masters : m_frozen)[key] = tensor.to(at::kFloat).clone(at::MemoryFormat::Contiguous);
        (void)bound(m_masters); // names the tensor that does not fit
    }
    AutoencoderPass pass(const at::Tensor& image, std::int64_t step) const override {
        const auto autoencoder = bound(m_masters);
        auto latent = autoencoder.encode(image);
        Dice dice(mixedSeed(m_seed, "jitter", std::uint64_t(step)));
        const auto noise = PhiloxNoise(mixedSeed(m_seed, "latent noise", std::uint64_t(step))).draw(latent.sizes()).to(latent.device());
        latent = latent + noise * (m_jitter * dice.uniform());
        return {autoencoder.decode(latent), {}};
    }
    std::unique_ptr<nn::Autoencoder> with(const Weights& trained) const override {
        return std::make_unique<nn::PatchAutoencoder>(bound(trained));
    }

private:
    nn::PatchAutoencoder bound(const Weights& trained) const { return {WeightView(cast(trained), training(m_precision)), m_config}; }
    nn::PatchConfig m_config;
    double m_jitter;
    std::uint64_t m_seed;
};

// KL and VQ: all is trained, or what comes after the latent.
template <typename Network, typename Config>
class TrainedConvolutions : public TrainedAutoencoder {
public:
    TrainedConvolutions(const AutoencoderRecipe& recipe, const Config& config, const Weights& begin, at::ScalarType precision)
        : m_recipe(recipe), m_config(config) {
        m_precision = precision, m_begun = !recipe.start.empty();
        for (const auto& [key, tensor] : begin) {
            const bool after = key.starts_with("decoder.") || key.starts_with("post_quant_conv.");
            (recipe.decoderOnly && !after ? m_frozen : m_masters)[key] = tensor.to(at::kFloat).clone(at::MemoryFormat::Contiguous);
        }
        (void)bound(m_masters); // names the tensor that does not fit
    }
    std::unique_ptr<nn::Autoencoder> with(const Weights& trained) const override { return std::make_unique<Network>(bound(trained)); }

protected:
    Network bound(const Weights& trained) const { return {WeightView(cast(trained), training(m_precision)), m_config}; }
    AutoencoderRecipe m_recipe;
    Config m_config;
};

class TrainedKl final : public TrainedConvolutions<nn::KlAutoencoder, nn::KlConfig> {
public:
    using TrainedConvolutions::TrainedConvolutions;
    AutoencoderPass pass(const at::Tensor& image, std::int64_t step) const override {
        const auto autoencoder = bound(m_masters);
        const auto [mean, logvar] = autoencoder.moments(image);
        const auto noise = PhiloxNoise(mixedSeed(m_recipe.seed, "posterior", std::uint64_t(step))).draw(mean.sizes()).to(mean.device());
        const auto made = autoencoder.decode(mean + noise * (logvar * 0.5).exp());
        // CompVis weighs sums over a picture; here both are means over its values.
        const auto divergence = (mean.square() + logvar.exp() - 1 - logvar).sum() * 0.5 / double(image.numel());
        return {made, divergence * m_recipe.klWeight};
    }
};

class TrainedVq final : public TrainedConvolutions<nn::VqAutoencoder, nn::VqConfig> {
public:
    using TrainedConvolutions::TrainedConvolutions;
    AutoencoderPass pass(const at::Tensor& image, std::int64_t) const override {
        const auto autoencoder = bound(m_masters);
        const auto latent = autoencoder.encode(image);
        const auto nearest = autoencoder.quantise(latent).latent;
        const auto loss = (nearest - latent.detach()).square().mean() + m_recipe.commitment * (nearest.detach() - latent).square().mean();
        return {autoencoder.decode(latent + (nearest - latent).detach(), false), loss};
    }
    // A codebook begins with latents as they come, and entries that none is near to begin anew: at step 0, 100, 200, 400, ... of the first
    // three quarters. A pure function of weights and step, so that a training goes on as if it had not stopped.
    void beforeStep(std::int64_t step, const std::function<at::Tensor(std::uint64_t)>& crops) override {
        const auto hundreds = step / 100;
        const bool due = step % 100 == 0 && (hundreds & (hundreds - 1)) == 0 && step * 4 < m_recipe.steps * 3;
        if (!due || m_recipe.decoderOnly || (step == 0 && m_begun)) return;
        const c10::AutoGradMode off(false);
        const auto autoencoder = bound(m_masters);
        auto& book = m_masters.at(codebook);
        std::vector<at::Tensor> found, codes;
        for (std::int64_t vectors = 0, i = 0; vectors < 4 * book.size(0) && i < 64; ++i) {
            const auto latent = autoencoder.encode(crops(mixedSeed(m_recipe.seed, "codebook", std::uint64_t(step * 64 + i))));
            found.push_back(nn::toTokens(latent).reshape({-1, book.size(1)})),
                codes.push_back(autoencoder.quantise(latent).codes.flatten());
            vectors += found.back().size(0);
        }
        const auto all = at::cat(found);
        const auto uses = step == 0 ? at::zeros({book.size(0)}, at::kLong) : at::bincount(at::cat(codes).cpu(), {}, book.size(0));
        Dice dice(mixedSeed(m_recipe.seed, "entries", std::uint64_t(step)));
        for (std::int64_t i = 0; i < book.size(0); ++i)
            if (uses[i].item<std::int64_t>() == 0) book[i].copy_(all[dice.below(int(all.size(0)))]);
    }
};

// As torch.nn begins; a codebook as taming's does.
at::Tensor initial(const std::string& salt, const std::string& key, at::IntArrayRef shape) {
    if (key == codebook) return formulaWeight(salt, key, shape, std::sqrt(1.0 / 3) * std::sqrt(double(shape[1])) / double(shape[0]));
    if (key.ends_with("bias")) return at::zeros(shape, at::kFloat);
    if (shape.size() == 1) return at::ones(shape, at::kFloat);
    return formulaWeight(salt, key, shape, std::sqrt(1.0 / 3));
}

Checkpoint ofStart(const AutoencoderRecipe& recipe) {
    auto start = openAutoencoder(recipe.start);
    if (start.config.firstStage.index() != configOf(recipe).index())
        throw Error(ErrorCode::WrongUse, "The autoencoder to start from is not of the recipe's \"network\" (" + recipe.network +
                                             "); correct it or give another start.");
    std::set<std::string> used;
    auto binding = Binding::train();
    binding.seen = &used;
    (void)bindAutoencoder(start, binding);
    start.config.scaleFactor = scaleFactor(start);
    std::erase_if(start.weights, [&](const auto& item) { return !used.count(item.first); });
    return start;
}

} // namespace

at::Tensor turned(const at::Tensor& map, int orientation) {
    const auto flipped = orientation >= 4 ? map.flip({2}) : map;
    return at::rot90(flipped, orientation % 4, {1, 2});
}

at::Tensor signedFrom(const at::Tensor& bytes) { return bytes.to(at::kFloat) * (2.0 / 255) - 1; }

Weights TrainedAutoencoder::cast(const Weights& trained) const {
    auto all = m_frozen;
    for (const auto& [key, tensor] : trained) {
        const auto sibling = trained.find(key.substr(0, key.rfind('.')) + ".weight");
        const bool narrow = sibling->second.dim() > 1 && key != codebook; // norms, too, stay in float32
        all[key] = narrow ? tensor.to(m_precision) : tensor;
    }
    return all;
}

Checkpoint beginAutoencoder(const AutoencoderRecipe& recipe, const at::Tensor& pixels, const ProgressHook& progress) {
    const c10::AutoGradMode off(false);
    if (!recipe.start.empty()) return ofStart(recipe);
    Checkpoint begin;
    begin.name = "the autoencoder", begin.config.firstStage = configOf(recipe);
    Weights weights;
    const auto prefixed = [&] {
        for (const auto& [key, tensor] : weights) begin.weights[prefix + key] = tensor;
        return begin;
    };
    if (recipe.network == "patch") {
        PatchStatistics statistics(recipe.patch);
        const auto n = pixels.size(0), count = std::min(n, statisticsTiles);
        for (std::int64_t i = 0; i < count; ++i) {
            if (progress) progress({"Finding the components of the patches", double(i) / double(count)});
            statistics.add(turned(signedFrom(pixels[i * n / count]), int(i % 8)).unsqueeze(0).contiguous());
        }
        weights = statistics.transform(recipe.zChannels, recipe.whitening);
        weights.merge(newPatchDecoder(recipe.zChannels, recipe.decoderWidths, recipe.seed));
        return prefixed();
    }
    const auto salt = std::to_string(recipe.seed) + ":";
    TensorSource source{weights, [&](const std::string& key, at::IntArrayRef shape) { return initial(salt, key, shape); }};
    auto making = Binding::train();
    making.source = &source;
    const auto& config = begin.config.firstStage;
    if (const auto* kl = std::get_if<nn::KlConfig>(&config)) nn::KlAutoencoder(WeightView(weights, making), *kl);
    else nn::VqAutoencoder(WeightView(weights, making), std::get<nn::VqConfig>(config));
    return prefixed();
}

std::unique_ptr<TrainedAutoencoder> trainedAutoencoder(const AutoencoderRecipe& recipe, const Checkpoint& begin, at::ScalarType precision,
                                                       at::Device device) {
    auto weights = subset(begin.weights, prefix);
    for (auto& [key, tensor] : weights) tensor = tensor.to(device);
    const auto& config = begin.config.firstStage;
    std::unique_ptr<TrainedAutoencoder> trained;
    if (const auto* kl = std::get_if<nn::KlConfig>(&config)) trained = std::make_unique<TrainedKl>(recipe, *kl, weights, precision);
    else if (const auto* vq = std::get_if<nn::VqConfig>(&config)) trained = std::make_unique<TrainedVq>(recipe, *vq, weights, precision);
    else trained = std::make_unique<TrainedPatch>(recipe, std::get<nn::PatchConfig>(config), weights, precision);
    for (const auto& [key, tensor] : trained->masters()) const_cast<at::Tensor&>(tensor).requires_grad_(true);
    return trained;
}

} // namespace phloxine
