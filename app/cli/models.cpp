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
    return report.json.value("fits", true) ? 0 : 1;
}

int add(const Context& context, const std::string& path, const AddModelOptions& options) {
    const auto [card, folder] = addModel(path, options);
    if (context.json) print(Json{{"id", card.id}, {"path", folder.string()}, {"card", toJson(card)}});
    else print("Added as \"" + card.id + "\"; make tiles with: phloxine generate --model " + card.id + " ...");
    return 0;
}

} // namespace

Run addModels(CLI::App& command) {
    command.require_subcommand(1);
    auto path = std::make_shared<std::string>();
    auto* listing = command.add_subcommand("list", "The models on this machine");
    auto* inspecting = command.add_subcommand("inspect", "What a model folder or a checkpoint is, in plain words");
    inspecting->add_option("path", *path, "Model folder or checkpoint file")->required();
    auto options = std::make_shared<AddModelOptions>();
    auto* adding = command.add_subcommand("add", "Keep a checkpoint or a diffusers folder among the models, without changing it");
    adding->add_option("path", *path, "Checkpoint file or folder of diffusers")->required();
    adding->add_option("--id", options->id, "Short name; default: from the file name");
    adding->add_option("--title", options->title, "Name to show");
    adding->add_option("--licence", options->licence, "Licence of the model");
    adding->add_option("--mpp", options->micronsPerPixel, "Micrometres per pixel of its tiles")->check(CLI::Range(0.01, 100.0));
    adding->add_option("--class-labels", options->classLabels, "Names of its classes, in the order of their numbers");
    for (auto* sub : {listing, inspecting, adding}) sub->fallthrough(); // --json may stand at the end
    return [=](const Context& context) {
        return listing->parsed() ? list(context) : adding->parsed() ? add(context, *path, *options) : inspect(context, *path);
    };
}

} // namespace phloxine::cli
