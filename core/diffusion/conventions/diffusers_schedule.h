#pragma once
// What the schedulers of diffusers 0.42 share: their configuration, their betas and the times and sigmas of a run. Upstream computes in
// float32 and so does this, because 1 - abar at t = 0 keeps only four digits of it.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/diffusion/schedule.h"

namespace phloxine {

// scheduler_config.json of one class; a key that is missing, or null, has the default that the caller names.
class SchedulerConfig {
public:
    SchedulerConfig(std::string className, Json json) : className(std::move(className)), m_json(std::move(json)) {}

    std::string className;

    bool has(const char* key) const { return m_json.contains(key) && !m_json[key].is_null(); }
    double number(const char* key, double byDefault) const;
    int whole(const char* key, int byDefault) const;
    bool flag(const char* key, bool byDefault = false) const;
    std::string word(const char* key, const char* byDefault) const;
    std::vector<double> numbers(const char* key) const;
    int timesteps() const { return whole("num_train_timesteps", 1000); }
    bool is(std::initializer_list<std::string_view> names) const;
    [[noreturn]] void refuse(const std::string& what) const; // Error(Unsupported): "The scheduler X with `what` is not supported."

private:
    Json m_json;
};

std::vector<double> diffusersBetas(const SchedulerConfig& config); // linear, scaled_linear, squaredcos_cap_v2, ..., zero SNR
NoiseSchedule diffusersSchedule(const SchedulerConfig& config);    // abar; 2^-24 at the end for the classes that divide by it

// Visited times, noisiest first, by timestep_spacing. The classes differ: DDIM and its kin use whole times of 0 .. T-1, those that follow
// k-diffusion fractional ones, the solvers (DPM++, UniPC) whole ones of one step more, whose last one is left out.
enum class TimeFamily { Whole, Fractional, Solver };
std::vector<double> diffusersTimes(const SchedulerConfig& config, TimeFamily family, int steps, const char* spacing, int last);

// The table of sigma / alpha over t in float32, and its inverse (_sigma_to_t).
class SigmaTable {
public:
    explicit SigmaTable(const NoiseSchedule& schedule);
    double at(double t) const; // linear between the entries
    double timeOf(double sigma) const;
    double lowest() const { return m_sigmas.front(); }
    double highest() const { return m_sigmas.back(); }
    double lowestLog() const { return m_logs.front(); }
    double highestLog() const { return m_logs.back(); }

private:
    std::vector<float> m_sigmas, m_logs;
};

// use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas: n sigmas from high to low, without the final one. False when none is set.
bool respaced(const SchedulerConfig& config, int n, double low, double high, std::vector<double>& sigmas);

} // namespace phloxine
