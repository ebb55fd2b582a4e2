#pragma once
// The caption-length study of "Improving text-conditioned latent diffusion for cancer pathology" as a value: the same small model trained
// with captions of several lengths, with the number of true statements and the length of the text varied apart, and with controls.
// JSON format "phloxine-study/1", kind "caption-length".
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/Progress.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

struct CaptionStudy {
    std::string title;
    std::vector<int> lengths{20, 35, 50, 77, 154}; // CLIP tokens of a caption and of the context, start and end included
    int controlLength = 35;                        // one of them: the controls have this length
    bool fillers = true, paddings = true;          // arms whose length is words without meaning, or nothing at all
    std::vector<std::uint64_t> seeds{1, 2, 3};     // of the training; one run of each arm for each
    int tiles = 500;                               // made with each model, with the captions of held-out tiles
    std::string sampler = "ddim";
    int steps = 20;
    double guidance = 1.75; // 1 where there is no text
    std::string extractor = "embedded";
    TrainRecipe recipe; // of every run; its seed, captions, context length and intervals of watching are the study's
};

enum class CaptionPairing { Own, OtherGroup, OtherGroupOfClass }; // whose caption a tile gets, in training and in validation

struct StudyArm {
    std::string id, title;
    int length = 0;      // of the context
    int factTokens = 0;  // that the class and true statements may take; 0: the class alone
    bool text = true;    // false: every caption is empty
    bool filler = false; // words without meaning up to the length
    CaptionPairing pairing = CaptionPairing::Own;
};
// In the order in which they are run: the lengths first, then the controls, then what keeps the two factors apart.
std::vector<StudyArm> armsOf(const CaptionStudy& study);

CaptionStudy captionStudyFromJson(const Json& json, const std::string& what); // Error(Corrupt | Unsupported) naming the entry
Json toJson(const CaptionStudy& study);
CaptionStudy readCaptionStudy(const std::filesystem::path& file); // paths in its recipe count from its folder

struct StudyHooks {
    ProgressHook progress; // throws Cancelled to stop; what was done is kept
    std::function<void(const std::string&)> notice;
    std::function<void(const std::string& arm, std::uint64_t seed)> finished; // a run and its measurement
    std::vector<std::string> only;                                            // arms to run now; empty: all
};

// Runs what is not there yet, one seed of all arms after the other, and writes the report anew after each run: study.json, table.csv,
// report.md, report.html. In `folder`: request.json, facts.json, latents/ (of all arms), arms/<arm>/seed-<n>/ (a run folder each) with
// result.json. Error(Exists) for a folder of another study or without `resume`; other seeds are no other study. Error(WrongUse) for an
// arm in `only` that the study does not have.
void runCaptionStudy(const CaptionStudy& study, const std::filesystem::path& data, const std::filesystem::path& folder, bool resume,
                     const StudyHooks& hooks = {});

} // namespace phloxine
