#include "core/measure/learning/encoder.h"

#include <cstring>
#include <regex>
#include <set>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/base/Sha256.h"
#include "core/measure/learning/tile_data.h"
#include "core/model/ModelStore.h"
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr int sizePx = 112, storedPx = 128; // more is kept than is seen, for the cut-outs
const char* const format = "phloxine-encoder/1";

std::string shareText(double value) {
    char text[16];
    std::snprintf(text, sizeof text, "%.4f", value);
    return text;
}

void requireWritable(const EncoderRequest& request, const fs::path& out) {
    if (request.steps < 1 || request.batch < 4) throw Error(ErrorCode::WrongUse, "Training needs at least one step and a batch of 4.");
    if (isThere(out))
        throw Error(ErrorCode::Exists, out.filename().string() + " exists already; nothing was overwritten, choose another name.");
}

struct Split {
    TileData training, heldOut;
};

Split split(const TileSet& set, const TileData& all, const std::string& holdOut) {
    std::vector<int> training, held;
    std::regex pattern;
    try {
        pattern = std::regex(holdOut);
    } catch (const std::regex_error&) {
        throw Error(ErrorCode::WrongUse, "\"" + holdOut + "\" is no regular expression for the groups to hold out.");
    }
    for (int i = 0; i < all.tiles(); ++i)
        (!holdOut.empty() && std::regex_search(set.tiles[std::size_t(i)].group, pattern) ? held : training).push_back(i);
    return {all.rows(training), all.rows(held)};
}

std::string sha256Of(const TileData& data) {
    Sha256 sum;
    sum.add({reinterpret_cast<const std::byte*>(data.pixels.data_ptr()), std::size_t(data.pixels.numel())});
    for (const auto* numbers : {&data.labels, &data.groups})
        sum.add({reinterpret_cast<const std::byte*>(numbers->data()), numbers->size() * sizeof(int)});
    return sum.hex();
}

Weights inHalf(const Weights& weights) {
    Weights half;
    for (const auto& [key, tensor] : weights) half[key] = tensor.to(at::kHalf).contiguous();
    return half;
}

} // namespace

EncoderFigures measureEncoder(const Weights& weights, const TileData& data, int sizePx, std::uint64_t seed) {
    EncoderFigures figures{data.tiles(), data.groupCount(), data.classes};
    const auto originals = fingerprints(weights, data.pixels, sizePx).whole;
    Dice dice(seed);
    std::vector<at::Tensor> parts;
    for (int i = 0; i < data.tiles(); i += 32) {
        const auto some = data.pixels.narrow(0, i, std::min(32, data.tiles() - i));
        const auto changed = (augmentTiles(some, sizePx, strongAugmentation(), dice) * 255).round().to(at::kByte);
        parts.push_back(fingerprints(weights, changed, sizePx).whole);
    }
    const auto nearest = at::matmul(at::cat(parts), originals.t()).argmax(1);
    const auto others = at::matmul(originals, originals.t()).fill_diagonal_(-2).argmax(1);
    const auto classes = tileLogits(weights, data.pixels, sizePx).argmax(1);
    std::map<int, int> sizes;
    for (const int group : data.groups) ++sizes[group];
    for (int i = 0; i < data.tiles(); ++i) {
        const auto row = std::size_t(i);
        const auto found = nearest.data_ptr<std::int64_t>()[i], other = others.data_ptr<std::int64_t>()[i];
        figures.itself += found == i;
        figures.itsGroup += data.groups[std::size_t(found)] == data.groups[row];
        figures.classAccuracy += classes.data_ptr<std::int64_t>()[i] == data.labels[row];
        if (sizes[data.groups[row]] < 2) continue;
        ++figures.withOthers;
        figures.sameGroup += data.groups[std::size_t(other)] == data.groups[row];
    }
    for (double* share : {&figures.itself, &figures.itsGroup, &figures.classAccuracy}) *share /= std::max(1, figures.tiles);
    figures.sameGroup /= std::max(1, figures.withOthers);
    return figures;
}

Json toJson(const EncoderReport& report) {
    const auto& held = report.heldOut;
    return {{"tiles", report.tiles},
            {"groups", report.groups},
            {"steps", report.steps},
            {"loss", report.loss},
            {"held_out",
             {{"tiles", held.tiles},
              {"groups", held.groups},
              {"classes", held.classes},
              {"changed_tile_nearest_to_itself", held.itself},
              {"changed_tile_nearest_to_its_group", held.itsGroup},
              {"nearest_other_tile_of_its_group", held.sameGroup},
              {"tiles_with_others_in_their_group", held.withOthers},
              {"class_accuracy", held.classAccuracy}}},
            {"sha256", report.sha256}};
}

EncoderReport trainEncoder(const EncoderRequest& request, const fs::path& out, const ProgressHook& progress, const std::string& device) {
    requireWritable(request, out);
    TileSet set = readTileSet(request.data, {"the training set", request.groupPattern});
    const auto names = classNamesOf(set);
    const auto all = tileDataOf(set, names, storedPx, progress);
    const auto parts = split(set, all, request.holdOut);
    requireTrainable(parts.training, "The training set");
    TileTraining how;
    how.sizePx = sizePx;
    how.steps = request.steps;
    how.batch = request.batch;
    how.contrast = 1;
    how.augmentation = strongAugmentation();
    how.seed = request.seed;
    how.device = chooseDevice(device);
    how.precision = choosePrecision(request.precision, how.device);
    EncoderReport report;
    report.tiles = parts.training.tiles();
    report.groups = parts.training.groupCount();
    report.steps = request.steps;
    const int tail = std::max(1, request.steps / 10);
    const auto weights = trainTileNet(parts.training, how, [&](int step, double loss) {
        if (step > request.steps - tail) report.loss += loss / tail;
        char text[64];
        std::snprintf(text, sizeof text, "Step %d of %d, loss %.3f", step, request.steps, loss);
        if (step % 50 == 0) logInfo(text);
        if (progress) progress({text, double(step) / (request.steps + 1)});
    });
    const auto half = inHalf(weights);
    Weights stored; // what the file will give back
    for (const auto& [key, tensor] : half) stored[key] = tensor.to(at::kFloat);
    if (parts.heldOut.tiles() > 0) report.heldOut = measureEncoder(stored, parts.heldOut, sizePx, request.seed + 1);
    std::string classes;
    for (const auto& name : names) classes += (classes.empty() ? "" : ", ") + name;
    const auto& held = report.heldOut;
    std::map<std::string, std::string> metadata = {
        {"format", format},
        {"architecture", "tile-net/1"},
        {"size_px", std::to_string(sizePx)},
        {"training_data", request.dataWords},
        {"training_tiles", std::to_string(report.tiles)},
        {"training_groups", std::to_string(report.groups)},
        {"training_sha256", sha256Of(parts.training)},
        {"held_out_pattern", request.holdOut},
        {"classes", classes},
        {"steps", std::to_string(request.steps)},
        {"batch", std::to_string(request.batch)},
        {"seed", std::to_string(request.seed)},
        {"precision", precisionWord(how.precision)},
        {"threads", std::to_string(at::get_num_threads())},
        {"device", deviceName(how.device)},
    };
    if (held.tiles > 0) {
        metadata["held_out"] = std::to_string(held.tiles) + " tiles of " + std::to_string(held.groups) + " groups";
        metadata["held_out_changed_tile_nearest_to_itself"] = shareText(held.itself);
        metadata["held_out_changed_tile_nearest_to_its_group"] = shareText(held.itsGroup);
        metadata["held_out_nearest_other_tile_of_its_group"] = shareText(held.sameGroup);
        metadata["held_out_class_accuracy"] = shareText(held.classAccuracy);
    }
    writeSafetensors(out, half, metadata);
    report.sha256 = sha256OfFile(out);
    if (progress) progress({"Done", 1});
    return report;
}

namespace {

Weights readEncoder(const fs::path& file, std::map<std::string, std::string>& metadata) {
    const auto weights = readSafetensors(file, &metadata);
    const auto said = metadata.find("format");
    if (said == metadata.end() || !said->second.starts_with("phloxine-encoder/"))
        throw Error(ErrorCode::Corrupt, file.filename().string() + " is no encoder for tiles; make one with `phloxine encoder train`.");
    if (said->second != format || metadata["architecture"] != "tile-net/1")
        throw Error(ErrorCode::Unsupported, file.filename().string() + " was made by a newer version of Phloxine.");
    return weights;
}

} // namespace

std::map<std::string, std::string> encoderInfo(const fs::path& file) {
    std::map<std::string, std::string> metadata;
    readEncoder(file, metadata);
    metadata["sha256"] = sha256OfFile(file);
    metadata["bytes"] = std::to_string(fs::file_size(file));
    return metadata;
}

fs::path embeddedEncoderFile() { return resourcesFolder() / "measure" / "encoder.safetensors"; }

TileEncoder loadEncoder(const fs::path& file) {
    TileEncoder encoder;
    for (const auto& [key, tensor] : readEncoder(file, encoder.metadata)) encoder.weights[key] = tensor.to(at::kFloat).clone();
    requireFinite(encoder.weights, file.filename().string());
    const auto shape = nn::tileNetShape(encoder.weights);
    if (shape.channels != 3) throw Error(ErrorCode::Shape, file.filename().string() + " does not look at colour pictures.", "stem.weight");
    encoder.width = shape.embedding;
    encoder.sizePx = sizePx;
    if (encoder.metadata["size_px"] != std::to_string(sizePx))
        throw Error(ErrorCode::Unsupported, file.filename().string() + " looks at tiles of another size than this version.");
    encoder.cellsAcross = sizePx / shape.cellPx();
    encoder.sha256 = sha256OfFile(file);
    return encoder;
}

const TileEncoder& embeddedEncoder(at::Device device) {
    static const TileEncoder encoder = loadEncoder(embeddedEncoderFile());
    if (device.is_cpu()) return encoder;
    static std::map<std::string, TileEncoder> onDevices; // of the thread that owns the tensors
    const auto [it, isNew] = onDevices.try_emplace(device.str(), encoder);
    if (isNew)
        for (auto& [key, tensor] : it->second.weights) tensor = tensor.to(device);
    return it->second;
}

at::Tensor TileEncoder::embed(const std::vector<Image>& tiles) const {
    if (tiles.empty()) return at::empty({0, width}, at::kFloat);
    return fingerprints(weights, bytesOf(tiles, sizePx), sizePx).whole;
}

at::Tensor TileEncoder::dense(const std::vector<Image>& tiles) const {
    if (tiles.empty()) return at::empty({0, cellsAcross * cellsAcross, width}, at::kFloat);
    return fingerprints(weights, bytesOf(tiles, sizePx), sizePx, true).cells;
}

} // namespace phloxine
