#include "core/verify/verify.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"

namespace phloxine::cli {

namespace {

Json asJson(const CaseResult& result) {
    Json tensors = Json::array();
    for (const auto& t : result.tensors)
        tensors.push_back({{"name", t.name}, {"max_abs", t.maxAbs}, {"rel_l2", t.relL2}, {"pass", t.pass}});
    return {{"case", result.name},
            {"operation", result.operation},
            {"status", toString(result.status)},
            {"tensors", tensors},
            {"message", result.message}};
}

void printTable(const CaseResult& result) {
    char line[512];
    std::snprintf(line, sizeof line, "%-8s %-44s %s", toString(result.status).c_str(), result.name.c_str(), result.message.c_str());
    print(std::string(line));
    for (const auto& t : result.tensors) {
        const auto limit = [](double value) { return value < 0 ? std::string("-") : Json(value).dump(); };
        std::snprintf(line, sizeof line, "           %-24s max_abs %.3g (%s)  rel_l2 %.3g (%s)", t.name.c_str(), t.maxAbs,
                      limit(t.maxAbsLimit).c_str(), t.relL2, limit(t.relL2Limit).c_str());
        print(std::string(line));
    }
}

} // namespace

Run addVerify(CLI::App& command) {
    auto folders = std::make_shared<std::vector<std::string>>();
    auto device = std::make_shared<std::string>("cpu");
    command.add_option("cases", *folders, "Folders with a case.json; others are skipped")->required();
    command.add_option("--device", *device, "cpu, cuda or cuda:1; the stored numbers were made on a CPU")->capture_default_str();
    return [folders, device](const Context& context) {
        Json cases = Json::array();
        int counts[4] = {};
        for (std::size_t i = 0; i < folders->size(); ++i) {
            const auto& folder = (*folders)[i];
            context.progress(
                {"Case " + std::to_string(i + 1) + " of " + std::to_string(folders->size()), double(i) / double(folders->size())});
            if (!isCase(folder)) continue;
            const auto result = runCase(folder, *device);
            ++counts[int(result.status)];
            if (context.json) cases.push_back(asJson(result));
            else printTable(result);
        }
        context.progress({"", 1});
        const int total = counts[0] + counts[1] + counts[2] + counts[3];
        if (total == 0) throw Error(ErrorCode::NotFound, "None of the folders holds a case.json.");
        if (context.json) print(Json{{"cases", cases}});
        else
            print(std::to_string(total) + " cases: " + std::to_string(counts[0]) + " pass, " + std::to_string(counts[1]) + " fail, " +
                  std::to_string(counts[2]) + " not yet, " + std::to_string(counts[3]) + " error");
        return counts[0] == total ? 0 : 1;
    };
}

} // namespace phloxine::cli
