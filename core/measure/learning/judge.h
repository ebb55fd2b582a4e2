#pragma once
// Does a tile show what was asked for? Two judges of the tissue class, trained on real tiles and always judged on groups that they did not
// see: one on the fingerprints of an encoder, one on the haematoxylin alone, which colour cannot mislead. What a judge says of synthetic
// tiles means something only beside what it says of real ones.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/Progress.h"
#include "core/measure/Estimate.h"
#include "core/measure/TileSet.h"

namespace phloxine {

struct JudgeSettings {
    int folds = 3; // each judge is trained on all but one part of the real groups, and judges that part
    std::uint64_t seed = 1;
    int steps = 500; // of the network on haematoxylin, per fold
    bool fingerprints = true, haematoxylin = true;
    std::string device = "cpu"; // auto, cpu, cuda, cuda:1
};

struct ClassJudgement {
    std::string className;
    Estimate real, synthetic; // share of the tiles of this class that are taken for it
};

struct Judge {
    std::string id, title;    // "fingerprints", "haematoxylin"
    std::string method;       // one sentence
    Estimate real, synthetic; // pooled over classes
    std::vector<ClassJudgement> classes;
    std::vector<std::vector<int>> realConfusion, syntheticConfusion; // tiles: [asked for][taken for]
    // Share of its judgement, 0..1, that each tile is of the class that was asked for: parallel to the tiles of the sets.
    std::vector<double> realProbability, syntheticProbability;
};

struct ClassAdherence {
    std::vector<std::string> classes;
    std::vector<Judge> judges;
    int realTiles = 0, realGroups = 0, syntheticTiles = 0;
    std::string encoderSha256;
};

// The judges of one real set, trained once, for any number of synthetic sets.
class ClassJudges {
public:
    // Tiles that cannot be read leave the set and become its faults. Error(WrongUse) in one sentence: no tiles, one class, too few groups
    // in a class.
    explicit ClassJudges(TileSet& real, const JudgeSettings& settings = {}, const ProgressHook& progress = {});
    ~ClassJudges();
    ClassJudges(ClassJudges&&) noexcept;
    // Likewise. Error(WrongUse): no tiles, a class that the real set lacks.
    ClassAdherence judge(TileSet& synthetic, const ProgressHook& progress = {}) const;

private:
    struct State;
    std::unique_ptr<State> m;
};

} // namespace phloxine
