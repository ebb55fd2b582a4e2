// Requests and reports of an assessment as JSON and CSV.
#include <cmath>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/measure/learning/AssessReport.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

void require(bool fits, const char* sentence) {
    if (!fits) throw Error(ErrorCode::WrongUse, sentence);
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json gainJson(const Estimate& gain) {
    return {{"value", number(gain.value)}, {"low", number(gain.low)}, {"high", number(gain.high)}, {"method", gain.method}};
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

std::string numberText(double value) {
    if (!std::isfinite(value)) return {};
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string joined(const std::vector<std::string>& sentences) {
    std::string result;
    for (const auto& sentence : sentences) result += (result.empty() ? "" : " ") + sentence;
    return result;
}

} // namespace

void validate(const AssessRequest& r) {
    require(!r.real.empty() && !r.synthetic.empty(), "An assessment needs a set of real tiles and a set of synthetic ones.");
    require(!r.ratios.empty() && r.ratios.size() <= 16, "Give one to 16 ratios of synthetic to real tiles.");
    for (const double ratio : r.ratios) require(ratio > 0 && ratio <= 100, "A ratio of synthetic to real tiles lies between 0 and 100.");
    require(r.realGroups.size() <= 16, "Give at most 16 numbers of real groups.");
    for (const int groups : r.realGroups)
        require(groups >= 0 && groups != 1, "A classifier is trained on at least 2 real groups per class.");
    require(r.seeds >= 1 && r.seeds <= 100, "The number of training seeds lies between 1 and 100.");
    require(r.steps >= 1 && r.steps <= 1'000'000, "The number of training steps lies between 1 and 1000000.");
    require(r.batch >= 4 && r.batch <= 4096, "A training batch has 4 to 4096 tiles.");
    require(!r.rates.empty() && r.rates.size() <= 8, "Give one to 8 training rates.");
    for (const double rate : r.rates) require(rate > 0 && rate <= 1, "A training rate lies between 0 and 1.");
    require(r.sizePx >= 32 && r.sizePx <= 256 && r.sizePx % 16 == 0,
            "The classifier's tile size is a multiple of 16 between 32 and 256 px.");
    require(r.testShare > 0 && r.testShare < 1, "The share of groups for testing lies between 0 and 1.");
    require(r.generatorTiles >= 0, "The number of tiles that the generator saw is not negative.");
}

Json toJson(const AssessRequest& r) {
    return {{"format", "phloxine-assess-request/1"},
            {"real", r.real.string()},
            {"synthetic", r.synthetic.string()},
            {"real_group_pattern", r.realGroupPattern},
            {"real_groups", r.realGroups},
            {"ratios", r.ratios},
            {"seeds", r.seeds},
            {"steps", r.steps},
            {"batch", r.batch},
            {"rates", r.rates},
            {"size_px", r.sizePx},
            {"test_share", r.testShare},
            {"seed", r.seed},
            {"generator_tiles", r.generatorTiles},
            {"generator_words", r.generatorWords}};
}

AssessRequest assessRequestFromJson(const Json& json, const std::string& what) {
    requireFormat(json, "assess-request", 1, what);
    AssessRequest r;
    try {
        r.real = json.at("real").get<std::string>();
        r.synthetic = json.at("synthetic").get<std::string>();
        r.realGroupPattern = json.value("real_group_pattern", r.realGroupPattern);
        r.realGroups = json.value("real_groups", r.realGroups);
        r.ratios = json.value("ratios", r.ratios);
        r.seeds = json.value("seeds", r.seeds);
        r.steps = json.value("steps", r.steps);
        r.batch = json.value("batch", r.batch);
        r.rates = json.value("rates", r.rates);
        r.sizePx = json.value("size_px", r.sizePx);
        r.testShare = json.value("test_share", r.testShare);
        r.seed = json.value("seed", r.seed);
        r.generatorTiles = json.value("generator_tiles", r.generatorTiles);
        r.generatorWords = json.value("generator_words", r.generatorWords);
    } catch (const nlohmann::json::exception&) {
        throw Error(ErrorCode::Corrupt, what + " is no assessment: a value is missing or of the wrong kind.");
    }
    validate(r);
    return r;
}

Json toJson(const AssessReport& report) {
    Json rows = Json::array();
    for (const auto& row : report.rows)
        rows.push_back({{"arm", row.arm},
                        {"title", row.title},
                        {"real_groups", row.realGroups},
                        {"real_tiles", row.realTiles},
                        {"synthetic_tiles", row.syntheticTiles},
                        {"ratio", row.ratio},
                        {"rate", row.rate},
                        {"balanced_accuracy", number(row.accuracy)},
                        {"balanced_accuracy_per_seed", row.accuracies},
                        {"gain_over_real", gainJson(row.overReal)},
                        {"gain_over_augmentation", gainJson(row.overAugmentation)},
                        {"remarks", row.remarks}});
    Json request = toJson(report.request);
    for (const char* path : {"real", "synthetic"}) // outputs record no absolute path
        request[path] = fs::path(request[path].get<std::string>()).lexically_normal().filename().string();
    return {{"format", "phloxine-assess/1"},
            {"request", request},
            {"classes", report.classes},
            {"n", {{"test_tiles", report.testTiles}, {"test_groups", report.testGroups}, {"synthetic_tiles", report.syntheticTiles}}},
            {"groups_known", report.groupsKnown},
            {"rows", rows},
            {"remarks", report.remarks},
            {"seconds", report.seconds}};
}

std::string toCsv(const AssessReport& report) {
    std::ostringstream csv;
    csv << "arm,real_groups,real_tiles,synthetic_tiles,ratio,rate,balanced_accuracy,gain_over_real,gain_over_real_low,gain_over_real_high,"
           "gain_over_augmentation,gain_over_augmentation_low,gain_over_augmentation_high,remarks\n";
    for (const auto& row : report.rows) {
        csv << row.arm << ',' << row.realGroups << ',' << row.realTiles << ',' << row.syntheticTiles << ',' << numberText(row.ratio) << ','
            << numberText(row.rate) << ',' << numberText(row.accuracy);
        for (const auto* gain : {&row.overReal, &row.overAugmentation})
            csv << ',' << numberText(gain->value) << ',' << numberText(gain->low) << ',' << numberText(gain->high);
        csv << ',' << quoted(joined(row.remarks)) << '\n';
    }
    return csv.str();
}

AssessReport assessInto(const AssessRequest& request, const fs::path& folder, const ProgressHook& progress, const std::string& device) {
    validate(request);
    for (const char* name : {"assess.json", "assess.csv"})
        if (isThere(folder / name))
            throw Error(ErrorCode::Exists,
                        std::string("The folder has an ") + name + " already; nothing was overwritten, choose another folder.");
    makeWritableFolder(folder);
    auto report = assess(request, progress, device);
    writeFileAtomically(folder / "assess.csv", toCsv(report));
    writeFileAtomically(folder / "assess.json", toJson(report).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    return report;
}

} // namespace phloxine
