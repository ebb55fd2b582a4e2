// The round trip of real regions through the latent space of a model, with figures: what is lost there, no tile can show.
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/generate/reconstruct.h"

namespace phloxine::cli {

namespace fs = std::filesystem;

namespace {

struct ReconstructOptions {
    std::vector<std::string> images;
    std::string model, out, precision = "auto", device = "auto";
};

fs::path fileFor(const fs::path& image, const ReconstructOptions& options) {
    return fs::path(options.out) / (image.stem().string() + "-reconstructed.png");
}

// Everything that can be refused is refused before the first file is written.
void requireAll(const Model& model, const ReconstructOptions& options) {
    std::set<fs::path> files;
    for (const auto& image : options.images) {
        requireReconstructible(model, readImage(image), fs::path(image).filename().string());
        const auto file = fileFor(image, options);
        if (!files.insert(file).second)
            throw Error(ErrorCode::WrongUse, "Two of the images would be written to " + file.filename().string() + "; rename one of them.");
        if (fs::exists(file))
            throw Error(ErrorCode::Exists, file.filename().string() + " exists already; nothing was overwritten, choose another folder.");
    }
}

std::string decibels(double psnr) {
    char text[32];
    std::snprintf(text, sizeof text, std::isinf(psnr) ? "equal" : "%.2f dB", psnr);
    return text;
}

void printRow(const std::string& name, const std::string& size, const std::string& psnr, const std::string& ssim) {
    char line[512];
    std::snprintf(line, sizeof line, "%-40s %11s %10s %8s", name.c_str(), size.c_str(), psnr.c_str(), ssim.c_str());
    print(std::string(line));
}

std::string fourDigits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", value);
    return text;
}

int run(const Context& context, const ReconstructOptions& options) {
    ModelStore store;
    const auto entry = store.find(options.model);
    const auto model = store.load(entry, {options.precision, options.device});
    requireAll(*model, options);
    makeWritableFolder(options.out);
    Json rows = Json::array();
    if (!context.json) printRow("image", "size", "PSNR", "SSIM");
    double psnr = 0, ssim = 0;
    const auto count = double(options.images.size());
    for (const auto& name : options.images) {
        const auto tell = [&] { context.progress({fs::path(name).filename().string(), double(rows.size()) / count}); };
        tell();
        const auto region = readImage(name);
        const auto made = reconstruct(*model, region, tell);
        const auto file = fileFor(name, options);
        writePng(file, made.image, reconstructionTexts(*model, name, made));
        psnr += made.psnr / count, ssim += made.ssim / count;
        rows.push_back({{"image", fs::path(name).filename().string()},
                        {"file", file.string()},
                        {"width", region.width},
                        {"height", region.height},
                        {"psnr", made.psnr},
                        {"identical", std::isinf(made.psnr)},
                        {"ssim", made.ssim},
                        {"seconds", made.seconds}});
        if (!context.json)
            printRow(rows.back()["image"], std::to_string(region.width) + " x " + std::to_string(region.height), decibels(made.psnr),
                     fourDigits(made.ssim));
    }
    context.progress({"", 1});
    if (context.json) print(Json{{"model", entry.card.id}, {"images", rows}, {"mean", {{"psnr", psnr}, {"ssim", ssim}}}});
    else if (rows.size() > 1) printRow("mean", "", decibels(psnr), fourDigits(ssim));
    return 0;
}

} // namespace

Run addReconstruct(CLI::App& command) {
    auto options = std::make_shared<ReconstructOptions>();
    command.add_option("images", options->images, "Real regions (PNG, JPEG, TIFF) at the scale of the model")->required();
    command.add_option("--model", options->model, "Id or folder of a model; default: the embedded one");
    command.add_option("--out", options->out, "Folder for the pictures that come back")->required();
    command.add_option("--precision", options->precision, "auto, fp32 or bf16")->capture_default_str();
    command.add_option("--device", options->device, "auto, cpu or cuda")->capture_default_str();
    command.footer("PSNR is over all red, green and blue values; SSIM of the luminance (Wang et al. 2004, Gaussian window of 11 pixels).");
    return [options](const Context& context) { return run(context, *options); };
}

} // namespace phloxine::cli
