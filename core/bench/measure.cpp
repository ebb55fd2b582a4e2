// How long the measures take, formula weights and formula features in place of real ones.
#include "core/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <sstream>

#include <unistd.h>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/bench/rows.h"
#include "core/measure/distances/frechet.h"
#include "core/measure/distances/metrics.h"
#include "core/measure/distances/neighbours.h"
#include "core/nn/inception.h"
#include "core/tensor/devices.h"
#include "core/tensor/formula_weights.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace {

using Clock = std::chrono::steady_clock;

BenchResult resultHere(const std::string& name, const std::vector<double>& seconds, const std::string& note, double flop = 0) {
    auto row = resultOf(name, seconds, note, flop);
    row.peakMemoryBytes = peakMemoryBytes();
    return row;
}

std::vector<double> timed(const BenchOptions& options, const std::string& stage, const std::function<void()>& work) {
    std::vector<double> seconds;
    for (int run = 0; run < options.runs; ++run) {
        if (options.progress) options.progress(stage);
        const auto start = Clock::now();
        work();
        seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    return seconds;
}

// A Python that builds the same network of PyTorch's own modules, eager, in evaluation mode, and answers each line with seconds. The file
// holds the weights; the blocks follow the keys.
constexpr const char* pythonInception = R"(
import os, sys, time
import torch, torch.nn as nn, torch.nn.functional as F
from safetensors.torch import load_file
torch.set_grad_enabled(False)
torch.set_num_threads(int(os.environ['PHLOXINE_BENCH_THREADS']))
weights = load_file(os.environ['PHLOXINE_BENCH_FILE'])
class Part(nn.Module):
    def __init__(self, name, stride=1, pad=True):
        super().__init__()
        w = weights[name + '.conv.weight']
        k = tuple(w.shape[2:])
        self.conv = nn.Conv2d(w.shape[1], w.shape[0], k, stride=stride, padding=(k[0] // 2, k[1] // 2) if pad else 0, bias=False)
        self.bn = nn.BatchNorm2d(w.shape[0], eps=0.001)
        self.load_state_dict({k[len(name) + 1:]: v for k, v in weights.items() if k.startswith(name + '.')}, strict=False)
    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)
def average(x): return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
class Block(nn.Module):
    def __init__(self, name, branches, pool, after=True):
        super().__init__()
        make = lambda n: Part(name + '.' + n.strip('!'), 2 if n.endswith('!') else 1, not n.endswith('!'))
        self.chains = nn.ModuleList(nn.ModuleList(make(n) for n in c) for c, f in branches)
        self.forks = nn.ModuleList(nn.ModuleList(make(n) for n in f) for c, f in branches)
        self.pool, self.after = pool, make('branch_pool') if after else nn.Identity()
    def forward(self, x):
        out = []
        for chain, fork in zip(self.chains, self.forks):
            y = x
            for part in chain: y = part(y)
            out += [part(y) for part in fork] if len(fork) else [y]
        return torch.cat(out + [self.after(self.pool(x))], 1)
def straight(*chains): return [(c.split(), []) for c in chains]
halve = lambda x: F.max_pool2d(x, 3, 2)
a = straight('branch1x1', 'branch5x5_1 branch5x5_2', 'branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3')
b = straight('branch3x3!', 'branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3!')
c = straight('branch1x1', 'branch7x7_1 branch7x7_2 branch7x7_3',
             'branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 branch7x7dbl_4 branch7x7dbl_5')
d = straight('branch3x3_1 branch3x3_2!', 'branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4!')
e = [(['branch1x1'], []), (['branch3x3_1'], ['branch3x3_2a', 'branch3x3_2b']),
     (['branch3x3dbl_1', 'branch3x3dbl_2'], ['branch3x3dbl_3a', 'branch3x3dbl_3b'])]
class Halve(nn.Module):
    def forward(self, x): return halve(x)
net = nn.Sequential(
    Part('Conv2d_1a_3x3', 2, False), Part('Conv2d_2a_3x3', 1, False), Part('Conv2d_2b_3x3'), Halve(),
    Part('Conv2d_3b_1x1'), Part('Conv2d_4a_3x3', 1, False), Halve(),
    *[Block('Mixed_5' + n, a, average) for n in 'bcd'], Block('Mixed_6a', b, halve, False),
    *[Block('Mixed_6' + n, c, average) for n in 'bcde'], Block('Mixed_7a', d, halve, False),
    Block('Mixed_7b', e, average), Block('Mixed_7c', e, lambda x: F.max_pool2d(x, 3, 1, 1))).eval()
x = weights['input']
for line in sys.stdin:
    start = time.perf_counter()
    y = net(x).mean([2, 3])
    print(time.perf_counter() - start, float((y - weights['features']).norm() / weights['features'].norm()), flush=True)
)";

// The peer, asked by line and answering by line.
class PythonPeer {
public:
    explicit PythonPeer(const std::filesystem::path& folder) : m_answers(folder / "inception-answers") {
        ::setenv("PHLOXINE_BENCH_SCRIPT", pythonInception, 1);
        ::setenv("PHLOXINE_BENCH_ANSWERS", m_answers.c_str(), 1);
        std::filesystem::remove(m_answers);
        m_pipe.reset(popen("\"$PHLOXINE_BENCH_PYTHON\" -c \"$PHLOXINE_BENCH_SCRIPT\" > \"$PHLOXINE_BENCH_ANSWERS\"", "w"));
    }
    // Seconds, and how far the features are from ours.
    std::pair<double, double> ask() {
        std::fputs("go\n", m_pipe.get());
        std::fflush(m_pipe.get());
        ++m_asked;
        for (int wait = 0; wait < 6000; ++wait) {
            const auto text = isThere(m_answers) ? readFile(m_answers) : std::string();
            if (std::count(text.begin(), text.end(), '\n') >= m_asked) {
                std::istringstream lines(text);
                std::pair<double, double> answer;
                for (int i = 0; i < m_asked; ++i) lines >> answer.first >> answer.second;
                return answer;
            }
            ::usleep(10000);
        }
        throw Error(ErrorCode::NotFound, "The Python beside which Inception is measured gave no answer; it needs torch and safetensors.");
    }

private:
    std::filesystem::path m_answers;
    std::unique_ptr<FILE, int (*)(FILE*)> m_pipe{nullptr, pclose};
    int m_asked = 0;
};

} // namespace

std::vector<BenchResult> benchFid(const BenchOptions& options) {
    initDevices("cpu");
    const c10::NoGradGuard noGradients;
    const auto a = formulaInput("bench/", "input:real", {10000, 2048}), b = formulaInput("bench/", "input:synthetic", {10000, 2048}) * 1.1;
    double value = 0;
    const auto seconds = timed(options, "Frechet distance of 10,000 x 2048 features", [&] { value = frechetDistance(a, b); });
    return {resultHere("fid/10000x2048/phloxine", seconds, "value " + std::to_string(value))};
}

std::vector<BenchResult> benchNeighbours(const BenchOptions& options) {
    initDevices("cpu");
    const c10::NoGradGuard noGradients;
    const auto base = formulaInput("bench/", "input:base", {100000, 512}), queries = formulaInput("bench/", "input:queries", {10000, 512});
    const auto seconds = timed(options, "Neighbours among 100,000 vectors", [&] { nearestNeighbours(queries, base, 5); });
    return {resultHere("neighbours/10000-of-100000x512-k5/phloxine", seconds, "exact", 2e4 * 1e5 * 512)};
}

std::vector<BenchResult> benchMetrics(const BenchOptions& options) {
    initDevices("cpu");
    const c10::NoGradGuard noGradients;
    constexpr int tiles = 1000, tilesPerGroup = 20;
    std::vector<int> groups;
    for (int i = 0; i < tiles; ++i) groups.push_back(i / tilesPerGroup);
    const FeatureSet real{formulaInput("bench/", "input:real", {tiles, 2048}), groups};
    const FeatureSet synthetic{formulaInput("bench/", "input:synthetic", {tiles, 2048}) * 1.1, groups};
    std::vector<BenchResult> results;
    for (const auto& metric : distanceMetrics()) {
        Estimate e;
        const auto seconds = timed(options, metric.title, [&] { e = metric.run(MetricInput(real, synthetic)); });
        results.push_back(resultHere("metrics/1000x2048/" + std::string(metric.id), seconds, "value " + std::to_string(e.value)));
    }
    return results;
}

std::vector<BenchResult> benchInception(const BenchOptions& options) {
    initDevices("cpu");
    const c10::NoGradGuard noGradients;
    Weights weights;
    TensorSource source{weights, [](const std::string& key, at::IntArrayRef shape) { return formulaWeight("bench/", key, shape, 1.4); }};
    auto binding = Binding::forInference(at::kFloat);
    binding.source = &source;
    const nn::Inception network(WeightView(weights, binding));
    constexpr int images = 16;
    const auto input = formulaInput("bench/", "input:image", {images, 3, 299, 299}) * 0.5;
    const auto features = network(input); // not counted
    std::unique_ptr<PythonPeer> peer;
    if (!options.python.empty()) {
        makeWritableFolder(options.folder);
        const auto file = options.folder / "inception.safetensors";
        weights["input"] = input, weights["features"] = features;
        std::filesystem::remove(file);
        writeSafetensors(file, weights);
        ::setenv("PHLOXINE_BENCH_FILE", file.c_str(), 1);
        ::setenv("PHLOXINE_BENCH_PYTHON", options.python.c_str(), 1);
        ::setenv("PHLOXINE_BENCH_THREADS", std::to_string(at::get_num_threads()).c_str(), 1);
        peer = std::make_unique<PythonPeer>(options.folder);
        peer->ask(); // not counted
    }
    std::vector<double> ours, theirs;
    double apart = 0;
    for (int run = 0; run < options.runs; ++run) { // in turns, so that both meet the same load
        const auto own = timed({.program = {}, .folder = {}, .python = {}, .slides = {}, .runs = 1, .progress = options.progress},
                               "Features of 16 images", [&] { network(input); });
        ours.push_back(own.front());
        if (!peer) continue;
        const auto [seconds, difference] = peer->ask();
        theirs.push_back(seconds), apart = std::max(apart, difference);
    }
    constexpr double flop = 2 * 5.7e9 * images;
    const auto name = std::string("inception/16x299/");
    if (!peer) return {resultHere(name + "phloxine", ours, "16 images", flop)};
    char note[120];
    std::snprintf(note, sizeof note, "%.2f x the time of PyTorch; features differ by %.1e",
                  *std::min_element(ours.begin(), ours.end()) / *std::min_element(theirs.begin(), theirs.end()), apart);
    const auto other = resultOf(name + "pytorch", theirs, "eager, batch norm not folded", flop);
    return {resultHere(name + "phloxine", ours, note, flop), other};
}

} // namespace phloxine
