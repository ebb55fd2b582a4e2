#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/base/Sha256.h"
#include "core/generate/Generator.h"

namespace phloxine::cli {

namespace {

struct RecreateOptions {
    std::string file, out, model, initial, mask, vector, device = "auto";
    bool check = false;
};

struct Difference {
    std::size_t pixels = 0;
    int largest = 0;
};

Difference difference(const Image& a, const Image& b) {
    Difference d;
    for (std::size_t i = 0; i < a.rgb.size(); i += 3) {
        int worst = 0;
        for (std::size_t c = 0; c < 3; ++c) worst = std::max(worst, std::abs(int(a.rgb[i + c]) - int(b.rgb[i + c])));
        d.pixels += worst > 0;
        d.largest = std::max(d.largest, worst);
    }
    return d;
}

// The provenance holds only the name of a file: it lies beside the tile, or the user says where.
std::filesystem::path found(const std::filesystem::path& named, const std::string& given, const RecreateOptions& options,
                            const std::string& what) {
    if (named.empty()) {
        if (!given.empty())
            throw Error(ErrorCode::WrongUse, "The tile was made without the file of --" + what + "; leave that option out.");
        return {};
    }
    if (!given.empty()) return given;
    const auto beside = std::filesystem::path(options.file).parent_path() / named.filename();
    if (!std::filesystem::exists(beside))
        throw Error(ErrorCode::NotFound, "The tile was made with " + named.filename().string() + "; put that file beside the tile" +
                                             (what.empty() ? "." : " or name it with --" + what + " FILE."));
    return beside;
}

// A tile knows its real pixels by their SHA-256. The file with that hash is looked for beside the tile and where the window keeps them.
std::filesystem::path withHash(const std::string& sha256, const std::filesystem::path& named, const std::string& given,
                               const RecreateOptions& options, const std::string& what) {
    if (sha256.empty() || !given.empty() || !named.empty())
        return found(named.empty() ? std::filesystem::path(sha256) : named, given, options, what);
    constexpr int most = 500; // files looked into: a folder may hold a library
    const auto folder = std::filesystem::absolute(options.file).parent_path();
    int looked = 0;
    for (const auto& place : {folder.parent_path() / "inputs", folder}) {
        std::error_code error;
        for (std::filesystem::directory_iterator it(place, error), end; !error && it != end && looked < most; it.increment(error))
            if (std::error_code unknown; it->is_regular_file(unknown) && ++looked && sha256OfFile(it->path()) == sha256) return it->path();
    }
    return {}; // resolve() says what is missing
}

int run(const Context& context, const RecreateOptions& options) {
    auto request = requestFromPng(options.file);
    const auto madeBy = request.build;
    request.build.clear();
    request.initialImage = withHash(request.initialSha256, request.initialImage, options.initial, options, "initial");
    request.mask = withHash(request.maskSha256, request.mask, options.mask, options, "mask");
    request.vector = found(request.vector, options.vector, options, "vector");
    request.region = found(request.region, {}, options, "");
    for (auto& lora : request.loras) lora.file = found(lora.file, {}, options, "");
    if (!options.model.empty()) request.model = options.model;
    request.device = deviceHere(options.device, request.device);
    ModelStore store;
    Tile made;
    GenerateHooks hooks;
    hooks.step = [&](int, int step, int steps) { context.progress({"Making the tile again", double(step) / steps}); };
    hooks.tile = [&](int, const Tile& tile) { made = tile; };
    generate(store, request, hooks);
    context.progress({"", 1});
    Json json{{"seed", made.request.seed}};
    if (!options.out.empty()) {
        makeWritableFolder(options.out);
        const auto file = std::filesystem::path(options.out) / tileFileName(made.request);
        writePng(file, made.image, provenance(made.request));
        json["file"] = file.string();
        if (!context.json) print(file.string());
    }
    int code = 0;
    if (options.check) {
        const auto original = readPng(options.file).image;
        const bool sameSize = original.width == made.image.width && original.height == made.image.height;
        const auto d = sameSize ? difference(original, made.image) : Difference{};
        const bool identical = sameSize && d.pixels == 0;
        std::string sentence = "identical: every pixel is the same.";
        if (!sameSize) sentence = "different: the size is not the same.";
        else if (!identical)
            sentence =
                "different: " + std::to_string(d.pixels) + " of " + std::to_string(original.width * original.height) +
                " pixels differ, by at most " + std::to_string(d.largest) + " of 255" +
                (madeBy == made.request.build ? "."
                                              : "; the file was made by another build (" + madeBy + ", here " + made.request.build + ").");
        json.update({{"identical", identical}, {"pixels_different", d.pixels}, {"largest_difference", d.largest}, {"message", sentence}});
        if (!context.json) print(sentence);
        code = identical ? 0 : 1;
    }
    if (context.json) print(json);
    return code;
}

} // namespace

Run addRecreate(CLI::App& command) {
    auto options = std::make_shared<RecreateOptions>();
    command.add_option("file", options->file, "A PNG that Phloxine made")->required();
    command.add_flag("--check", options->check, "Compare with the pixels of the file");
    command.add_option("--out", options->out, "Folder for the new tile");
    command.add_option("--model", options->model, "Folder of the model, when it is not installed");
    command.add_option("--device", options->device, "auto, cpu, cuda or cuda:1; default: that which made the tile, if this machine has it")
        ->capture_default_str();
    command.add_option("--initial", options->initial, "The initial image, when it does not lie beside the file");
    command.add_option("--vector", options->vector, "The feature vectors, when they do not lie beside the file");
    command.add_option("--mask", options->mask, "The mask, when it does not lie beside the file");
    return [options](const Context& context) {
        if (!options->check && options->out.empty())
            throw Error(ErrorCode::WrongUse, "Say what to do with the tile: --check, --out DIR, or both.");
        return run(context, *options);
    };
}

} // namespace phloxine::cli
