// Encoders: networks that know the same tissue again. `phloxine encoder train`, `phloxine encoder info`.
#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/measure/learning/EncoderTraining.h"
#include "core/measure/neighbours.h"

namespace phloxine::cli {

namespace {

struct EncoderOptions {
    std::string device = "auto";
    EncoderRequest request;
    std::string data, out, file, heldOut, groups;
};

std::string percent(double share) {
    char text[16];
    std::snprintf(text, sizeof text, "%.1f %%", share * 100);
    return text;
}

int train(const Context& context, EncoderOptions options) {
    options.request.data = options.data;
    const auto report = trainEncoder(options.request, options.out, context.progress, options.device);
    if (context.json) {
        Json json = toJson(report);
        json["file"] = options.out;
        print(json);
        return 0;
    }
    print(options.out + ": trained on " + std::to_string(report.tiles) + " tiles of " + std::to_string(report.groups) + " groups");
    const auto& held = report.heldOut;
    if (held.tiles == 0) {
        print(std::string("No groups were held out, so nothing was measured; name some with --hold-out."));
        return 0;
    }
    print("Of " + std::to_string(held.tiles) + " tiles of " + std::to_string(held.groups) + " other groups:");
    print("  changed, nearest to itself              " + percent(held.itself));
    print("  changed, nearest to its group           " + percent(held.itsGroup));
    print("  nearest other tile is of its group      " + percent(held.sameGroup) + " (of " + std::to_string(held.withOthers) + ")");
    print("  class told by a linear head             " + percent(held.classAccuracy));
    return 0;
}

int neighbours(const Context& context, const EncoderOptions& options) {
    const auto made =
        writeNeighbours({{}, options.data, options.groups}, {{}, options.heldOut, options.groups}, options.out, context.progress);
    if (context.json)
        print(Json{{"file", options.out},
                   {"tiles", made.tiles},
                   {"groups", made.groups},
                   {"calibration_groups", made.calibrationGroups},
                   {"alarms", made.alarms}});
    else
        print(options.out + ": " + std::to_string(made.tiles) + " tiles of " + std::to_string(made.groups) + " groups; limit from " +
              std::to_string(made.calibrationGroups) + " other groups, of which " + std::to_string(made.alarms) + " come over it");
    return 0;
}

int info(const Context& context, const EncoderOptions& options) {
    const auto file = options.file.empty() ? embeddedEncoderFile() : std::filesystem::path(options.file);
    const auto words = encoderInfo(file);
    if (context.json) {
        Json json = Json::object();
        for (const auto& [key, value] : words) json[key] = value;
        print(json);
        return 0;
    }
    for (const auto& [key, value] : words) print(key + ": " + value);
    return 0;
}

} // namespace

Run addEncoder(CLI::App& command) {
    auto options = std::make_shared<EncoderOptions>();
    command.require_subcommand(1);
    CLI::App* trainCommand = command.add_subcommand("train", "Train an encoder on tiles in one folder per class");
    auto& request = options->request;
    trainCommand->add_option("--data", options->data, "Folder or metadata.jsonl of the tiles")->required();
    trainCommand->add_option("--group-pattern", request.groupPattern,
                             "Regular expression over file names; its first bracket is the field, slide or patient: ^g([0-9]+)_");
    trainCommand->add_option("--hold-out", request.holdOut, "Regular expression over groups that are kept out of training and measured");
    trainCommand->add_option("--data-words", request.dataWords, "What the tiles are, to be kept in the file");
    trainCommand->add_option("--steps", request.steps, "Training steps")->check(CLI::Range(1, 10'000'000))->capture_default_str();
    trainCommand->add_option("--batch", request.batch, "Tiles per step")->check(CLI::Range(4, 4096))->capture_default_str();
    trainCommand->add_option("--device", options->device, "auto, cpu, cuda or cuda:1")->capture_default_str();
    trainCommand->add_option("--seed", request.seed, "Of all random choices")->capture_default_str();
    trainCommand->add_option("--precision", request.precision, "fp32, bf16 or auto")->capture_default_str();
    trainCommand->add_option("--out", options->out, "File to write, .safetensors")->required();
    CLI::App* infoCommand = command.add_subcommand("info", "What an encoder's file says of itself");
    infoCommand->add_option("file", options->file, "The file; default: the embedded encoder");
    CLI::App* nearCommand = command.add_subcommand(
        "neighbours",
        "Write what a model folder needs to know of its training tiles (neighbours.safetensors): fingerprints and a limit for copies");
    nearCommand->add_option("--training", options->data, "The tiles that the model was trained on")->required();
    nearCommand->add_option("--held-out", options->heldOut, "Real tiles of other groups, for the limit")->required();
    nearCommand->add_option("--groups", options->groups, "Pattern for file names whose first bracket is the group, e.g. '^g([0-9]+)_'");
    nearCommand->add_option("--out", options->out, "File to write")->required();
    for (CLI::App* sub : {trainCommand, infoCommand, nearCommand}) sub->fallthrough();
    return [trainCommand, nearCommand, options](const Context& context) {
        if (nearCommand->parsed()) return neighbours(context, *options);
        return trainCommand->parsed() ? train(context, *options) : info(context, *options);
    };
}

} // namespace phloxine::cli
