// The report as JSON: complete, so that the window, the page and other programs read the same numbers.
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/measure/CompareReport.h"

namespace phloxine {

namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json numbers(const std::vector<double>& values) {
    Json json = Json::array();
    for (const double value : values) json.push_back(number(value));
    return json;
}

// Per-tile values to six digits, as floats hold no more.
Json numbers(const std::vector<float>& values) {
    Json json = Json::array();
    char text[32];
    for (const float value : values) {
        std::snprintf(text, sizeof text, "%.6g", double(value));
        json.push_back(number(std::strtod(text, nullptr)));
    }
    return json;
}

Json toJson(const Finding& finding) {
    constexpr const char* tones[] = {"good", "look", "bad", "plain"};
    return {{"text", finding.text}, {"tone", tones[int(finding.judgement)]}};
}

Json toJson(const Finding&);
Json toJson(const TileFault&);
Json toJson(const MetricResult&);
Json toJson(const Distribution&);
Json toJson(const NearPair&);
Json toJson(const ClassAdherenceRow&);
Json toJson(const AttributeRow&);
Json toJson(const CueRow&);
Json toJson(const CounterError&);
Json toJson(const SyntheticReport&);

template <typename T>
Json list(const std::vector<T>& items) {
    Json json = Json::array();
    for (const auto& item : items) json.push_back(toJson(item));
    return json;
}

Json toJson(const Estimate& e) {
    return {{"value", number(e.value)},
            {"low", number(e.low)},
            {"high", number(e.high)},
            {"real_vs_real", number(e.realAgainstReal)},
            {"real_vs_real_low", number(e.realLow)},
            {"real_vs_real_high", number(e.realHigh)},
            {"n", e.tiles},
            {"groups", e.groups},
            {"interval", e.method}};
}

Json toJson(const TileFault& fault) { return {{"tile", fault.name}, {"reason", fault.reason}}; }

Json toJson(const SetSummary& set) {
    Json classes = Json::object();
    for (const auto& [name, tiles] : set.classes) classes[name] = tiles;
    return {{"name", set.name},
            {"tiles", set.tiles},
            {"groups", set.groups},
            {"groups_known", set.groupsKnown},
            {"group_source", set.groupSource},
            {"width_px", set.widthPx},
            {"height_px", set.heightPx},
            {"mpp", set.scale.known() ? Json(set.scale.micronsPerPixel) : Json(nullptr)},
            {"mpp_source", toString(set.scale.source)},
            {"content_sha256", set.contentSha256},
            {"classes", classes},
            {"faults", list(set.faults)}};
}

Json toJson(const MetricResult& m) {
    Json json{{"id", m.id}, {"title", m.title}, {"extractor", m.extractor}, {"class", m.className}};
    json.update(toJson(m.estimate));
    json["finding"] = toJson(m.finding);
    return json;
}

Json toJson(const Distribution& d) {
    return {{"id", d.id},
            {"title", d.title},
            {"unit", d.unit},
            {"real_median", number(d.realMedian)},
            {"synthetic_median", number(d.syntheticMedian)},
            {"difference", toJson(d.difference)},
            {"wasserstein", number(d.wasserstein)},
            {"p", number(d.pValue)},
            {"finding", toJson(d.finding)},
            {"curve", {{"x", numbers(d.x)}, {"real", numbers(d.realDensity)}, {"synthetic", numbers(d.syntheticDensity)}}},
            {"real_values", numbers(d.realValues)},
            {"synthetic_values", numbers(d.syntheticValues)}};
}

Json toJson(const RadialSpectrum& s) {
    const auto curve = [](const auto& mean, const auto& low, const auto& high) {
        return Json{{"log10_power", numbers(mean)}, {"low", numbers(low)}, {"high", numbers(high)}};
    };
    Json perUm = nullptr;
    if (s.micronsPerPixel > 0) {
        perUm = Json::array();
        for (const double f : s.cyclesPerPx) perUm.push_back(f / s.micronsPerPixel);
    }
    return {{"cycles_per_px", numbers(s.cyclesPerPx)},      {"cycles_per_um", perUm},
            {"real", curve(s.real, s.realLow, s.realHigh)}, {"synthetic", curve(s.synthetic, s.syntheticLow, s.syntheticHigh)},
            {"band", "middle 95 % of the groups"},          {"real_groups", s.realGroups},
            {"synthetic_groups", s.syntheticGroups},        {"finding", toJson(s.finding)}};
}

Json toJson(const CounterError& e) {
    return {{"field", e.setting}, {"bias", number(e.bias)}, {"spread", number(e.spread)}, {"n", e.fields}};
}

Json toJson(const NucleiCheck& check) {
    const auto& c = check.clicked;
    Json json{{"finding", toJson(check.finding)}, {"rendered_fields", list(check.rendered)}};
    if (!check.calibrationGiven) return json;
    json["clicked"] = {{"fields", c.fields},
                       {"fields_needed", NucleiCalibration::enough},
                       {"groups", c.groups},
                       {"same_set", check.sameSet},
                       {"clicked", c.clicked},
                       {"counted", c.counted},
                       {"factor", {{"value", number(c.factor)}, {"low", number(c.low)}, {"high", number(c.high)}}},
                       {"counts_divided", c.applies()},
                       {"bias", number(c.bias)},
                       {"spread", number(c.spread)},
                       {"rank_correlation", number(c.rankCorrelation)},
                       {"precision", number(c.precision)},
                       {"recall", number(c.recall)},
                       {"match_radius_px", number(c.matchRadiusPx)},
                       {"matching", "greedy, the nearest pair first"},
                       {"faults", list(c.faults)}};
    return json;
}

Json toJson(const NearPair& p) {
    return {{"synthetic", p.synthetic},   {"training", p.training},       {"detector", p.detector}, {"score", number(p.score)},
            {"excess", number(p.excess)}, {"orientation", p.orientation}, {"near_copy", p.nearCopy}};
}

Json toJson(const CopyingResult& c) {
    if (!c.checked) return {{"checked", false}, {"finding", toJson(c.finding)}};
    return {{"checked", true},
            {"count", c.count},
            {"n", c.tiles},
            {"low", number(c.low)},
            {"upper", number(c.upper)},
            {"stated_false_alarm_rate", c.statedRate},
            {"false_alarms", {{"groups", c.alarms}, {"of", c.checkedGroups}, {"low", c.falseAlarmLow}, {"high", c.falseAlarmHigh}}},
            {"calibration_groups", c.groups},
            {"finding", toJson(c.finding)},
            {"pairs", list(c.pairs)},
            {"real_pairs_over_the_limit", list(c.realPairs)},
            {"curve", {{"x", numbers(c.x)}, {"real", numbers(c.realDensity)}, {"synthetic", numbers(c.syntheticDensity)}}}};
}

Json toJson(const ClassAdherenceRow& r) {
    return {
        {"class", r.className},
        {"judge", r.judge},
        {"real", {{"value", number(r.real)}, {"low", number(r.realLow)}, {"high", number(r.realHigh)}, {"n", r.realTiles}}},
        {"synthetic",
         {{"value", number(r.synthetic)}, {"low", number(r.syntheticLow)}, {"high", number(r.syntheticHigh)}, {"n", r.syntheticTiles}}}};
}

Json toJson(const AttributeRow& r) {
    return {{"attribute", r.attribute},
            {"class", r.className},
            {"measured_by", r.measuredBy},
            {"n", r.tiles},
            {"groups", r.groups},
            {"rank_correlation", number(r.correlation)},
            {"low", number(r.low)},
            {"high", number(r.high)},
            {"ceiling", number(r.ceiling)},
            {"real", {{"rank_correlation", number(r.real)}, {"low", number(r.realLow)}, {"high", number(r.realHigh)}, {"n", r.realTiles}}}};
}

Json toJson(const CueRow& r) {
    return {{"id", r.id},           {"title", r.title},     {"kind", r.format ? "format" : "generator"},
            {"auc", number(r.auc)}, {"low", number(r.low)}, {"high", number(r.high)},
            {"p", number(r.pValue)}};
}

Json toJson(const SyntheticReport& s) {
    return {{"set", toJson(s.set)},
            {"answers", list(s.answers)},
            {"metrics", list(s.metrics)},
            {"tissue", list(s.distributions)},
            {"spectrum", s.spectrum.cyclesPerPx.empty() ? Json(nullptr) : toJson(s.spectrum)},
            {"copying", toJson(s.copying)},
            {"adherence",
             {{"classes", list(s.adherence.classes)},
              {"attributes", list(s.adherence.attributes)},
              {"findings", list(s.adherence.findings)},
              {"attribute_findings", list(s.adherence.attributeFindings)}}},
            {"cues", {{"blocks_reading_study", s.cues.blocksStudy}, {"rows", list(s.cues.rows)}, {"findings", list(s.cues.findings)}}}};
}

// The short form at the top: of the first synthetic set, all classes together, by id.
Json headline(const SyntheticReport& s) {
    Json json = Json::object(), stain = Json::object();
    for (const auto& m : s.metrics)
        if (m.className.empty() && !json.contains(m.id)) {
            json[m.id] = toJson(m.estimate);
            if (m.id == "precision" || m.id == "recall" || m.id == "density" || m.id == "coverage") json["prdc"][m.id] = m.estimate.value;
        }
    json["copying"] = {
        {"checked", s.copying.checked}, {"count", s.copying.count}, {"n", s.copying.tiles}, {"upper", number(s.copying.upper)}};
    for (const auto& d : s.distributions)
        stain[d.id] = {
            {"real_median", number(d.realMedian)}, {"synthetic_median", number(d.syntheticMedian)}, {"wasserstein", number(d.wasserstein)}};
    json["stain"] = stain;
    return json;
}

} // namespace

Json toJson(const CompareReport& report) {
    Json json{{"format", "phloxine-compare/1"}, {"protocol", parseJson(report.protocol, "the protocol")}, {"n", Json::object()}};
    json["n"][report.real.name] = report.real.tiles;
    for (const auto& s : report.synthetic) json["n"][s.set.name] = s.set.tiles;
    json["metrics"] = report.synthetic.empty() ? Json::object() : headline(report.synthetic.front());
    json["warnings"] = report.warnings;
    json["real"] = toJson(report.real);
    if (!report.nuclei.rendered.empty()) json["nuclei_counter"] = toJson(report.nuclei);
    if (report.training.tiles) json["training"] = toJson(report.training);
    json["synthetic"] = list(report.synthetic);
    return json;
}

} // namespace phloxine
