#pragma once
// Grids of tiles: two parameters of a request take each of their values, so that it can be seen what they do. A grid is no more than a list
// of requests and a sheet with labels; each of its tiles is a tile like any other.
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/generate/Generator.h"

namespace phloxine {

struct GridParameter {
    const char* id;    // "guidance"
    const char* title; // "Guidance"
    bool numbers;      // ranges can be written: 1..4/0.5
    void (*set)(GenerateRequest& request, const std::string& value);
};
std::span<const GridParameter> gridParameters();

struct GridAxis {
    std::string parameter; // id of a row; empty = this axis has one place and changes nothing
    std::vector<std::string> values;
    bool operator==(const GridAxis&) const = default;
};

constexpr std::size_t gridValuesLimit = 64; // along one axis

// "guidance=1,2,4", "seed=1..8", "variation=0..1/0.25"; words with a comma in quotes: prompt="a, b","c". Error(WrongUse) in one sentence.
GridAxis gridAxis(const std::string& text);
GridAxis gridAxis(const std::string& parameter, const std::string& values);

struct Grid {
    GenerateRequest base; // count 1
    GridAxis x, y;
    std::size_t columns() const { return std::max<std::size_t>(1, x.values.size()); }
    std::size_t rows() const { return std::max<std::size_t>(1, y.values.size()); }
    GenerateRequest at(std::size_t column, std::size_t row) const;
};
// Error(WrongUse) when both axes change the same, or a request of the grid is not valid.
void validate(const Grid& grid);

// A value as a person reads it: of a class what the card calls it, of a sampler its title, of others the value itself.
std::string gridLabel(const GridAxis& axis, std::size_t i, const ModelCard& card);

// The tile as the sheet of a grid of so many cells has it: reduced where the sheet would have more than 64 million pixels, which would
// fill the memory and no viewer would open. The cells keep their tiles.
Image tileForSheet(const Image& tile, std::size_t cells);
// The tiles, row by row, with what changes along the edges. Tiles that are empty stay blank.
Image gridSheet(const Grid& grid, std::span<const Image> tiles, const ModelCard& card);

// Tiles in folder/ROW-COLUMN, the sheet as grid.png. The same grid again goes on where it stopped; another one there: Error(Exists).
struct GridResult {
    std::filesystem::path sheet;
    int made = 0, kept = 0;
};
GridResult generateGrid(ModelStore& store, const Grid& grid, const std::filesystem::path& folder, const GenerateHooks& hooks);

} // namespace phloxine
