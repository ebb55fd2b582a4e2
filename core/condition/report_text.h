#pragma once
// Internal to core/condition: a pathology report as text -> its sections and findings. Works on reports with lines and on those that
// optical recognition has run together in one.
#include <string>
#include <vector>

#include "core/condition/report_summary.h"

namespace phloxine {

inline constexpr std::size_t longestReport = 256 * 1024; // bytes

// UTF-8 without control characters, quotes straight, words mended where recognition put a digit into one. Error(WrongUse) for an empty text
// or one longer than a report, Error(Corrupt) for what is no text, Error(Unsupported) for another language than English.
std::string readableReport(const std::string& bytes);

// Lines as they were meant: wrapped ones joined, broken words mended, tables without a rule given a colon, options that were not ticked
// left out. Then the small questions about them.
std::vector<std::string> logicalLines(const std::string& report);
bool startsItem(const std::string& line); // "1. ", "B) ", "- "
std::string lastWord(const std::string& line);

struct RawFinding {
    ReportSection section = ReportSection::Unnamed;
    std::string text;     // a sentence, a line, a part that stands alone
    std::string specimen; // the name it stands under, "lymph node, sentinel, biopsy"; may be empty
    bool cut = false;     // the report ends before it does
};
std::vector<RawFinding> rawFindings(const std::string& report);

} // namespace phloxine
