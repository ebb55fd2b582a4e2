#pragma once
// What the captions of a study say: statements about a tile that were measured on it, put into a text of a given length.
#include "core/base/Progress.h"
#include "core/condition/attributes.h"
#include "core/study/CaptionStudy.h"
#include "core/train/TrainingSet.h"

namespace phloxine {

// A statement in three levels, in the order in which captions take them: the attributes of core/condition, then measures of tissue.
struct StudyFact {
    const char* id;
    const char* phrases[3];
};
const std::vector<StudyFact>& studyFacts();

using TileFacts = std::vector<std::optional<AttributeLevel>>; // parallel to studyFacts()

// Of all tiles of the set: terciles within each class over the tiles that train. What was measured is kept in `file` and used again while
// the tiles are the same. A tile that cannot be decoded has no facts.
std::vector<TileFacts> measureFacts(const TrainingSet& set, const std::filesystem::path& file, const ProgressHook& progress);

struct StudyCaption {
    std::string text;
    int tokens = 0, facts = 0; // start and end included; statements beside the class
};
// The class and as many facts as the arm's factTokens hold, then filler up to its length. Error(WrongUse) where the class does not fit.
StudyCaption studyCaption(const StudyArm& arm, const std::string& className, const TileFacts& facts);

// Whose caption each tile gets: itself, or a tile of another group on the same side of the hold-out. Each caption is used once, but where
// one group is larger than all others together. Deterministic.
std::vector<int> pairedTiles(const TrainingSet& set, CaptionPairing pairing, std::uint64_t seed);

// One caption for each tile of the set; empty texts where the arm has none.
std::vector<StudyCaption> captionsOf(const StudyArm& arm, const TrainingSet& set, const std::vector<TileFacts>& facts);

} // namespace phloxine
