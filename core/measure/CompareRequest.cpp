#include "core/measure/CompareRequest.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"

namespace phloxine {

namespace {

// Paths are the business of this machine: a report names sets by what they are called.
Json choiceToJson(const SetChoice& choice) {
    Json json{{"name", choice.name}, {"path", choice.path.string()}};
    if (!choice.groupPattern.empty()) json["group_pattern"] = choice.groupPattern;
    return json;
}

SetChoice choiceFromJson(const Json& json) {
    return {json.value("name", std::string()), json.value("path", std::string()), json.value("group_pattern", std::string())};
}

} // namespace

const std::vector<MetricGroup>& metricGroups() {
    static const std::vector<MetricGroup> rows = {{"distances", "Distances between the sets"},
                                                  {"tissue", "Stain, nuclei, background, texture"},
                                                  {"copying", "Near copies of training tiles"},
                                                  {"adherence", "Is the asked class there"},
                                                  {"cues", "Trivial cues"}};
    return rows;
}

Json toJson(const CompareRequest& r) {
    Json json{{"format", "phloxine-compare-request/1"}, {"real", choiceToJson(r.real)}, {"synthetic", Json::array()}};
    for (const auto& choice : r.synthetic) json["synthetic"].push_back(choiceToJson(choice));
    if (!r.training.path.empty()) json["training"] = choiceToJson(r.training);
    json.update({{"metrics", r.metrics}, {"extractors", r.extractors}, {"seed", r.seed}, {"steps", r.steps}});
    json["stain"] = r.stain;
    if (!r.calibration.empty()) json["calibration"] = r.calibration.string();
    return json;
}

CompareRequest compareRequestFromJson(const Json& json, const std::string& what) {
    requireFormat(json, "compare-request", 1, what);
    CompareRequest r;
    try {
        r.real = choiceFromJson(json.at("real"));
        for (const auto& choice : json.at("synthetic")) r.synthetic.push_back(choiceFromJson(choice));
        if (json.contains("training")) r.training = choiceFromJson(json.at("training"));
        r.metrics = json.value("metrics", r.metrics);
        r.extractors = json.value("extractors", r.extractors);
        r.calibration = json.value("calibration", std::string());
        r.stain = json.value("stain", r.stain);
        r.seed = json.value("seed", r.seed);
        r.steps = json.value("steps", r.steps);
    } catch (const Json::exception&) {
        throw Error(ErrorCode::Corrupt,
                    what + " is no comparison: \"real\" or \"synthetic\" is missing or of another kind; correct the file.");
    }
    validate(r);
    return r;
}

void validate(const CompareRequest& r) {
    if (r.real.path.empty()) wrongUse("A comparison needs a real set; name a folder of images or a metadata.jsonl.");
    if (r.synthetic.empty()) wrongUse("A comparison needs a synthetic set; name a folder of images or a metadata.jsonl.");
    if (r.extractors.empty()) wrongUse("A comparison needs an extractor of features; use \"embedded\".");
    std::set<std::string> names;
    for (const auto& choice : r.synthetic) {
        if (choice.path.empty()) wrongUse("One of the synthetic sets has no folder; name it.");
        const auto name = choice.name.empty() ? choice.path.filename().string() : choice.name;
        if (!names.insert(name).second)
            wrongUse("Two synthetic sets are called " + plainText(name) + "; name them apart, as in --synthetic NAME=FOLDER.");
    }
    const auto& known = metricGroups();
    for (const auto& id : r.metrics)
        if (std::none_of(known.begin(), known.end(), [&](const auto& row) { return row.id == id; }))
            wrongUse("There is no metric " + plainText(id) + "; choose from distances, tissue, copying, adherence and cues.");
    if (!r.calibration.empty() && !r.metrics.empty() && std::find(r.metrics.begin(), r.metrics.end(), "tissue") == r.metrics.end())
        wrongUse(
            "Clicked nuclei calibrate the measures of tissue, which were not chosen; add tissue to the metrics, or leave the clicks out.");
    if (r.stain != "fixed" && r.stain != "macenko")
        wrongUse("There is no stain matrix " + plainText(r.stain) + "; choose fixed or macenko.");
    if (r.steps < 1 || r.steps > 100000) wrongUse("The number of training steps of a judge must lie between 1 and 100,000.");
}

} // namespace phloxine
