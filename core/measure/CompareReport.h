#pragma once
// What a comparison found. Every number carries its interval, what it rests on and a plain sentence; paths do not appear.
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/measure/Estimate.h"
#include "core/measure/NucleiCalibration.h"
#include "core/measure/TileSet.h"
#include "core/measure/tissue/rendered_fields.h"

namespace phloxine {

enum class Judgement { Good, Look, Bad, Plain }; // of a sentence: passed, needs a look, failed, says nothing about it

struct Finding {
    std::string text;
    Judgement judgement = Judgement::Plain;
};

struct SetSummary {
    std::string name;
    int tiles = 0, groups = 0, widthPx = 0, heightPx = 0;
    bool groupsKnown = false;
    std::string groupSource, contentSha256;
    Scale scale;
    std::vector<std::pair<std::string, int>> classes; // tiles of each
    std::vector<TileFault> faults;
};

struct MetricResult {
    std::string id, title, extractor, className; // className empty = all classes together
    Estimate estimate;
    Finding finding;
};

// One measured property of the tiles, real beside synthetic.
struct Distribution {
    std::string id, title, unit;
    std::vector<double> x, realDensity, syntheticDensity; // curves
    double realMedian = 0, syntheticMedian = 0;
    double wasserstein = 0, pValue = 1;             // group permutation
    Estimate difference;                            // of the medians, synthetic minus real
    std::vector<float> realValues, syntheticValues; // of each tile, parallel to CompareReport::realTiles and SyntheticReport::tiles
    Finding finding;
};

// Mean over groups of the log10 of the power at each frequency, and the middle 95 % of the groups; squared grey levels.
struct RadialSpectrum {
    std::vector<double> cyclesPerPx, real, realLow, realHigh, synthetic, syntheticLow, syntheticHigh; // empty: not measured
    double micronsPerPixel = 0;                                                                       // 0: not known, or not the same
    int realGroups = 0, syntheticGroups = 0;
    Finding finding;
};

// What the counts of nuclei are worth.
struct NucleiCheck {
    std::vector<CounterError> rendered;             // on fields whose nuclei are known; empty: not asked for
    bool calibrationGiven = false, sameSet = false; // sameSet: the clicked set has this set's content
    CalibrationResult clicked;
    Finding finding;
};

struct NearPair {
    std::string synthetic, training;    // names of tiles
    int syntheticIndex = -1;            // into SyntheticReport::tiles
    std::filesystem::path trainingFile; // never written
    std::string detector;               // "features", "pixels", "piece"
    double score = 0, excess = 0;       // correlation; over the limit by how many spreads (below 0: under it)
    int orientation = 0;
    bool nearCopy = false;
};

struct CopyingResult {
    bool checked = false;
    int count = 0, tiles = 0;  // near copies among tiles
    double low = 0, upper = 1; // exact 95 % interval of the share
    double statedRate = 0, falseAlarmLow = 0, falseAlarmHigh = 1;
    int groups = 0, alarms = 0, checkedGroups = 0;        // real groups of the calibration, and of its cross-check
    std::vector<NearPair> pairs;                          // nearest first
    std::vector<NearPair> realPairs;                      // real tiles over the limit: their names stand where synthetic ones do
    std::vector<double> x, realDensity, syntheticDensity; // of the excess; the limit lies at 0
    Finding finding;
};

struct ClassAdherenceRow {
    std::string className, judge; // judge: "fingerprints", "haematoxylin"
    double real = 0, realLow = 0, realHigh = 0, synthetic = 0, syntheticLow = 0, syntheticHigh = 0;
    int realTiles = 0, syntheticTiles = 0;
};
// Rank correlation of the asked level with what is measured; NaN where there is none.
struct AttributeRow {
    std::string attribute, className, measuredBy; // className empty = mean within classes
    int tiles = 0, groups = 0;                    // that ask for a level; groups: fields or seeds
    double correlation = Estimate::none, low = Estimate::none, high = Estimate::none;
    double ceiling = Estimate::none;                                                   // three levels cannot reach 1
    double real = Estimate::none, realLow = Estimate::none, realHigh = Estimate::none; // of real tiles with their own captions
    int realTiles = 0;
};
struct AdherenceResult {
    std::vector<ClassAdherenceRow> classes; // the pooled row has an empty className
    std::vector<AttributeRow> attributes;
    std::vector<Finding> findings, attributeFindings; // of the classes, of the attributes
};

struct CueRow {
    std::string id, title;
    bool format = false; // a cue of the file format, which blocks a reading study
    double auc = 0.5, low = 0.5, high = 0.5, pValue = 1;
};
struct CueResult {
    std::vector<CueRow> rows; // the first is all cues together
    bool blocksStudy = false;
    std::vector<Finding> findings;
};

struct SyntheticReport {
    SetSummary set;
    std::vector<std::string> tiles;           // names, in the order of every per-tile list
    std::vector<std::filesystem::path> files; // the same, for the window; never written
    std::vector<MetricResult> metrics;
    std::vector<Distribution> distributions;
    RadialSpectrum spectrum;
    CopyingResult copying;
    AdherenceResult adherence;
    CueResult cues;
    std::vector<Finding> answers; // one for each question: realistic, varied, copied, follows the prompt, told apart by trivial cues
};

struct CompareReport {
    std::string protocol; // a JSON object: extractors with hash and resize, n, groups, split, seeds, stain matrix, build
    SetSummary real, training;
    std::vector<std::string> realTiles;
    std::vector<std::filesystem::path> realFiles; // never written
    std::vector<SyntheticReport> synthetic;
    NucleiCheck nuclei;
    std::vector<std::string> warnings;
};

Json toJson(const CompareReport& report); // format phloxine-compare/1

} // namespace phloxine
