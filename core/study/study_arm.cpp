#include "core/study/study_arm.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include <c10/core/Allocator.h>
#include <c10/core/GradMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/diffusion/guidance.h"
#include "core/diffusion/samplers/samplers.h"
#include "core/generate/codec.h"
#include "core/image/ImageFile.h"
#include "core/measure/distances/metrics.h"
#include "core/model/Model.h"
#include "core/tensor/devices.h"
#include "core/train/DiffusionRun.h"
#include "core/train/draws.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr int tilesAtOnce = 20;

// The most that Torch holds at once on this thread.
class PeakMeter final : public c10::MemoryReportingInfoBase {
public:
    std::int64_t now = 0, peak = 0;
    void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) override {
        now += bytes, peak = std::max(peak, now);
    }
    bool memoryProfilingEnabled() const override { return true; }
};

struct Field {
    const char* name;
    double ArmResult::*value;
};
constexpr Field fields[] = {{"tokens", &ArmResult::tokens},
                            {"facts", &ArmResult::facts},
                            {"kid", &ArmResult::kid},
                            {"kid_low", &ArmResult::kidLow},
                            {"kid_high", &ArmResult::kidHigh},
                            {"kid_real", &ArmResult::kidReal},
                            {"kid_real_low", &ArmResult::kidRealLow},
                            {"kid_real_high", &ArmResult::kidRealHigh},
                            {"kid_in_class", &ArmResult::kidInClass},
                            {"fid", &ArmResult::fid},
                            {"fid_real", &ArmResult::fidReal},
                            {"held_out_loss", &ArmResult::loss},
                            {"images_per_second", &ArmResult::imagesPerSecond},
                            {"peak_bytes", &ArmResult::peakBytes}};

TrainRecipe recipeOf(const CaptionStudy& study, const StudyArm& arm, std::uint64_t seed, const fs::path& captions) {
    auto recipe = study.recipe;
    recipe.title = study.title + ": " + arm.title;
    recipe.model.id = arm.id, recipe.model.title = arm.title;
    recipe.model.text.maxLength = arm.length;
    recipe.data.captions = captions.string();
    if (!arm.text) recipe.captions.dropChance = 1;
    recipe.watch.validateEvery = recipe.watch.samplesEvery = 0; // the last step validates
    recipe.seed = seed;
    return recipe;
}

void writeCaptionsOnce(const fs::path& file, const TrainingSet& set, const std::vector<StudyCaption>& captions) {
    std::string rows;
    for (std::size_t i = 0; i < captions.size(); ++i) {
        Json row{{"file_name", set.tiles[i].name}};
        if (!captions[i].text.empty()) row["text"] = captions[i].text;
        rows += row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    }
    if (!isThere(file)) writeFileAtomically(file, rows);
    else if (readFile(file) != rows)
        throw Error(ErrorCode::Exists, "The captions in " + file.parent_path().filename().string() +
                                           " are not those that this study composes; use another folder.");
}

struct LogFigures {
    double loss = ArmResult::none, imagesPerSecond = ArmResult::none;
};
LogFigures figuresOf(const fs::path& log) {
    LogFigures figures;
    std::vector<double> speeds;
    std::istringstream lines(readFile(log, 1ull << 32));
    for (std::string line; std::getline(lines, line);) {
        const auto row = parseJson(line, "log.jsonl");
        speeds.push_back(row.at("images_per_second").get<double>());
        if (row.contains("validation_loss")) figures.loss = row["validation_loss"].get<double>();
    }
    if (speeds.empty()) return figures;
    std::nth_element(speeds.begin(), speeds.begin() + std::ptrdiff_t(speeds.size() / 2), speeds.end());
    figures.imagesPerSecond = speeds[speeds.size() / 2];
    return figures;
}

// Trains what is left. RUN/peak.json says what was held, for a study that is stopped between training and measuring.
void train(const TrainRecipe& recipe, const StudyPlace& place, const fs::path& folder, const StudyHooks& hooks) {
    TrainHooks own{hooks.progress, hooks.notice, place.folder / "latents"};
    const auto meter = std::make_shared<PeakMeter>();
    const c10::DebugInfoGuard metered(c10::DebugInfoKind::PROFILER_STATE, meter);
    DiffusionRun run(recipe, place.data, folder, isThere(folder / "recipe.json"), own);
    while (!run.finished()) {
        try {
            if (hooks.progress)
                hooks.progress({recipe.model.id + ", seed " + std::to_string(recipe.seed) + ": step " +
                                    std::to_string(run.stepsDone() + 1) + " of " + std::to_string(recipe.steps),
                                double(run.stepsDone()) / double(recipe.steps)});
        } catch (const Cancelled&) {
            run.save();
            throw;
        }
        (void)run.step();
        if (run.finished()) writeFileAtomically(folder / "peak.json", Json{{"peak_bytes", meter->peak}}.dump() + "\n", IfExists::Replace);
    }
}

// Features of `captions.size()` tiles of the model, tile i from noise i of the seed; no tile is kept.
at::Tensor featuresOfModel(const fs::path& model, const std::vector<std::string>& captions, const CaptionStudy& study, double guidance,
                           std::uint64_t seed, const FeatureNet& net, const ProgressHook& progress) {
    const c10::AutoGradMode off(false);
    const auto checkpoint = openCheckpoint(model);
    const auto binding = Binding::forInference(choosePrecision(study.recipe.precision, at::kCPU));
    const auto network = bindNetwork(checkpoint, binding);
    const auto autoencoder = bindAutoencoder(checkpoint, binding);
    const auto condition = bindCondition(checkpoint, binding);
    SamplerChoice choice;
    choice.sampler = study.sampler, choice.steps = study.steps;
    const auto prediction = predictionFrom(checkpoint.config.prediction);
    const auto plan = planFor(bindSchedule(checkpoint), prediction, choice);
    const int sizePx = study.recipe.data.tileSizePx;
    const std::int64_t edge = sizePx / autoencoder->factor();
    std::vector<at::Tensor> features;
    for (std::size_t begin = 0; begin < captions.size(); begin += tilesAtOnce) {
        if (progress) progress({"Generating tiles", double(begin) / double(captions.size())});
        const std::vector<std::string> texts(captions.begin() + std::ptrdiff_t(begin),
                                             captions.begin() + std::ptrdiff_t(std::min(captions.size(), begin + tilesAtOnce)));
        const auto n = std::int64_t(texts.size());
        std::vector<at::Tensor> starts;
        for (std::size_t i = 0; i < texts.size(); ++i)
            starts.push_back(PhiloxNoise(mixedSeed(seed, "study tile", begin + i)).draw({1, network->inChannels(), edge, edge}));
        GuidedDenoiser denoise(*network, prediction, condition->encode({.texts = texts}),
                               guidance != 1 ? condition->unconditional(n) : nn::Context(), guidance);
        PhiloxNoise fresh(mixedSeed(seed, "study draws", begin));
        const auto latents = run(plan, denoise, at::cat(starts), fresh) / scaleFactor(checkpoint) + checkpoint.config.shiftFactor;
        std::vector<Image> images;
        for (std::int64_t i = 0; i < n; ++i) {
            auto image = decodeImage(*autoencoder, latents.slice(0, i, i + 1), codecWindows(sizePx, autoencoder->factor()));
            if (!image) throw Error(ErrorCode::Nan, "A tile of the study's model is not a number; train it in fp32 or at a smaller rate.");
            images.push_back(std::move(*image));
        }
        features.push_back(net.run(images));
    }
    return at::cat(features);
}

FeatureSet ofClass(const FeatureSet& all, const std::vector<int>& classes, int which) {
    std::vector<std::int64_t> rows;
    FeatureSet part;
    for (std::size_t i = 0; i < classes.size(); ++i)
        if (classes[i] == which) rows.push_back(std::int64_t(i)), part.groups.push_back(all.groups[i]);
    part.features = all.features.index_select(0, at::tensor(rows, at::kLong));
    return part;
}

// Rows of the reference whose captions the tiles get: evenly over each class.
std::vector<int> captionRows(const StudyReference& reference, int classes, int tiles) {
    std::vector<int> rows;
    const auto perClass = int(reference.rows.size()) / classes;
    for (int i = 0; i < tiles; ++i) {
        const int c = i % classes, turn = i / classes, of = (tiles - c + classes - 1) / classes;
        rows.push_back(c * perClass + int(std::int64_t(turn) * perClass / of) % perClass);
    }
    return rows;
}

void measureDistances(const StudyReference& reference, const FeatureSet& made, const std::vector<int>& madeClasses, int classes,
                      ArmResult& result) {
    const auto kid = findDistanceMetric("kid").run(MetricInput(reference.features, made, 1));
    result.kid = kid.value, result.kidLow = kid.low, result.kidHigh = kid.high;
    result.kidReal = kid.realAgainstReal, result.kidRealLow = kid.realLow, result.kidRealHigh = kid.realHigh;
    const auto fid = findDistanceMetric("fid").run(MetricInput(reference.features, made, 1));
    result.fid = fid.value, result.fidReal = fid.realAgainstReal;
    double sum = 0;
    for (int c = 0; c < classes; ++c)
        sum += findDistanceMetric("kid")
                   .run(MetricInput(ofClass(reference.features, reference.classes, c), ofClass(made, madeClasses, c), 1))
                   .value;
    result.kidInClass = sum / classes;
}

} // namespace

Json toJson(const ArmResult& r) {
    Json json{{"format", "phloxine-study-arm/1"}, {"arm", r.arm}, {"seed", r.seed}, {"tiles", r.tiles}, {"real_tiles", r.realTiles},
              {"real_groups", r.realGroups}};
    for (const auto& field : fields) json[field.name] = std::isfinite(r.*field.value) ? Json(r.*field.value) : Json();
    return json;
}

ArmResult armResultFromJson(const Json& json) {
    requireFormat(json, "study-arm", 1, "result.json");
    try {
        ArmResult r;
        r.arm = json.at("arm"), r.seed = json.at("seed"), r.tiles = json.at("tiles");
        r.realTiles = json.at("real_tiles"), r.realGroups = json.at("real_groups");
        for (const auto& field : fields)
            if (json.at(field.name).is_number()) r.*field.value = json[field.name].get<double>();
        return r;
    } catch (const Json::exception&) {
        throw Error(ErrorCode::Corrupt, "A result.json of the study is incomplete; delete it, and it is made again.");
    }
}

StudyReference studyReference(const TrainingSet& set, const FeatureNet& net, int tileSizePx, const ProgressHook& progress) {
    const auto classes = set.classes.size();
    const auto squareTile = [&](int row) {
        auto image = readImage(set.tiles[std::size_t(row)].file);
        if (image.width != image.height) throw Error(ErrorCode::Shape, "It is not square.");
        return image.width == tileSizePx ? std::move(image) : resized(image, tileSizePx, tileSizePx);
    };
    std::vector<std::vector<int>> held(classes);
    for (const int row : set.rows(true)) try {
            (void)squareTile(row);
            held[std::size_t(set.tiles[std::size_t(row)].classIndex)].push_back(row);
        } catch (const Error&) {} // the training names it
    std::size_t fewest = held.front().size();
    for (const auto& rows : held) fewest = std::min(fewest, rows.size());
    if (fewest < 2) throw Error(ErrorCode::WrongUse, "A study needs held-out tiles of every class; hold out more groups, or add tiles.");
    StudyReference reference;
    std::map<std::string, int> numbers;
    std::vector<at::Tensor> features;
    std::vector<Image> images;
    for (std::size_t c = 0; c < classes; ++c)
        for (std::size_t i = 0; i < fewest; ++i) {
            const int row = held[c][i * held[c].size() / fewest];
            reference.rows.push_back(row), reference.classes.push_back(int(c));
            reference.features.groups.push_back(numbers.emplace(set.tiles[std::size_t(row)].group, int(numbers.size())).first->second);
            images.push_back(squareTile(row));
            if (images.size() == tilesAtOnce || reference.rows.size() == fewest * classes) {
                if (progress) progress({"Measuring held-out tiles", double(reference.rows.size()) / double(fewest * classes)});
                features.push_back(net.run(images)), images.clear();
            }
        }
    reference.features.features = at::cat(features);
    return reference;
}

std::optional<ArmResult> finishedArm(const StudyPlace& place, const StudyArm& arm, std::uint64_t seed) {
    const auto file = place.runFolder(arm, seed) / "result.json";
    if (!isThere(file)) return {};
    return armResultFromJson(readJsonFile(file));
}

ArmResult runArm(const CaptionStudy& study, const StudyArm& arm, std::uint64_t seed, const StudyPlace& place, const TrainingSet& set,
                 const std::vector<TileFacts>& facts, const StudyReference& reference, const FeatureNet& net, const StudyHooks& hooks) {
    const auto captions = captionsOf(arm, set, facts);
    const auto captionFile = place.armFolder(arm) / "captions.jsonl", folder = place.runFolder(arm, seed);
    makeWritableFolder(place.armFolder(arm));
    writeCaptionsOnce(captionFile, set, captions);
    train(recipeOf(study, arm, seed, captionFile), place, folder, hooks);

    ArmResult result;
    result.arm = arm.id, result.seed = seed;
    result.tiles = study.tiles, result.realTiles = int(reference.rows.size());
    result.realGroups = 1 + *std::max_element(reference.features.groups.begin(), reference.features.groups.end());
    // The model is asked for what the held-out tiles show; also one that was trained with the captions of others.
    auto own = arm;
    own.pairing = CaptionPairing::Own;
    const auto asked = captionsOf(own, set, facts);
    const int classes = int(set.classes.size());
    std::vector<std::string> texts;
    std::vector<int> textClasses;
    FeatureSet made;
    for (const int place : captionRows(reference, classes, study.tiles)) {
        texts.push_back(asked[std::size_t(reference.rows[std::size_t(place)])].text);
        textClasses.push_back(reference.classes[std::size_t(place)]);
        made.groups.push_back(int(made.groups.size()));
    }
    made.features = featuresOfModel(folder / "model", texts, study, arm.text ? study.guidance : 1, seed, net, hooks.progress);
    measureDistances(reference, made, textClasses, classes, result);

    result.tokens = result.facts = 0;
    for (const auto& caption : captions) result.tokens += caption.tokens, result.facts += caption.facts;
    result.tokens /= double(captions.size()), result.facts /= double(captions.size());
    const auto figures = figuresOf(folder / "log.jsonl");
    result.loss = figures.loss, result.imagesPerSecond = figures.imagesPerSecond;
    if (isThere(folder / "peak.json")) result.peakBytes = readJsonFile(folder / "peak.json").value("peak_bytes", ArmResult::none);
    writeFileAtomically(folder / "result.json", toJson(result).dump(1) + "\n", IfExists::Replace, Durability::Synced);
    return result;
}

} // namespace phloxine
