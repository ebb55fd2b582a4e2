#include "core/measure/report_files.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
    return result + "\"";
}

std::string cell(double value) { return std::isfinite(value) ? Json(value).dump() : std::string(); }

void addCell(std::string& csv, const std::string& text, const char* before = ",") { csv.append(before).append(text); }

std::string metricsCsv(const CompareReport& report) {
    std::string csv = "set,metric,extractor,class,value,low,high,real_vs_real,real_vs_real_low,real_vs_real_high,n,groups,interval\n";
    for (const auto& s : report.synthetic)
        for (const auto& m : s.metrics) {
            const auto& e = m.estimate;
            addCell(csv, quoted(s.set.name), ""), addCell(csv, m.id), addCell(csv, quoted(m.extractor)), addCell(csv, quoted(m.className));
            for (const double value : {e.value, e.low, e.high, e.realAgainstReal, e.realLow, e.realHigh}) addCell(csv, cell(value));
            addCell(csv, std::to_string(e.tiles)), addCell(csv, std::to_string(e.groups)), addCell(csv, quoted(e.method));
            csv += '\n';
        }
    return csv;
}

// A row per tile, so that any other program can draw its own plots.
std::string tilesCsv(const CompareReport& report) {
    std::string csv = "set,tile";
    if (report.synthetic.empty()) return csv + "\n";
    const auto& first = report.synthetic.front();
    for (const auto& d : first.distributions) addCell(csv, quoted(d.id));
    csv += "\n";
    const auto add = [&](const std::string& set, const std::vector<std::string>& tiles, const SyntheticReport& from,
                         std::vector<float> Distribution::*values) {
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            addCell(csv, quoted(set), ""), addCell(csv, quoted(tiles[i]));
            for (const auto& d : from.distributions) addCell(csv, cell((d.*values)[i]));
            csv += "\n";
        }
    };
    add(report.real.name, report.realTiles, first, &Distribution::realValues);
    for (const auto& s : report.synthetic) add(s.set.name, s.tiles, s, &Distribution::syntheticValues);
    return csv;
}

} // namespace

void writeReport(const CompareReport& report, const fs::path& folder, ReportPictures pictures) {
    makeWritableFolder(folder);
    const auto json = toJson(report).dump(1);
    const auto page = reportPage(report, pictures);
    if (const auto file = folder / "report.json"; isThere(file)) {
        if (readFile(file) == json && isThere(folder / "report.html") && readFile(folder / "report.html") == page) return;
        throw Error(ErrorCode::Exists,
                    "The folder " + folder.filename().string() + " holds another report; nothing was overwritten, choose another folder.");
    }
    writeFileAtomically(folder / "report.html", page, IfExists::Replace);
    writeFileAtomically(folder / "metrics.csv", metricsCsv(report), IfExists::Replace);
    writeFileAtomically(folder / "tiles.csv", tilesCsv(report), IfExists::Replace);
    writeFileAtomically(folder / "report.json", json); // last: a folder without it holds no whole report
}

} // namespace phloxine
