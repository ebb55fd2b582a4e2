#pragma once
// A short text of whole findings from a pathology report, for prompts and captions: local, the same each time, no model. PathLDM and
// "Improving text-conditioned latent diffusion for cancer pathology" had reports shortened by a language model to 154, 50, 35 or 20 tokens
// and lost ends of sentences and negations by it; here a finding is taken whole, with its negation, or left out.
#include <array>
#include <string>
#include <vector>

#include "core/base/Json.h"

namespace phloxine {

// Clinical and Administrative never enter a summary; Gross and Frozen stand last.
enum class ReportSection { Diagnosis, Synoptic, Microscopic, Unnamed, Comment, Frozen, Gross, Clinical, Administrative };
const char* toString(ReportSection section);

inline constexpr std::array summaryPresets = {20, 35, 50, 75, 154}; // CLIP tokens, start and end included; 35 did best in the paper

struct ReportFinding {
    std::string text; // as it would stand in the summary; "(withheld)" where it holds or may hold a name, a date or a number of a record
    ReportSection section = ReportSection::Unnamed;
    bool negated = false;
    double score = 0; // of its topics and its section; 0 for what is never used
    int tokens = 0;   // that it costs, its full stop included
    bool used = false;
    std::string whyNot; // one sentence where it is not used
};

struct ReportSummary {
    std::string text;                    // findings as sentences, the most telling first; may be empty, then `remarks` says why
    int tokens = 0;                      // of text, start and end included; never more than asked for
    std::vector<ReportFinding> findings; // of the whole report, in its order
    std::vector<std::string> remarks;
};
Json toJson(const ReportSummary& summary);

// In the order of rank and not of the report, so that the most telling words stand first, where a second limit would cut last and a shorter
// preset agrees with a longer one. Error(WrongUse) for an empty or endless report or maxTokens outside 8..1000, Error(Corrupt) for what is
// no text, Error(Unsupported) for another language.
ReportSummary summariseReport(const std::string& report, int maxTokens);

// Tokens of a prompt as CLIP counts them, start and end included.
int promptTokens(const std::string& text);

} // namespace phloxine
