#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/model/ModelStore.h"
#include "core/model/inspect.h"

namespace phloxine::cli {

namespace {

int list(const Context& context) {
    const auto entries = ModelStore().list();
    Json models = Json::array();
    for (const auto& [card, path] : entries) {
        Json classes = Json::array();
        for (const auto& c : card.classes) classes.push_back({{"id", c.id}, {"label", c.label}});
        models.push_back({{"id", card.id},
                          {"title", card.title},
                          {"path", path.string()},
                          {"conditions", card.conditions},
                          {"classes", classes},
                          {"tile_px", card.tileSizePx},
                          {"mpp", card.scale.known() ? Json(card.scale.micronsPerPixel) : Json()},
                          {"mpp_source", toString(card.scale.source)}});
        if (context.json) continue;
        print(card.id + "  " + card.title);
        for (const auto& c : card.classes) print("  --class " + c.id + "  " + c.label);
    }
    if (context.json) print(Json{{"models", models}});
    return 0;
}

int inspect(const Context& context, const std::string& path) {
    const auto report = inspectModel(path);
    if (context.json) print(report.json);
    else
        for (const auto& line : report.lines) print(line);
    return 0;
}

} // namespace

Run addModels(CLI::App& command) {
    command.require_subcommand(1);
    auto path = std::make_shared<std::string>();
    auto* listing = command.add_subcommand("list", "The models on this machine");
    auto* inspecting = command.add_subcommand("inspect", "What a model folder or a checkpoint is, in plain words");
    inspecting->add_option("path", *path, "Model folder or checkpoint file")->required();
    for (auto* sub : {listing, inspecting}) sub->fallthrough(); // --json may stand at the end
    return [listing, path](const Context& context) { return listing->parsed() ? list(context) : inspect(context, *path); };
}

} // namespace phloxine::cli
