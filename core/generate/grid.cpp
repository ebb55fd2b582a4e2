#include "core/generate/grid.h"

#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"

namespace phloxine {

namespace {

template <typename T>
T numberFrom(const std::string& text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        wrongUse("\"" + text + "\" is not a number that fits here; correct the values of the grid.");
    return value;
}

template <auto field>
void setNumber(GenerateRequest& request, const std::string& value) {
    using T = std::remove_cvref_t<decltype(request.*field)>;
    request.*field = numberFrom<T>(value);
}
template <auto field>
void setText(GenerateRequest& request, const std::string& value) {
    request.*field = value;
}

constexpr GridParameter parameters[] = {
    {"seed", "Seed", true, setNumber<&GenerateRequest::seed>},
    {"guidance", "Guidance", true, setNumber<&GenerateRequest::guidance>},
    {"steps", "Steps", true, setNumber<&GenerateRequest::steps>},
    {"sampler", "Sampler", false, setText<&GenerateRequest::sampler>},
    {"class", "Class", false, [](GenerateRequest& r, const std::string& value) { r.classId = value, r.prompt.clear(); }},
    {"prompt", "Prompt", false, [](GenerateRequest& r, const std::string& value) { r.prompt = value, r.classId.clear(); }},
    {"append", "Prompt, continued", false,
     [](GenerateRequest& r, const std::string& value) { r.prompt += (r.prompt.empty() || value.empty() ? "" : ", ") + value; }},
    {"negative", "Leads away from", false, setText<&GenerateRequest::negative>},
    {"variation", "Variation", true, setNumber<&GenerateRequest::variation>},
    {"variation-seed", "Variation seed", true,
     [](GenerateRequest& r, const std::string& value) { r.variationSeed = numberFrom<std::uint64_t>(value); }},
    {"guidance-rescale", "Guidance rescale", true, setNumber<&GenerateRequest::guidanceRescale>},
    {"eta", "Eta", true, [](GenerateRequest& r, const std::string& value) { r.eta = numberFrom<double>(value); }},
    {"strength", "Strength", true, setNumber<&GenerateRequest::strength>},
    {"lora-strength", "LoRA strength", true,
     [](GenerateRequest& r, const std::string& value) {
         if (r.loras.empty()) wrongUse("There is no LoRA whose strength could change; add one to the request.");
         r.loras.front().strength = numberFrom<double>(value);
     }},
    {"model", "Model", false, setText<&GenerateRequest::model>},
};

const GridParameter& parameterOf(const std::string& id) {
    std::string known;
    for (const auto& row : parameters) {
        if (id == row.id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    wrongUse("A grid cannot change \"" + id + "\"; take one of " + known + ".");
}

std::string numberText(double value) {
    return value == std::round(value) && std::abs(value) < 1e15 ? Json(std::int64_t(value)).dump() : Json(value).dump();
}

// "1..4/0.5": both ends belong to it where the step meets them.
void addRange(std::vector<std::string>& values, const std::string& text, std::size_t dots) {
    const auto slash = text.find('/', dots);
    const double first = numberFrom<double>(text.substr(0, dots));
    const double last = numberFrom<double>(text.substr(dots + 2, slash == std::string::npos ? slash : slash - dots - 2));
    const double step = slash == std::string::npos ? 1 : numberFrom<double>(text.substr(slash + 1));
    if (!(step > 0) || !(last >= first)) wrongUse("The range " + text + " leads nowhere; write FIRST..LAST/STEP with a step above 0.");
    const double count = std::floor((last - first) / step + 1e-9) + 1;
    if (count > double(gridValuesLimit)) wrongUse("The range " + text + " has more than 64 values; take larger steps.");
    for (int i = 0; i < int(count); ++i)
        values.push_back(numberText(std::round((first + i * step) * 1e9) / 1e9)); // 0.30000000000000004 is 0.3
}

std::vector<std::string> piecesOf(const std::string& text) { // at commas outside quotes
    std::vector<std::string> pieces{""};
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        else if (c == ',' && !quoted) pieces.emplace_back();
        else pieces.back() += c;
    }
    if (quoted) wrongUse("A quotation mark in the values of the grid is not closed: " + text + ".");
    for (auto& piece : pieces) {
        const auto first = piece.find_first_not_of(' ');
        piece = first == std::string::npos ? "" : piece.substr(first, piece.find_last_not_of(' ') - first + 1);
    }
    return pieces;
}

std::string shortLabel(const GridAxis& axis, std::size_t i, const ModelCard& card) {
    const auto text = gridLabel(axis, i, card);
    return text.size() <= 40 ? text : text.substr(0, 37) + "...";
}

Json toJson(const Grid& grid) {
    auto base = grid.base;
    base.build.clear();
    const auto axis = [](const GridAxis& a) { return Json{{"parameter", a.parameter}, {"values", a.values}}; };
    return {{"format", "phloxine-grid/1"}, {"base", toJson(base)}, {"x", axis(grid.x)}, {"y", axis(grid.y)}};
}

std::string cellName(std::size_t column, std::size_t row) { return std::to_string(row + 1) + "-" + std::to_string(column + 1); }

} // namespace

std::span<const GridParameter> gridParameters() { return parameters; }

GridAxis gridAxis(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) wrongUse("An axis of a grid is written PARAMETER=VALUE,VALUE; correct \"" + text + "\".");
    return gridAxis(text.substr(0, equals), text.substr(equals + 1));
}

GridAxis gridAxis(const std::string& parameter, const std::string& values) {
    const auto& row = parameterOf(parameter);
    GridAxis axis{parameter, {}};
    for (const auto& piece : piecesOf(values)) {
        const auto dots = row.numbers ? piece.find("..") : std::string::npos;
        if (row.numbers && piece.empty()) wrongUse("A value for " + parameter + " is missing between two commas.");
        if (dots != std::string::npos) addRange(axis.values, piece, dots);
        else axis.values.push_back(piece);
    }
    if (axis.values.size() > gridValuesLimit) wrongUse("An axis of a grid has at most 64 values.");
    GenerateRequest probe;
    probe.loras.resize(1), probe.variationSeed = 0;
    for (const auto& value : axis.values) row.set(probe, value); // says now what is no number
    return axis;
}

GenerateRequest Grid::at(std::size_t column, std::size_t row) const {
    auto request = base;
    request.count = 1;
    if (!x.parameter.empty()) parameterOf(x.parameter).set(request, x.values[column]);
    if (!y.parameter.empty()) parameterOf(y.parameter).set(request, y.values[row]);
    return request;
}

void validate(const Grid& grid) {
    if (grid.x.parameter.empty() && grid.y.parameter.empty()) wrongUse("A grid changes at least one parameter; choose one.");
    if (grid.x.parameter == grid.y.parameter)
        wrongUse("Both axes of the grid change " + grid.x.parameter + "; choose another for one of them.");
    for (std::size_t row = 0; row < grid.rows(); ++row)
        for (std::size_t column = 0; column < grid.columns(); ++column) validate(grid.at(column, row));
}

std::string gridLabel(const GridAxis& axis, std::size_t i, const ModelCard& card) {
    if (axis.parameter.empty()) return {};
    const auto& value = axis.values[i];
    if (axis.parameter == "class")
        if (const auto* found = card.findClass(value)) return found->label;
    if (axis.parameter == "sampler")
        for (const auto& row : samplerRows())
            if (row.id == value) return row.title;
    return value;
}

Image tileForSheet(const Image& tile, std::size_t cells) {
    constexpr double sheetPixels = 64e6;
    const double share = std::sqrt(sheetPixels / (double(cells) * tile.width * tile.height));
    if (share >= 1) return tile;
    auto smaller = resized(tile, std::max(1, int(tile.width * share)), std::max(1, int(tile.height * share)));
    smaller.scale = tile.scale;
    smaller.scale.micronsPerPixel *= double(tile.width) / smaller.width;
    return smaller;
}

Image gridSheet(const Grid& grid, std::span<const Image> tiles, const ModelCard& card) {
    constexpr int gap = 8, top = 56, left = 160, bottom = 32, textHeight = 11;
    int width = 1, height = 1;
    for (const auto& tile : tiles) width = std::max(width, tile.width), height = std::max(height, tile.height);
    const auto columns = int(grid.columns()), rows = int(grid.rows());
    Image sheet(left + columns * (width + gap), top + rows * (height + gap) + bottom);
    fill(sheet, 0, 0, sheet.width, sheet.height, 255, 255, 255);
    const auto title = [](const GridAxis& axis) {
        return axis.parameter.empty() ? std::string() : std::string(parameterOf(axis.parameter).title);
    };
    drawText(sheet, left, 20, title(grid.x).c_str(), textHeight);
    drawText(sheet, gap, top - gap, title(grid.y).c_str(), textHeight);
    for (int column = 0; column < columns; ++column)
        drawText(sheet, left + column * (width + gap), top - gap, shortLabel(grid.x, std::size_t(column), card).c_str(), textHeight);
    for (int row = 0; row < rows; ++row) {
        drawText(sheet, gap, top + row * (height + gap) + height / 2, shortLabel(grid.y, std::size_t(row), card).c_str(), textHeight);
        for (int column = 0; column < columns; ++column)
            if (const auto i = std::size_t(row * columns + column); i < tiles.size())
                paste(sheet, tiles[i], left + column * (width + gap), top + row * (height + gap));
    }
    drawText(sheet, gap, sheet.height - 12, "Generated by Phloxine. Research use only, not for diagnosis.", 10);
    if (!tiles.empty()) sheet.scale = tiles.front().scale;
    return sheet;
}

GridResult generateGrid(ModelStore& store, const Grid& grid, const std::filesystem::path& folder, const GenerateHooks& hooks) {
    validate(grid);
    makeWritableFolder(folder);
    const auto note = folder / "grid.json";
    const auto text = toJson(grid).dump(1) + "\n";
    if (!std::filesystem::exists(note)) writeFileAtomically(note, text, IfExists::Fail, Durability::Synced);
    else if (readFile(note) != text)
        throw Error(ErrorCode::Exists,
                    "The folder " + folder.filename().string() + " holds another grid; nothing was overwritten, choose another folder.");
    GridResult result{folder / "grid.png"};
    std::vector<Image> tiles; // as they are on the sheet
    const auto keep = [&](const Image& tile) { tiles.push_back(tileForSheet(tile, grid.rows() * grid.columns())); };
    const int count = int(grid.rows() * grid.columns());
    for (std::size_t row = 0; row < grid.rows(); ++row)
        for (std::size_t column = 0; column < grid.columns(); ++column) {
            const int done = int(tiles.size());
            auto cellHooks = hooks;
            if (hooks.step) cellHooks.step = [&](int, int step, int steps) { hooks.step(done, step, steps); };
            cellHooks.tile = [&](int, const Tile& tile) {
                keep(tile.image);
                if (hooks.tile) hooks.tile(done, tile);
            };
            const auto cell = folder / cellName(column, row);
            const auto made = generateIntoFolder(store, grid.at(column, row), cell, cellHooks);
            (made.kept ? result.kept : result.made) += 1;
            if (made.kept) keep(readPng(cell / made.files.front().name).image);
        }
    if (hooks.step) hooks.step(count - 1, 1, 1);
    writePng(result.sheet, gridSheet(grid, tiles, store.find(grid.base.model, grid.base.modelSha256, grid.base.modelSettings).card),
             {{"XML:com.adobe.xmp", xmpOfSource(isComposite(grid.base))}}, IfExists::Replace);
    return result;
}

} // namespace phloxine
