#include <cstdlib>
#include <cstring>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/bench/bench.h"

namespace phloxine::cli {

namespace {

Json toJson(const BenchResult& r) {
    return {
        {"name", r.name},     {"seconds_min", r.secondsMin},     {"seconds_median", r.secondsMedian},      {"seconds_p95", r.secondsP95},
        {"gflops", r.gflops}, {"ceiling_share", r.ceilingShare}, {"peak_memory_bytes", r.peakMemoryBytes}, {"note", r.note}};
}

std::string lineOf(const BenchResult& r) {
    const auto field = [](const char* head, double value, const char* unit) {
        char text[40];
        if (value > 0) std::snprintf(text, sizeof text, "%s %9.3f %-4s", head, value, unit);
        else std::snprintf(text, sizeof text, "%*s", int(std::strlen(head)) + 15, ""); // not measured
        return std::string(text);
    };
    const auto time = [&](const char* head, double seconds) {
        return field(head, seconds < 1 ? seconds * 1000 : seconds, seconds < 1 ? "ms" : "s");
    };
    char name[96];
    std::snprintf(name, sizeof name, "%-52s ", r.name.c_str());
    return name + time("min", r.secondsMin) + time("median", r.secondsMedian) + time("p95", r.secondsP95) +
           field("peak", double(r.peakMemoryBytes) / (1 << 20), "MiB") + r.note;
}

std::filesystem::path cacheFolder() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME")) return std::filesystem::path(cache) / "phloxine" / "bench";
    return std::filesystem::temp_directory_path() / "phloxine-bench";
}

} // namespace

Run addBench(CLI::App& command) {
    auto names = std::make_shared<std::vector<std::string>>();
    auto options = std::make_shared<BenchOptions>();
    auto measured = std::make_shared<std::string>();
    auto reads = std::make_shared<std::string>();
    auto threads = std::make_shared<int>(1);
    auto precision = std::make_shared<std::string>("bf16");
    auto stepped = std::make_shared<std::string>();
    auto step = std::make_shared<StepMeasure>();
    options->folder = cacheFolder();
    std::string known;
    for (const auto& row : benchmarks()) known += (known.empty() ? "" : ", ") + std::string(row.id);
    command.add_option("names", *names, "Which of " + known + "; default: all");
    command.add_option("--runs", options->runs, "Measurements of each")->check(CLI::Range(1, 1000))->capture_default_str();
    command.add_option("--python", options->python, "Python with torch, safetensors and openslide-python, to measure beside");
    command.add_option("--slide", options->slides, "More slides for the benchmark viewer")->check(CLI::ExistingFile);
    command.add_option("--folder", options->folder, "Folder for large files, kept for the next run")->capture_default_str();
    command.add_option("--measure-load", *measured, "One measurement, in this process")->group("");
    command.add_option("--precision", *precision, "Precision of that measurement")->group("");
    command.add_option("--measure-reads", *reads, "One measurement of reading a slide, in this process")->group("");
    command.add_option("--measure-step", *stepped, "Speed of a checkpoint, in this process")->group("");
    command.add_option("--device", step->device, "Device of that measurement")->group("");
    command.add_option("--batch", step->batches, "Sizes of its batches")->delimiter(',')->check(CLI::Range(1, 1024))->group("");
    command.add_option("--side", step->sidePx, "Side of its tiles, pixels")->check(CLI::Range(64, 4096))->group("");
    command.add_option("--steps", step->steps, "Steps of its tiles")->check(CLI::Range(1, 1000))->group("");
    command.add_option("--threads", *threads, "Threads of that measurement")->check(CLI::Range(1, 64))->group("");
    return [=](const Context& context) {
        if (!reads->empty()) {
            print(measureReads(*reads, *threads));
            return 0;
        }
        if (!stepped->empty()) {
            auto how = *step;
            how.precision = *precision, how.runs = options->runs;
            print(measureStep(*stepped, how));
            return 0;
        }
        if (!measured->empty()) {
            print(measureLoad(*measured, *precision));
            return 0;
        }
        auto set = *options;
        set.program = std::filesystem::read_symlink("/proc/self/exe");
        set.progress = [&](const std::string& stage) { context.progress({stage, 0}); };
        Json results = Json::array();
        std::vector<const BenchRow*> rows;
        if (names->empty())
            for (const auto& row : benchmarks()) rows.push_back(&row);
        for (const auto& name : *names) rows.push_back(&findBenchmark(name));
        for (const auto* row : rows)
            for (const auto& result : row->run(set)) {
                results.push_back(toJson(result));
                if (!context.json) print(lineOf(result));
            }
        context.progress({"", 1});
        if (context.json) print(Json{{"machine", benchMachine()}, {"results", results}});
        return 0;
    };
}

} // namespace phloxine::cli
