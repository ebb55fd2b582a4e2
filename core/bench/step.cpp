// The speed of a checkpoint on a device: one guided step, decoding, and whole batches, for packaging/bench/gpu.
#include <chrono>

#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <nlohmann/json.hpp>

#include "core/bench/bench.h"
#include "core/diffusion/guidance.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/generate/GraphedNetwork.h"
#include "core/model/Model.h"
#include "core/tensor/devices.h"
#include "core/tensor/noise.h"

namespace phloxine {

namespace {

using Clock = std::chrono::steady_clock;

void wait(at::Device device) {
    if (device.is_cuda()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

// Seconds of each run but the first two, which choose algorithms.
std::vector<double> timed(int runs, at::Device device, const std::function<void()>& work) {
    std::vector<double> seconds;
    for (int run = -2; run < runs; ++run) {
        wait(device);
        const auto start = Clock::now();
        work();
        wait(device);
        if (run >= 0) seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    return seconds;
}

} // namespace

Json measureStep(const std::filesystem::path& file, const StepMeasure& how) {
    const auto device = chooseDevice(how.device);
    const auto dtype = choosePrecision(how.precision, device);
    const c10::AutoGradMode off(false);
    resetPeakMemory(device);
    const auto begin = Clock::now();
    const auto checkpoint = openCheckpoint(file);
    const auto binding = Binding::forInference(dtype, device);
    const auto network = bindNetwork(checkpoint, binding);
    const auto autoencoder = bindAutoencoder(checkpoint, binding);
    const auto condition = bindCondition(checkpoint, binding);
    wait(device);
    Json result{{"device", deviceName(device)},
                {"precision", precisionWord(dtype)},
                {"load_seconds", std::chrono::duration<double>(Clock::now() - begin).count()}};
    const auto prediction = predictionFrom(checkpoint.config.prediction);
    SamplerChoice choice;
    choice.sampler = prediction == Prediction::Flow ? "flow_euler" : "dpmpp_2m", choice.steps = how.steps;
    const auto plan = planFor(bindSchedule(checkpoint), prediction, choice);
    const int side = how.sidePx / autoencoder->factor();
    const auto text = condition->encode({.texts = {"tissue"}}), none = condition->unconditional(1);
    PhiloxNoise noise(1);
    for (const int batch : how.batches) {
        const GraphedNetwork graphed(*network);
        GuidedDenoiser guided(graphed, prediction, nn::expand(text, batch), nn::expand(none, batch), 2);
        const auto x = noise.draw({batch, network->inChannels(), side, side}).to(device);
        const auto level = plan.levels.front();
        Json row{{"batch", batch}};
        row["guided_step_seconds"] = timed(how.runs, device, [&] { (void)guided(x, level); });
        row["decode_seconds"] = timed(how.runs, device, [&] { (void)autoencoder->decode(x.slice(1, 0, autoencoder->latentChannels())); });
        row["tiles_seconds"] = timed(std::max(1, how.runs / 4), device, [&] {
            const auto latent = run(plan, guided, x, noise) / scaleFactor(checkpoint) + checkpoint.config.shiftFactor;
            (void)autoencoder->decode(latent).cpu();
        });
        row["peak_bytes"] = peakMemory(device);
        result["batches"].push_back(row);
    }
    return result;
}

} // namespace phloxine
