#pragma once
// A summariser of the user's own in place of ours: a command line that reads the report on its standard input and writes the summary on its
// standard output. What it writes is checked, and cut at whole sentences only.
#include <chrono>
#include <string>
#include <vector>

namespace phloxine {

struct OwnSummary {
    std::string text; // whole sentences, within the budget
    int tokens = 0;   // CLIP's, start and end included
    struct Dropped {
        std::string sentence, why; // "(withheld)" for one that holds a name or a number of a record
    };
    std::vector<Dropped> dropped;
};

// Error(WrongUse) for an empty command, Error(Busy) at the end of its time, Error(Corrupt) when it fails, is silent, writes no text or
// leaves no whole sentence that fits. The report itself is checked as summariseReport() does.
OwnSummary summariseWith(const std::string& command, const std::string& report, int maxTokens,
                         std::chrono::milliseconds limit = std::chrono::minutes(2));

} // namespace phloxine
