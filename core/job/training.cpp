// A training as a job: step by step, with what else waits done in between, and a state on disk however it ends.
#include <chrono>
#include <ctime>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/job/jobs.h"
#include "core/tensor/devices.h"
#include "core/train/AutoencoderRun.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto shortestInterval = std::chrono::milliseconds(200); // between two reports

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// RUN/sessions.jsonl: when the training was at work, for whoever looks at its log later. A row that cannot be written is no reason to stop.
void noteSession(const fs::path& run, const char* event, std::int64_t images) {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char time[32];
    std::strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc);
    std::ofstream(run / "sessions.jsonl", std::ios::app) << Json({{"event", event}, {"time", time}, {"images", images}}).dump() << "\n";
}

// Mean time of a step over the last ones, with what is measured, drawn and saved at some of them.
class Pace {
public:
    void add(double seconds) {
        ++m_steps;
        m_mean += (seconds - m_mean) * std::max(0.02, 1.0 / double(m_steps));
    }
    double secondsPerStep() const { return m_mean; }

private:
    double m_mean = 0;
    std::int64_t m_steps = 0;
};

TrainingReport reportOf(const TrainStep& step, const TrainRecipe& recipe, const fs::path& folder) {
    const auto due = [&](std::int64_t every) { return every > 0 && step.step % every == 0; };
    TrainingReport report;
    report.step = step.step, report.images = step.images, report.loss = step.loss, report.memoryBytes = step.memoryBytes;
    report.validationLoss = step.validationLoss;
    report.saved = due(recipe.watch.checkpointEvery) || step.step == recipe.steps;
    if (due(recipe.watch.samplesEvery)) report.samples = folder / "samples" / (std::to_string(step.images) + ".png");
    return report;
}

TrainingReport reportOf(const AutoencoderStep& step, const AutoencoderRecipe& recipe, const fs::path&) {
    TrainingReport report;
    report.step = step.step, report.images = step.step * recipe.batch, report.loss = step.loss, report.memoryBytes = residentMemoryBytes();
    report.saved = step.step == recipe.steps;
    return report;
}

void writeModelNow(DiffusionRun& run, const fs::path& folder) { run.writeModel(folder); }
void writeModelNow(AutoencoderRun&, const fs::path&) {} // an autoencoder is written when it is finished, with its report

void complete(DiffusionRun&, const std::function<void(const std::string&)>&) {}
void complete(AutoencoderRun& run, const std::function<void(const std::string&)>& notice) {
    const auto report = run.finish();
    char line[160];
    std::snprintf(line, sizeof line, "The autoencoder is ready: PSNR %.2f dB, SSIM %.4f on %d %stiles.", report.trained.psnr,
                  report.trained.ssim, report.tiles, report.heldOut ? "held-out " : "");
    notice(line);
}

// A new run that could not begin leaves nothing that would bar the next try; latents and what others do there stay.
template <typename Run, typename Recipe>
std::unique_ptr<Run> begin(const Recipe& recipe, const TrainJob& job, const TrainHooks& hooks) {
    const bool fresh = !isThere(job.folder / "recipe.json");
    try {
        return std::make_unique<Run>(recipe, job.data, job.folder, job.resume, hooks);
    } catch (const Error& e) {
        std::error_code ignored;
        if (fresh && e.code() != ErrorCode::Busy)
            for (const auto* part : {"recipe.json", "data.json", "base"}) fs::remove_all(job.folder / part, ignored);
        throw;
    }
}

template <typename Run, typename Recipe>
void follow(JobId id, const Recipe& recipe, const TrainJob& job, const JobTools& tools) {
    TrainHooks hooks;
    hooks.device = tools.device;
    hooks.notice = [&](const std::string& sentence) { tools.events.notice(id, sentence); };
    hooks.progress = [&](const Progress& progress) {
        if (tools.between()) throw Cancelled();
        tools.events.progress(id, progress);
    };
    hooks.progress({"Preparing the training", 0});
    const auto training = begin<Run>(recipe, job, hooks);
    auto& run = *training;
    const auto images = [&] { return run.stepsDone() * recipe.batch; };
    noteSession(job.folder, "started", images());
    Pace pace;
    auto reported = Clock::now() - shortestInterval;
    try {
        while (!run.finished()) {
            if (const auto stop = tools.between()) {
                tools.events.progress(id, {"Saving the state", double(run.stepsDone()) / double(recipe.steps)});
                run.save();
                if (*stop == Stop::WithModel) writeModelNow(run, job.folder / "models" / std::to_string(images()));
                throw Cancelled();
            }
            const auto start = Clock::now();
            auto report = reportOf(run.step(), recipe, job.folder);
            pace.add(secondsSince(start));
            report.steps = recipe.steps;
            report.imagesPerSecond = recipe.batch / pace.secondsPerStep();
            report.secondsLeft = pace.secondsPerStep() * double(recipe.steps - report.step);
            const bool news = report.validationLoss || report.saved || !report.samples.empty();
            if (!news && Clock::now() - reported < shortestInterval) continue;
            reported = Clock::now();
            tools.events.trained(id, report);
        }
        complete(run, hooks.notice);
        noteSession(job.folder, "finished", images());
    } catch (const Cancelled&) {
        noteSession(job.folder, "stopped", images());
        throw;
    } catch (const std::exception& e) {
        noteSession(job.folder, "failed", images());
        if (!tellsOfFullMemory(e)) throw;
        throw Error(ErrorCode::OutOfMemory,
                    "The memory was full; the last saved state is safe. Use a smaller batch, or close other programs.");
    } catch (...) {
        noteSession(job.folder, "failed", images());
        throw;
    }
}

} // namespace

void run(JobId id, const TrainJob& job, const JobTools& tools) {
    if (const auto* recipe = std::get_if<TrainRecipe>(&job.recipe)) follow<DiffusionRun>(id, *recipe, job, tools);
    else follow<AutoencoderRun>(id, std::get<AutoencoderRecipe>(job.recipe), job, tools);
}

} // namespace phloxine
