#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "app/cli/request_options.h"
#include "core/base/Error.h"
#include "core/generate/grid.h"

namespace phloxine::cli {

namespace {

struct GridOptions {
    std::string x, y, out;
};

int run(const Context& context, const GenerateRequest& base, const GridOptions& options) {
    Grid grid{base, {}, {}};
    if (!options.x.empty()) grid.x = gridAxis(options.x);
    if (!options.y.empty()) grid.y = gridAxis(options.y);
    const int count = int(grid.rows() * grid.columns());
    GenerateHooks hooks;
    hooks.step = [&](int tile, int step, int steps) {
        context.progress({"Tile " + std::to_string(tile + 1) + " of " + std::to_string(count), (tile + double(step) / steps) / count});
    };
    hooks.notice = [&](const std::string& sentence) { std::cerr << "phloxine: " << sentence << "\n"; };
    ModelStore store;
    const auto result = generateGrid(store, grid, options.out, hooks);
    context.progress({"", 1});
    if (context.json) print(Json{{"sheet", result.sheet.string()}, {"made", result.made}, {"kept", result.kept}});
    else print(result.sheet.string());
    return 0;
}

} // namespace

Run addGrid(CLI::App& command) {
    auto request = addRequestOptions(command);
    auto options = std::make_shared<GridOptions>();
    std::string known;
    for (const auto& row : gridParameters()) known += (known.empty() ? "" : ", ") + std::string(row.id);
    command.add_option("--x", options->x, "Along the columns: PARAMETER=VALUE,VALUE or FIRST..LAST/STEP. Parameters: " + known);
    command.add_option("--y", options->y, "Along the rows");
    command.add_option("--out", options->out, "Folder for the tiles and the sheet grid.png; the same grid again goes on")->required();
    return [&command, request, options](const Context& context) {
        auto base = *request;
        if (command.count("--count") > 0)
            throw Error(ErrorCode::WrongUse, "Each place of a grid has one tile; for more take an axis seed=1..4.");
        if (command.count("--seed") == 0) {
            const auto note = std::filesystem::path(options->out) / "grid.json"; // a grid that goes on keeps its seed
            base.seed = std::filesystem::exists(note)
                            ? generateRequestFromJson(readJsonFile(note).value("base", Json::object()), "grid.json").seed
                            : randomSeed();
        }
        return run(context, base, *options);
    };
}

} // namespace phloxine::cli
