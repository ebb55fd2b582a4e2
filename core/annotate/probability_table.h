#pragma once
// Probabilities of tissue classes over tiles or over places of a slide, as CSV: what `phloxine annotate` writes, and what WSInfer does
// (minx, miny, width, height, prob_*).
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phloxine {

struct Place { // pixels of the full resolution
    double x = 0, y = 0, width = 0, height = 0;
    bool operator==(const Place&) const = default;
};

struct ProbabilityRow {
    std::string file; // of a set, or empty
    Place place;      // of a slide, where the table has places
    std::vector<double> probabilities;
};

struct ProbabilityTable {
    std::vector<std::string> classes; // without "prob_"
    bool hasFiles = false, hasPlaces = false;
    std::vector<ProbabilityRow> rows;
};

// Columns `file`, or x | minx, y | miny, width and height; then prob_*; others are skipped. Error(NotFound | Corrupt), with the line.
ProbabilityTable readProbabilityTable(const std::filesystem::path& csv);
std::vector<Place> readPlaces(const std::filesystem::path& csv); // the same columns, no probabilities needed
std::string toCsv(const ProbabilityTable& table);

// The column of a class by its name, in any case; without one the only column, or the last of two as in "Other, Tumor". Error(WrongUse).
std::size_t classColumn(const ProbabilityTable& table, const std::string& name);

// The mean over what the rows cover of the tile, weighted by the area they share with it; empty where they cover less than half.
std::optional<double> meanOver(const ProbabilityTable& table, std::size_t column, const Place& tile);
std::optional<double> valueOf(const ProbabilityTable& table, std::size_t column, const std::string& file);

} // namespace phloxine
