// Operations on features: Inception and its resizes, distances between feature sets.
#include "core/measure/distances/frechet.h"
#include "core/measure/distances/inception_resize.h"
#include "core/measure/distances/kernel_distance.h"
#include "core/measure/distances/prdc.h"
#include "core/nn/inception.h"
#include "core/tensor/formula_weights.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace {

at::Tensor number(double value) { return at::full({1}, value, at::kDouble); }

const at::Tensor& real(const Case& c) { return c.inputs.at("real"); }
const at::Tensor& fake(const Case& c) { return c.inputs.at("fake"); }

nn::Inception inceptionOf(const Case& c, Weights& made) {
    if (c.parameters.value("weights", std::string()) != "formula/1")
        return nn::Inception(WeightView(made = openCase(c).weights, fullPrecision(c)));
    const auto salt = c.parameters.at("salt").get<std::string>() + c.parameters.value("key_prefix", std::string());
    const double gain = c.parameters.value("gain", 1.0);
    TensorSource source{made, [&](const std::string& key, at::IntArrayRef shape) { return formulaWeight(salt, key, shape, gain); }};
    auto binding = fullPrecision(c);
    binding.source = &source;
    return nn::Inception(WeightView(made, binding));
}

} // namespace

Weights runInception(const Case& c) {
    Weights made;
    const auto inception = inceptionOf(c, made);
    const auto features = [&](const char* resize) { return inception(inceptionInput(c.inputs.at("image"), findInceptionResize(resize))); };
    Weights out;
    for (const auto& name : c.wanted) {
        if (name == "features") out[name] = features("pytorch-fid");
        if (name == "features_tf1") out[name] = features("tf1");
        if (name == "features_cleanfid" || name == "features_cleanfid-bicubic") out[name] = features("cleanfid");
    }
    return out;
}

Weights runInceptionResize(const Case& c) {
    const auto rows = at::tensor(c.parameters.at("rows").get<std::vector<std::int64_t>>(), at::kLong);
    Weights out;
    for (const auto& method : c.parameters.at("methods").get<std::vector<std::string>>()) {
        const auto image = findInceptionResize(method == "cleanfid-bicubic" ? "cleanfid" : method).resize(c.inputs.at("image"));
        out["rows_" + method] = image.index_select(2, rows);
        out["mean_" + method] = image.to(at::kDouble).mean({0, 2, 3});
        out["std_" + method] = image.to(at::kDouble).std({0, 2, 3});
    }
    return out;
}

Weights runFid(const Case& c) {
    Weights out{{"fid", number(frechetDistance(real(c), fake(c)))}};
    for (const auto& name : c.wanted) {
        if (name == "fid") continue;
        const auto moments = momentsOf(name.ends_with("_real") ? real(c) : fake(c));
        out[name] = name.starts_with("mu_") ? moments.mean : moments.covariance();
    }
    return out;
}

Weights runKid(const Case& c) {
    const auto kernel = polynomialKernel();
    std::vector<double> values;
    const auto &ofReal = c.inputs.at("subset_real"), &ofFake = c.inputs.at("subset_fake");
    for (std::int64_t i = 0; i < ofReal.size(0); ++i)
        values.push_back(discrepancy(real(c).index_select(0, ofReal[i]), fake(c).index_select(0, ofFake[i]), kernel));
    const auto each = at::tensor(values, at::kDouble);
    const auto first = std::min(real(c).size(0), fake(c).size(0));
    return {{"kid_per_subset", each},
            {"kid_mean", each.mean().view(1)},
            {"kid_std", each.std(0, /*unbiased=*/false).view(1)},
            {"kid_first_all", number(discrepancy(real(c).narrow(0, 0, first), fake(c).narrow(0, 0, first), kernel))}};
}

Weights runPrdc(const Case& c) {
    const auto result = prdc(real(c), fake(c), c.parameters.value("nearest_k", prdcNeighbours));
    return {{"precision", number(result.precision)},
            {"recall", number(result.recall)},
            {"density", number(result.density)},
            {"coverage", number(result.coverage)}};
}

} // namespace phloxine::verify
