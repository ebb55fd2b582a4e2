#include "core/bench/bench.h"

#include <fstream>
#include <thread>

#include "core/base/Error.h"
#include "core/bench/library.h"
#include "core/bench/load.h"
#include "core/bench/measure.h"
#include "core/bench/viewer.h"

namespace phloxine {

const std::vector<BenchRow>& benchmarks() {
    static const std::vector<BenchRow> table{
        {"load", "Time and memory of opening full-size models, beside safetensors and PyTorch", benchLoad},
        {"fid", "Frechet distance between 10,000 and 10,000 tiles, features given", benchFid},
        {"neighbours", "The 5 nearest of 100,000 vectors for 10,000 others", benchNeighbours},
        {"metrics", "Every distance with its interval, 1,000 tiles against 1,000", benchMetrics},
        {"viewer", "The pane of the slide, and random reads beside openslide-python", benchViewer},
        {"library", "A project of 100,000 tiles: opening, finding, marking, scrolling", benchLibrary},
        {"inception", "Features of Inception-v3, beside PyTorch", benchInception},
    };
    return table;
}

const BenchRow& findBenchmark(const std::string& id) {
    std::string known;
    for (const auto& row : benchmarks()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "The benchmark \"" + id + "\" is not known; use one of " + known + ".", id);
}

Json benchMachine() {
    const auto lineOf = [](const char* file, const std::string& start) {
        std::ifstream in(file);
        for (std::string line; std::getline(in, line);)
            if (line.starts_with(start)) return line.substr(line.find(':') + 2);
        return std::string();
    };
    double load = 0;
    std::ifstream("/proc/loadavg") >> load;
    return {{"processor", lineOf("/proc/cpuinfo", "model name")},
            {"cores", std::thread::hardware_concurrency()},
            {"load", load},
            {"memory", lineOf("/proc/meminfo", "MemTotal:")}};
}

} // namespace phloxine
