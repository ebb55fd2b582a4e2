#include "core/bench/rows.h"

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/process.h"

namespace phloxine {

namespace {
constexpr std::chrono::minutes patience{20};
}

BenchResult resultOf(const std::string& name, std::vector<double> seconds, const std::string& note, double flop) {
    std::sort(seconds.begin(), seconds.end());
    const auto n = seconds.size();
    BenchResult row;
    row.name = name, row.note = note;
    row.secondsMin = seconds.front(), row.secondsMedian = seconds[n / 2], row.secondsP95 = seconds[std::min(n - 1, n * 95 / 100)];
    row.gflops = flop / seconds.front() * 1e-9;
    return row;
}

BenchResult rowOf(const Json& row) {
    BenchResult out;
    out.name = row.at("name"), out.note = row.value("note", "");
    out.secondsMin = row.value("seconds_min", 0.0), out.secondsMedian = row.value("seconds_median", 0.0);
    out.secondsP95 = row.value("seconds_p95", 0.0);
    out.peakMemoryBytes = row.value("peak_memory_bytes", std::uint64_t(0));
    return out;
}

Json outputOf(const std::string& command) {
    const auto outcome = runCommand(command, "", patience);
    if (outcome.exitCode != 0 && outcome.out.empty())
        throw Error(ErrorCode::Internal, "A measurement in a process of its own failed: " + outcome.err.substr(0, outcome.err.find('\n')),
                    outcome.err);
    return parseJson(outcome.out, "the output of a measurement");
}

std::vector<BenchResult> windowRows(const BenchOptions& options, const std::vector<std::string>& arguments) {
    const auto window = options.program.parent_path() / "phloxine-window";
    if (!std::filesystem::exists(window))
        throw Error(ErrorCode::NotFound, "The window program is not installed beside this one; what the window costs cannot be measured.");
    ::setenv("PHLOXINE_BENCH_WINDOW", window.c_str(), 1);
    std::string command = "\"$PHLOXINE_BENCH_WINDOW\" --bench";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto variable = "PHLOXINE_BENCH_ARGUMENT" + std::to_string(i);
        ::setenv(variable.c_str(), arguments[i].c_str(), 1);
        command += " \"$" + variable + "\"";
    }
    const auto answer = outputOf(command);
    if (answer.is_object() && answer.contains("error")) throw Error(ErrorCode::Internal, answer["error"].get<std::string>());
    std::vector<BenchResult> rows;
    for (const auto& row : answer) rows.push_back(rowOf(row));
    return rows;
}

} // namespace phloxine
