#pragma once
// The report as files: report.json, metrics.csv, tiles.csv and one page, report.html, that needs nothing beside it.
#include <filesystem>

#include "core/measure/CompareReport.h"

namespace phloxine {

struct ReportPictures {
    bool synthetic = true, real = true; // real tiles may be nobody's to pass on
};

// Error(Exists) when the folder holds another report, or this one with other pictures; a folder with the same report is left as it is.
void writeReport(const CompareReport& report, const std::filesystem::path& folder, ReportPictures pictures = {});

std::string reportPage(const CompareReport& report, ReportPictures pictures); // HTML

} // namespace phloxine
