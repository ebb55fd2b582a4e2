#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/generate/Generator.h"
#include "core/image/ImageFile.h"

namespace phloxine::cli {

namespace {

int run(const Context& context, const std::string& file) {
    const GenerateRequest request = requestFromPng(file);
    if (context.json) {
        print(toJson(request));
        return 0;
    }
    print("Model: " + request.model + (request.modelSha256.empty() ? "" : " (weights " + request.modelSha256.substr(0, 12) + ")"));
    print(request.classId.empty() ? "Prompt: " + request.prompt : "Class: " + request.classId);
    if (!request.negative.empty()) print("Negative prompt: " + request.negative);
    print("Seed: " + std::to_string(request.seed));
    print("Sampler: " + request.sampler + ", " + std::to_string(request.steps) + " steps, guidance " + Json(request.guidance).dump());
    print("Made on: " + request.device + ", " + request.precision + (request.build.empty() ? "" : ", " + request.build));
    if (request.widthPx) print("Canvas: " + std::to_string(request.widthPx) + " x " + std::to_string(request.heightPx) + " pixels");
    if (isComposite(request)) {
        print("Real pixels: SHA-256 " + request.initialSha256.substr(0, 12) + ", strength " + Json(request.strength).dump() +
              (request.maskSha256.empty() ? "" : ", mask " + request.maskSha256.substr(0, 12)));
        if (const auto& source = request.source; !source.slide.empty())
            print("Taken from: slide " + source.slide.substr(0, 12) + ", patient " + source.patient.substr(0, 12) +
                  " (keyed hashes of the machine that made it)");
        print(std::string(
            "The picture is a composite: it holds or derives from real pixels. Make it again with: phloxine recreate FILE --check"));
    } else print(std::string("The picture is synthetic. Make it again with: phloxine recreate FILE --check"));
    return 0;
}

} // namespace

Run addMetadata(CLI::App& command) {
    auto file = std::make_shared<std::string>();
    command.add_option("file", *file, "A PNG that Phloxine made")->required();
    return [file](const Context& context) { return run(context, *file); };
}

} // namespace phloxine::cli
