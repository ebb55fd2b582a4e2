// Operations of training: the loss with its gradients, and a few steps of the optimiser.
#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/train/objective.h"
#include "core/train/optimiser.h"
#include "core/verify/model_case.h"

namespace phloxine::verify {

namespace {

const std::string prefix = "model.diffusion_model.";

// The network's weights as differentiable masters, and the rest of the checkpoint.
struct Trained {
    Checkpoint checkpoint;
    Weights masters; // full keys
    NoiseSchedule schedule;
    Prediction prediction;
    std::vector<std::string> names; // of the case, without the prefix

    explicit Trained(const Case& c) : checkpoint(openCase(c)), schedule(bindSchedule(checkpoint)) {
        if (c.parameters.value("loss", std::string("l2")) != "l2") throw NotYet{"only the loss l2 is there"};
        prediction = predictionFrom(c.parameters.value("prediction", checkpoint.config.prediction));
        names = c.parameters.at("parameter_names").get<std::vector<std::string>>();
        for (const auto& name : names) {
            auto& weight = checkpoint.weights.at(prefix + name);
            weight = weight.to(c.device, at::kFloat, false, true).contiguous().requires_grad_(true);
            masters[prefix + name] = weight;
        }
    }

    // The loss of a batch, with gradients left in the masters.
    double lossAndGradients(const at::Tensor& latent, const at::Tensor& noise, const at::Tensor& t, const at::Tensor& context) const {
        std::vector<Level> levels;
        for (std::int64_t i = 0; i < t.numel(); ++i) levels.push_back(schedule.at(int(t[i].item<std::int64_t>())));
        const auto batch = noisyBatch(prediction, latent, noise, levels);
        const c10::AutoGradMode on(true);
        const auto network = bindNetwork(checkpoint, Binding::train());
        const auto loss = lossPerSample((*network)(batch.x, batch.t, {context, {}}), batch.target).mean();
        loss.backward();
        return loss.item<double>();
    }

    // The norm of `of(key)` for each parameter of the case.
    at::Tensor norms(const std::function<at::Tensor(const std::string&)>& of) const {
        auto all = at::empty({std::int64_t(names.size())}, at::kFloat);
        for (std::size_t i = 0; i < names.size(); ++i) all[std::int64_t(i)] = of(prefix + names[i]).norm();
        return all;
    }
};

// Stores what the case wants of `weights` under `word`.NAME.
void addWanted(const Case& c, const std::string& word, const std::function<at::Tensor(const std::string&)>& of, Weights& out) {
    for (const auto& name : c.wanted)
        if (name.starts_with(word + ".")) out[name] = of(prefix + name.substr(word.size() + 1)).detach();
}

OptimiserSettings optimiserOf(const Json& p) {
    if (p.value("optimizer", std::string("adamw")) != "adamw") throw NotYet{"only AdamW is there"};
    if (!p.value("ema_use_num_updates", true)) throw NotYet{"means without a warm-up are not there"};
    OptimiserSettings s;
    s.beta1 = p.at("betas").at(0), s.beta2 = p.at("betas").at(1), s.epsilon = p.at("eps"), s.weightDecay = p.at("weight_decay");
    s.decayVectors = true;
    s.clipNorm = p.at("gradient_clip_norm").is_number() ? p.at("gradient_clip_norm").get<double>() : 0;
    s.emaDecays = {p.at("ema_decay").get<double>()};
    return s;
}

} // namespace

Weights runLossAndGradients(const Case& c) {
    const Trained trained(c);
    const double loss = trained.lossAndGradients(c.inputs.at("latent"), c.inputs.at("noise"), c.inputs.at("t"), c.inputs.at("context"));
    const auto gradient = [&](const std::string& key) {
        const auto& g = trained.masters.at(key).grad();
        return g.defined() ? g : at::zeros_like(trained.masters.at(key));
    };
    Weights out{{"loss", at::full({1}, loss, at::kFloat)}, {"grad_norms", trained.norms(gradient)}};
    addWanted(c, "grad", gradient, out);
    return out;
}

Weights runTrajectory(const Case& c) {
    const auto& p = c.parameters;
    if (p.at("f_max") != 1.0 || p.at("f_min") != 1.0) throw NotYet{"only a constant rate after the warm-up is there"};
    const Trained trained(c);
    Weights before;
    for (const auto& [key, master] : trained.masters) before[key] = master.detach().clone();
    Optimiser optimiser(trained.masters, optimiserOf(p));
    const RateSettings rates{p.at("lr"), p.at("f_start"), p.at("warm_up_steps"), 0, 1};
    const int steps = p.at("steps");
    auto losses = at::empty({steps}, at::kFloat), learningRates = at::empty({steps}, at::kFloat), norms = at::empty({steps}, at::kFloat);
    for (int i = 0; i < steps; ++i) {
        losses[i] =
            trained.lossAndGradients(c.inputs.at("latent")[i], c.inputs.at("noise")[i], c.inputs.at("t")[i], c.inputs.at("context")[i]);
        learningRates[i] = rateAt(rates, i);
        norms[i] = optimiser.step(rateAt(rates, i));
    }
    const auto means = optimiser.mean(0);
    const auto weight = [&](const std::string& key) { return trained.masters.at(key).detach(); };
    const auto mean = [&](const std::string& key) { return means.at(key); };
    Weights out{{"losses", losses},
                {"learning_rates", learningRates},
                {"gradient_norms", norms},
                {"weight_norms", trained.norms(weight)},
                {"ema_norms", trained.norms(mean)},
                {"weight_change_norms", trained.norms([&](const std::string& key) { return weight(key) - before.at(key); })},
                {"ema_change_norms", trained.norms([&](const std::string& key) { return mean(key) - before.at(key); })}};
    addWanted(c, "weight", weight, out);
    addWanted(c, "ema", mean, out);
    return out;
}

} // namespace phloxine::verify
