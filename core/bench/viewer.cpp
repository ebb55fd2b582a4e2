#include "core/bench/viewer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/bench/rows.h"
#include "core/model/ModelStore.h"
#include "core/slide/SlideSource.h"

namespace phloxine {

namespace {

constexpr int sidePx = 256, readsPerMeasurement = 600, mostThreads = 4;

// The peer: openslide-python, an OpenSlide object for each thread, opened before the clock starts as ours are.
constexpr const char* pythonReads = R"(
import json, os, random, threading, time
import openslide
file, threads, reads = (os.environ['PHLOXINE_BENCH_' + k] for k in ('FILE', 'THREADS', 'READS'))
threads, reads = int(threads), int(reads)
slides = [openslide.OpenSlide(file) for _ in range(threads)]
side, (width, height) = 256, slides[0].dimensions
def work(index):
    dice = random.Random(index)
    for _ in range(reads // threads):
        slides[index].read_region((dice.randrange(width - side + 1), dice.randrange(height - side + 1)), 0, (side, side))
workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
start = time.perf_counter()
for w in workers: w.start()
for w in workers: w.join()
print(json.dumps({'seconds': (time.perf_counter() - start) / (reads // threads * threads)}))
)";

std::vector<BenchResult> benchReads(const BenchOptions& options, const std::filesystem::path& file) {
    ::setenv("PHLOXINE_BENCH_FILE", file.c_str(), 1);
    ::setenv("PHLOXINE_BENCH_PROGRAM", options.program.c_str(), 1);
    ::setenv("PHLOXINE_BENCH_PYTHON", options.python.c_str(), 1);
    ::setenv("PHLOXINE_BENCH_SCRIPT", pythonReads, 1);
    ::setenv("PHLOXINE_BENCH_READS", std::to_string(readsPerMeasurement).c_str(), 1);
    std::vector<BenchResult> results;
    for (int threads = 1; threads <= mostThreads; ++threads) {
        ::setenv("PHLOXINE_BENCH_THREADS", std::to_string(threads).c_str(), 1);
        std::vector<double> ours, peer;
        for (int run = 0; run <= options.runs; ++run) { // in turns, so that both meet the same load; the first round warms the disk
            if (options.progress) options.progress("Reading " + file.filename().string() + " by " + std::to_string(threads) + " threads");
            const double own = outputOf("\"$PHLOXINE_BENCH_PROGRAM\" bench --measure-reads \"$PHLOXINE_BENCH_FILE\" --threads "
                                        "\"$PHLOXINE_BENCH_THREADS\"")
                                   .at("seconds");
            if (run > 0) ours.push_back(own);
            if (options.python.empty()) continue;
            const double other = outputOf("\"$PHLOXINE_BENCH_PYTHON\" -c \"$PHLOXINE_BENCH_SCRIPT\"").at("seconds");
            if (run > 0) peer.push_back(other);
        }
        const auto name = "viewer/" + file.stem().string() + "/read-256-by-" + std::to_string(threads) + "/";
        char note[96] = "a read";
        if (!peer.empty())
            std::snprintf(note, sizeof note, "a read; %.2f x the time of openslide-python",
                          *std::min_element(ours.begin(), ours.end()) / *std::min_element(peer.begin(), peer.end()));
        results.push_back(resultOf(name + "phloxine", ours, note));
        if (!peer.empty()) results.push_back(resultOf(name + "openslide-python", peer, "a read"));
    }
    return results;
}

} // namespace

Json measureReads(const std::filesystem::path& file, int threads) {
    std::vector<std::unique_ptr<SlideSource>> slides;
    for (int i = 0; i < threads; ++i) slides.push_back(openSlide(file));
    const auto& info = slides.front()->info();
    if (info.width() < sidePx || info.height() < sidePx)
        throw Error(ErrorCode::WrongUse, info.name + " is smaller than a tile of 256 pixels; choose a larger slide.");
    const int each = readsPerMeasurement / threads;
    std::vector<std::thread> workers;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < threads; ++i)
        workers.emplace_back([&slide = *slides[std::size_t(i)], each, i] {
            Dice dice{std::uint64_t(i)};
            const auto right = std::uint64_t(slide.info().width() - sidePx + 1), bottom = std::uint64_t(slide.info().height() - sidePx + 1);
            for (int read = 0; read < each; ++read) {
                const auto x = std::int64_t(dice.below(right)), y = std::int64_t(dice.below(bottom));
                slide.read(0, x, y, sidePx, sidePx);
            }
        });
    for (auto& worker : workers) worker.join();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return {{"seconds", seconds / (each * threads)}};
}

std::vector<BenchResult> benchViewer(const BenchOptions& options) {
    const auto sample = resourcesFolder() / "slides" / "CMU-1-Small-Region.svs";
    std::vector<std::filesystem::path> files{sample};
    files.insert(files.end(), options.slides.begin(), options.slides.end());
    std::vector<std::string> arguments{"viewer", "synthetic:100000x100000"};
    for (const auto& file : files) arguments.push_back(file.string());
    if (options.progress) options.progress("Measuring the pane of the slide");
    auto results = windowRows(options, arguments);
    for (const auto& file : files) {
        auto reads = benchReads(options, file);
        results.insert(results.end(), reads.begin(), reads.end());
    }
    return results;
}

} // namespace phloxine
