// Encoders: networks that know the same tissue again. `phloxine encoder train`, `phloxine encoder info`.
#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/measure/learning/EncoderTraining.h"

namespace phloxine::cli {

namespace {

struct Options {
    EncoderRequest request;
    std::string data, out, file;
};

std::string percent(double share) {
    char text[16];
    std::snprintf(text, sizeof text, "%.1f %%", share * 100);
    return text;
}

int train(const Context& context, Options options) {
    options.request.data = options.data;
    const auto report = trainEncoder(options.request, options.out, context.progress);
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

int info(const Context& context, const Options& options) {
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
    auto options = std::make_shared<Options>();
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
    trainCommand->add_option("--seed", request.seed, "Of all random choices")->capture_default_str();
    trainCommand->add_option("--precision", request.precision, "fp32, bf16 or auto")->capture_default_str();
    trainCommand->add_option("--out", options->out, "File to write, .safetensors")->required();
    CLI::App* infoCommand = command.add_subcommand("info", "What an encoder's file says of itself");
    infoCommand->add_option("file", options->file, "The file; default: the embedded encoder");
    for (CLI::App* sub : {trainCommand, infoCommand}) sub->fallthrough();
    return [trainCommand, options](const Context& context) {
        return trainCommand->parsed() ? train(context, *options) : info(context, *options);
    };
}

} // namespace phloxine::cli
