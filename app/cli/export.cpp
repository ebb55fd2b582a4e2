#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/exporting/ExportPlan.h"

namespace phloxine::cli {

namespace fs = std::filesystem;

namespace {

ExportPlan readPlan(const fs::path& file) {
    ExportPlan plan = exportPlanFromJson(readJsonFile(file), file.filename().string());
    for (ExportItem& item : plan.items) { // files are named from where the plan lies; a build is a result, not a wish
        if (!item.file.empty() && item.file.is_relative()) item.file = file.parent_path() / item.file;
        item.request.build.clear();
    }
    return plan;
}

int run(const Context& context, const fs::path& planFile, const fs::path& out) {
    const ExportPlan plan = readPlan(planFile);
    ModelStore store;
    Progress latest;
    ExportHooks hooks;
    hooks.progress = [&](const Progress& progress) { context.progress(latest = progress); };
    hooks.resolve = [&](const GenerateRequest& request) {
        return resolve(request, store.find(request.model, request.modelSha256, request.modelSettings));
    };
    hooks.card = [&](const GenerateRequest& request) { return store.find(request.model, request.modelSha256, request.modelSettings).card; };
    hooks.makeTile = [&](const GenerateRequest& single) {
        Tile made;
        GenerateHooks generateHooks;
        generateHooks.step = [&](int, int, int) { context.progress(latest); }; // so that Ctrl+C need not wait for the tile
        generateHooks.tile = [&](int, const Tile& tile) { made = tile; };
        generate(store, single, generateHooks);
        return made;
    };
    const ExportResult result = exportSet(plan, out, hooks);
    if (context.json) print(Json{{"folder", out.string()}, {"written", result.written}, {"kept", result.kept}});
    else
        print(out.string() + ": " + std::to_string(result.written) + " tiles written, " + std::to_string(result.kept) +
              " found finished and verified.");
    return 0;
}

} // namespace

Run addExport(CLI::App& command) {
    auto plan = std::make_shared<std::string>();
    auto out = std::make_shared<std::string>();
    command.add_option("--plan", *plan, "The plan, a JSON file of the format phloxine-export/1")->required();
    command.add_option("--out", *out, "A new or empty folder; the same plan again goes on where it stopped")->required();
    return [plan, out](const Context& context) { return run(context, *plan, *out); };
}

} // namespace phloxine::cli
