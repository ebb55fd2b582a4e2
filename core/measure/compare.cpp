#include "core/measure/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/generate/Generator.h"
#include "core/image/ImageFile.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/measured_set.h"
#include "core/measure/neighbours.h"
#include "core/model/ModelStore.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

constexpr int fewGroups = 20;

bool wanted(const CompareRequest& request, const char* group) {
    return request.metrics.empty() || std::find(request.metrics.begin(), request.metrics.end(), group) != request.metrics.end();
}

// What a reader of the numbers must know before believing them.
std::vector<std::string> warningsOf(const SetSummary& real, const std::vector<SyntheticReport>& synthetic) {
    std::vector<std::string> warnings;
    const auto add = [&](const std::string& sentence) { warnings.push_back(sentence); };
    if (!real.groupsKnown)
        add("No groups (fields, slides or patients) are known for the real set, so each tile counts as its own: the intervals are too "
            "narrow if tiles "
            "belong together. Give a metadata.jsonl with \"group\", or a pattern for the file names.");
    else if (real.groups < fewGroups)
        add("The real set has " + std::to_string(real.groups) + " groups; intervals need about " + std::to_string(fewGroups) +
            " to be trusted.");
    const auto faults = [&](const SetSummary& set) {
        if (!set.faults.empty())
            add(std::to_string(set.faults.size()) + " of " + std::to_string(set.tiles + int(set.faults.size())) + " files of " + set.name +
                " were left out; the first is " + set.faults.front().name + ": " + set.faults.front().reason);
    };
    faults(real);
    if (!real.scale.known()) add("The scale of the real set is not known: sizes are given in pixels and counts per tile.");
    for (const auto& s : synthetic) {
        faults(s.set);
        if (s.set.widthPx != real.widthPx || s.set.heightPx != real.heightPx)
            add(s.set.name + " has tiles of " + std::to_string(s.set.widthPx) + " x " + std::to_string(s.set.heightPx) +
                " px, the real set of " + std::to_string(real.widthPx) + " x " + std::to_string(real.heightPx) +
                " px; what is measured in pixels is not comparable.");
        if (s.set.scale.known() && real.scale.known() && std::abs(s.set.scale.micronsPerPixel / real.scale.micronsPerPixel - 1) > 0.05)
            add(s.set.name + " and the real set have different scales; nothing is resampled here, so compare sets of one scale.");
        for (const auto& [name, tiles] : real.classes)
            if (!s.set.classes.empty() &&
                std::none_of(s.set.classes.begin(), s.set.classes.end(), [&](const auto& c) { return c.first == name; }))
                add("The class " + name + " of the real set has no tile in " + s.set.name + "; numbers over all classes mix that in.");
    }
    return warnings;
}

// One matrix for all tiles of all sets.
StainMatrix stainOf(const CompareRequest& request, const ProgressHook& progress) {
    if (request.stain != "macenko") return ruifrokJohnston();
    constexpr std::size_t mostTiles = 400;
    auto set = readTileSet(request.real.path, {request.real.name, request.real.groupPattern});
    const auto step = std::max<std::size_t>(1, set.tiles.size() / mostTiles);
    std::vector<TileEntry> spread;
    for (std::size_t i = 0; i < set.tiles.size(); i += step) spread.push_back(set.tiles[i]);
    set.tiles = std::move(spread);
    StainSample sample;
    forEachTile(set, [&](const TileEntry&, const Image& image) {
        progress({"Estimating the stains of " + set.name, 0});
        addToSample(sample, image);
    });
    return macenko(sample);
}

Json protocolOf(const CompareRequest& request, const std::vector<FeatureNet>& extractors, const MeasuredSet& real, const StainMatrix& stain,
                const CalibrationResult& nuclei) {
    Json list = Json::array();
    for (const auto& extractor : extractors)
        list.push_back({{"id", extractor.id},
                        {"title", extractor.title},
                        {"sha256", extractor.sha256},
                        {"resize", extractor.resize},
                        {"width", extractor.width}});
    return {{"program", buildName()},
            {"extractors", list},
            {"decoding", "all tiles to 8-bit RGB; nothing is re-encoded"},
            {"groups", real.summary.groupSource},
            {"intervals", "95 %, over groups; tiles are never drawn with replacement"},
            {"stain",
             {{"choice", request.stain},
              {"source", stain.source},
              {"haematoxylin", stain.haematoxylin},
              {"eosin", stain.eosin},
              {"sets", "one matrix for all tiles of all sets"}}},
            {"counts_of_nuclei_divided_by", nuclei.applies() ? Json(nuclei.factor) : Json(nullptr)},
            {"judge_steps", request.steps},
            {"seed", request.seed}};
}

// Lengths are in um only where every set has a scale that is no guess; the first tile of each tells.
bool scalesKnown(const CompareRequest& request) {
    const auto known = [](const SetChoice& choice) {
        const auto set = readTileSet(choice.path, {choice.name, choice.groupPattern});
        for (const auto& tile : set.tiles) try {
                return physicalScale(tile.scale.known() ? tile.scale : readImage(tile.file).scale);
            } catch (const Error&) {}
        return false;
    };
    return known(request.real) && std::all_of(request.synthetic.begin(), request.synthetic.end(), known);
}

// What the model that made all of these tiles knows of its training tiles, with its title; nothing where that is not known.
std::optional<std::pair<std::string, KnownNeighbours>> neighboursOf(const TileSet& set) {
    const auto& model = set.tiles.front().model;
    if (model.empty() || !std::all_of(set.tiles.begin(), set.tiles.end(), [&](const auto& t) { return t.model == model; })) return {};
    try {
        const auto entry = ModelStore().find(model);
        const auto file = entry.path / neighboursFile;
        if (!std::filesystem::is_regular_file(file)) return {};
        return std::pair(entry.card.title, readKnownNeighbours(file, embeddedEncoder().sha256));
    } catch (const Error& e) {
        logWarning(std::string("The training neighbours of the model were not used. ") + e.what());
        return {};
    }
}

} // namespace

CompareReport compare(const CompareRequest& request, const ProgressHook& hook, const std::string& word) {
    validate(request);
    const auto device = chooseDevice(word);
    const auto progress = hook ? hook : [](const Progress&) {};
    std::vector<FeatureNet> extractors;
    for (const auto& spec : request.extractors) extractors.push_back(openFeatureNet(spec, device));
    const bool copying = wanted(request, "copying");
    const bool tissue = wanted(request, "tissue"), cues = wanted(request, "cues"), adherence = wanted(request, "adherence");
    PassPlan plan{&extractors, copying, tissue || cues || adherence};
    plan.physical = scalesKnown(request);
    plan.device = device;
    std::optional<NucleiCalibration> clicked;
    if (!request.calibration.empty()) clicked = readNucleiCalibration(request.calibration);
    plan.stain = stainOf(request, progress);
    const std::vector<FeatureNet> none;
    if (!wanted(request, "distances")) plan.extractors = &none;
    CompareReport report;
    plan.remembered = true;
    auto real = measureSet(request.real, plan, progress);
    plan.remembered = false; // a generator's tiles come and go
    if (tissue) report.nuclei = checkNuclei(clicked, real, plan.stain, progress);
    correctCounts(report.nuclei, real);
    std::optional<MeasuredSet> training;
    if (copying && !request.training.path.empty()) {
        PassPlan sketches{&none, true, false};
        sketches.remembered = true, sketches.device = device;
        training = measureSet(request.training, sketches, progress);
    }
    std::optional<CopyCheck> copies;
    const auto checkCopies = [&](const MeasuredSet& synthetic) {
        if (!training)
            if (const auto known = neighboursOf(synthetic.set)) return CopyCheck(known->second, known->first).check(synthetic, progress);
        if (!copies) copies.emplace(training ? *training : real, real, progress);
        return copies->check(synthetic, progress);
    };
    std::optional<Judges> judges;
    if (adherence) judges.emplace(real, request, word, progress);
    for (const auto& choice : request.synthetic) {
        auto synthetic = measureSet(choice, plan, progress);
        correctCounts(report.nuclei, synthetic);
        SyntheticReport s;
        s.set = synthetic.summary;
        for (const auto& tile : synthetic.set.tiles) s.tiles.push_back(tile.name), s.files.push_back(tile.file);
        if (wanted(request, "distances")) compareDistances(real, synthetic, extractors, request.seed, s, progress);
        if (tissue) compareTissue(real, synthetic, request.seed, s, progress), compareSpectra(real, synthetic, s);
        if (cues) compareCues(real, synthetic, request.seed, s);
        if (copying) s.copying = checkCopies(synthetic);
        if (judges) judges->compare(synthetic, s, progress), compareAttributes(real, synthetic, request.seed, s);
        s.answers = answersOf(s);
        report.synthetic.push_back(std::move(s));
    }
    report.real = real.summary;
    if (training) report.training = training->summary;
    for (const auto& tile : real.set.tiles) report.realTiles.push_back(tile.name), report.realFiles.push_back(tile.file);
    report.protocol = protocolOf(request, extractors, real, plan.stain, report.nuclei.clicked).dump(2);
    report.warnings = warningsOf(report.real, report.synthetic);
    progress({"", 1});
    return report;
}

std::vector<Finding> answersOf(const SyntheticReport& report) {
    std::vector<Finding> answers;
    const auto find = [&](const char* id) -> const MetricResult* {
        for (const auto& m : report.metrics)
            if (m.id == id && m.className.empty()) return &m;
        return nullptr;
    };
    if (const auto* kid = find("kid"); kid && std::isfinite(kid->estimate.realHigh)) {
        const bool asReal = kid->estimate.value <= kid->estimate.realHigh;
        if (kid->estimate.high < kid->estimate.realLow)
            answers.push_back(
                {"The set lies nearer to the real tiles than other real tiles do: do both hold the same tissue?", Judgement::Look});
        else
            answers.push_back(
                {asReal ? "Realistic: the set is no further from the real tiles than other real tiles are, as far as these features see."
                        : "Realistic: the set can be told from real tiles; it lies further away than real tiles lie from each other.",
                 asReal ? Judgement::Good : Judgement::Look});
    }
    if (const auto* recall = find("recall"); recall && std::isfinite(recall->estimate.realLow)) {
        const bool asReal = recall->estimate.value >= recall->estimate.realLow;
        answers.push_back({asReal ? "Varied: the set covers the real tiles as well as other real tiles do."
                                  : "Varied: parts of the real tiles have no counterpart in the set.",
                           asReal ? Judgement::Good : Judgement::Look});
    }
    if (!report.copying.finding.text.empty())
        answers.push_back({"Copied: " + report.copying.finding.text, report.copying.finding.judgement});
    for (const auto& finding : report.adherence.findings) answers.push_back({"Follows the prompt: " + finding.text, finding.judgement});
    for (const auto& finding : report.adherence.attributeFindings)
        if (finding.judgement != Judgement::Plain) answers.push_back({"Follows the prompt: " + finding.text, finding.judgement});
    for (const auto& finding : report.cues.findings) answers.push_back({"Trivial cues: " + finding.text, finding.judgement});
    return answers;
}

} // namespace phloxine
