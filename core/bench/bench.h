#pragma once
// Benchmarks, beside their peers in the same run. A benchmark is a row of a table; each measurement that needs a peak of memory of its own
// runs in a process of its own.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/Json.h"

namespace phloxine {

struct BenchResult {
    std::string name; // "load/sd15-bf16/phloxine"
    double secondsMin = 0, secondsMedian = 0, secondsP95 = 0;
    double gflops = 0, ceilingShare = 0; // 0 where nothing is computed
    std::uint64_t peakMemoryBytes = 0;
    std::string note; // one phrase
};

struct BenchOptions {
    std::filesystem::path program;             // this program, for processes of its own
    std::filesystem::path folder;              // for large files; kept there for the next run
    std::string python;                        // an interpreter with the peers (torch, safetensors, openslide); empty = no peer
    std::vector<std::filesystem::path> slides; // more of them to measure the viewer on
    int runs = 5;
    std::function<void(const std::string& stage)> progress; // may be empty; throws Cancelled
};

struct BenchRow {
    const char *id, *title;
    std::vector<BenchResult> (*run)(const BenchOptions&);
};
const std::vector<BenchRow>& benchmarks();
const BenchRow& findBenchmark(const std::string& id); // Error(WrongUse) naming the known ones

// One measurement of the benchmark `load` in this process: opens `file` and binds all of it in `precision`.
Json measureLoad(const std::filesystem::path& file, const std::string& precision);

// The speed of `file` on a device: JSON with the seconds of each run of a guided step, of decoding and of a whole batch of tiles (text to bytes
// on the CPU), for each size of batch, and the peak of the device's memory.
struct StepMeasure {
    std::string device = "auto", precision = "auto";
    std::vector<int> batches{1};
    int sidePx = 256, steps = 20, runs = 20;
};
Json measureStep(const std::filesystem::path& file, const StepMeasure& how);

// One measurement of the reads of `viewer` in this process: the mean seconds of a read of 256 x 256 pixels at random places of `file`.
Json measureReads(const std::filesystem::path& file, int threads);

Json benchMachine(); // processor, cores, load and memory, for the report

} // namespace phloxine
