#pragma once
// Internal to core/measure: a set after the one pass that reads its tiles, and what each part of a comparison makes of two such sets.
#include <memory>
#include <optional>

#include "core/base/Progress.h"
#include "core/measure/CompareReport.h"
#include "core/measure/CompareRequest.h"
#include "core/measure/NucleiCalibration.h"
#include "core/measure/copying/known_neighbours.h"
#include "core/measure/distances/feature_nets.h"
#include "core/measure/distances/features.h"
#include "core/measure/tissue/cues.h"
#include "core/measure/tissue/tile_measures.h"

namespace phloxine {

struct MeasuredSet {
    TileSet set;
    SetSummary summary;
    std::vector<int> groups;          // of each tile
    std::vector<at::Tensor> features; // of each extractor, [n, d] float32
    std::vector<CopySketch> sketches;
    std::vector<std::vector<double>> measures; // of each tile, parallel to tileMeasureRows()
    bool physical = false;                     // they are in um and per mm2
    std::vector<RadialPower> spectra;          // mean power spectrum of each group
    std::vector<CueFeatures> cues;
    at::Tensor fingerprints; // [n, 128], of the embedded encoder
};

// What the pass computes besides the summary.
struct PassPlan {
    const std::vector<FeatureNet>* extractors = nullptr;
    bool sketches = false, measures = false;
    bool physical = true; // give um and mm2 where the scale of the set is known
    StainMatrix stain = ruifrokJohnston();
    at::Device device = at::kCPU; // of the networks
    bool remembered = false;      // keep what was measured, and use what was kept, while the tiles' bytes are the same
};
MeasuredSet measureSet(const SetChoice& choice, const PassPlan& plan, const ProgressHook& progress);

// The parts. Each fills its part of the report and says in it what it could not do.
void compareDistances(const MeasuredSet& real, const MeasuredSet& synthetic, const std::vector<FeatureNet>& extractors, std::uint64_t seed,
                      SyntheticReport& report, const ProgressHook& progress);
void compareTissue(const MeasuredSet& real, const MeasuredSet& synthetic, std::uint64_t seed, SyntheticReport& report,
                   const ProgressHook& progress);
void compareSpectra(const MeasuredSet& real, const MeasuredSet& synthetic, SyntheticReport& report);
// What the counts of nuclei are worth: the counter's error on rendered fields and, with a file of clicked nuclei, on tiles of the real set.
NucleiCheck checkNuclei(const std::optional<NucleiCalibration>& clicked, const MeasuredSet& real, const StainMatrix& stain,
                        const ProgressHook& progress);
void correctCounts(const NucleiCheck& check, MeasuredSet& measured); // where it applies; the same way in both arms
void compareCues(const MeasuredSet& real, const MeasuredSet& synthetic, std::uint64_t seed, SyntheticReport& report);
class CopyCheck { // made once, asked for each synthetic set
public:
    // `training` may be the real set itself.
    CopyCheck(const MeasuredSet& training, const MeasuredSet& real, const ProgressHook& progress);
    // Without the tiles: what the model folder knows of them.
    CopyCheck(const KnownNeighbours& neighbours, const std::string& modelTitle);
    CopyingResult check(const MeasuredSet& synthetic, const ProgressHook& progress) const;

private:
    NearPair pairOf(const MeasuredSet& tiles, std::size_t i, const CopyScores& scores) const;

    std::vector<std::string> m_names;           // of the training tiles
    std::vector<std::filesystem::path> m_files; // empty where they are not on this disk
    std::unique_ptr<CopyIndex> m_index;
    CopyLimit m_limit;
    std::vector<double> m_realExcess;
    std::vector<NearPair> m_realPairs;
    std::string m_problem; // why there is no check
    std::string m_remark;  // what the check could not see
};
class ClassJudges;
// Judges of the class, trained once on the real set for all synthetic ones. What stopped them is told of each set.
class Judges {
public:
    Judges(const MeasuredSet& real, const CompareRequest& request, const std::string& device, const ProgressHook& progress);
    void compare(const MeasuredSet& synthetic, SyntheticReport& report, const ProgressHook& progress) const;

private:
    std::shared_ptr<const ClassJudges> m_judges;
    std::string m_why; // there are none
};
void compareAttributes(const MeasuredSet& real, const MeasuredSet& synthetic, std::uint64_t seed, SyntheticReport& report);
std::vector<Finding> answersOf(const SyntheticReport& report); // one for each question

} // namespace phloxine
