#include "core/generate/GenerateRequest.h"

#include <cmath>
#include <random>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/FileHashes.h"
#include "core/base/keyed_hash.h"

namespace phloxine {

namespace {

constexpr std::uint64_t seedLimit = 1ull << 53; // survives JSON numbers of every reader

template <typename T>
void take(const Json& json, const char* key, T& value) {
    const auto it = json.find(key);
    if (it == json.end() || it->is_null()) return;
    // A fraction would silently become a whole number.
    if (std::is_integral_v<T> && !it->is_number_integer())
        throw Error(ErrorCode::Corrupt, std::string("The value of \"") + key + "\" in a request is not a whole number; correct it.");
    it->get_to(value);
}

// Files never record where they came from, but a request that is still to be resolved must find them.
std::string fileWord(const std::filesystem::path& file, const std::string& sha256) {
    return (sha256.empty() ? file : file.filename()).string();
}

void addDetails(Json& json, const GenerateRequest& r) {
    if (r.place) json["place"] = r.place;
    if (r.variationSeed) json["variation_seed"] = *r.variationSeed, json["variation"] = r.variation;
    if (!r.spacing.empty()) json["spacing"] = r.spacing;
    if (r.eta) json["eta"] = *r.eta;
    if (r.churn) json["churn"] = *r.churn;
    if (r.shift) json["shift"] = *r.shift;
    if (r.guidanceRescale) json["guidance_rescale"] = r.guidanceRescale;
    if (r.guidanceLow) json["guidance_low"] = r.guidanceLow;
    if (r.guidanceHigh) json["guidance_high"] = r.guidanceHigh;
}

std::uint64_t seedFrom(const Json& value, const char* name, const std::string& what) {
    if (!value.is_number_unsigned()) wrongUse(std::string("The ") + name + " in " + what + " is not a whole number from 0 to 2^53.");
    return value.get<std::uint64_t>();
}

void takeDetails(const Json& json, GenerateRequest& r) {
    take(json, "spacing", r.spacing);
    const auto takeOptional = [&](const char* key, std::optional<double>& value) {
        if (json.contains(key) && !json[key].is_null()) value = json[key].get<double>();
    };
    takeOptional("eta", r.eta), takeOptional("churn", r.churn), takeOptional("shift", r.shift);
    take(json, "guidance_rescale", r.guidanceRescale);
    take(json, "guidance_low", r.guidanceLow);
    take(json, "guidance_high", r.guidanceHigh);
}

void addVectors(Json& json, const GenerateRequest& r) {
    if (!r.vector.empty()) json["vector"] = fileWord(r.vector, r.vectorSha256);
    if (!r.vectorSha256.empty()) json["vector_sha256"] = r.vectorSha256;
    if (!r.region.empty()) json["region"] = fileWord(r.region, r.regionSha256);
    if (!r.regionSha256.empty()) json["region_sha256"] = r.regionSha256;
    if (r.magnification >= 0) json["magnification"] = r.magnification;
    for (const auto& lora : r.loras) {
        Json entry{{"file", fileWord(lora.file, lora.sha256)}, {"strength", lora.strength}};
        if (!lora.sha256.empty()) entry["sha256"] = lora.sha256;
        json["loras"].push_back(entry);
    }
}

void addInitialImage(Json& json, const GenerateRequest& r) {
    if (!isComposite(r)) return;
    if (r.initialSha256.empty()) json["initial_image"] = r.initialImage.string();
    else json["initial_sha256"] = r.initialSha256;
    if (r.strength != -1) json["strength"] = r.strength;
    if (!r.maskSha256.empty()) json["mask_sha256"] = r.maskSha256;
    else if (!r.mask.empty()) json["mask"] = r.mask.string();
    if (const auto& s = r.source; !s.slide.empty())
        json["source"] = {{"slide", s.slide}, {"patient", s.patient}, {"x", s.x}, {"y", s.y}, {"width", s.widthPx}, {"height", s.heightPx}};
    json["composite"] = true; // for readers; it follows from the initial image
}

void takeFile(const Json& json, const char* key, std::filesystem::path& file) {
    std::string text;
    take(json, key, text);
    file = text;
}

void takeInitialImage(const Json& json, GenerateRequest& r) {
    takeFile(json, "initial_image", r.initialImage), take(json, "initial_sha256", r.initialSha256);
    take(json, "strength", r.strength);
    takeFile(json, "mask", r.mask), take(json, "mask_sha256", r.maskSha256);
    const auto source = json.find("source");
    if (source == json.end() || source->is_null()) return;
    if (!source->is_object()) throw Error(ErrorCode::Corrupt, "The source of real pixels in a request is not an object; correct it.");
    take(*source, "slide", r.source.slide), take(*source, "patient", r.source.patient);
    take(*source, "x", r.source.x), take(*source, "y", r.source.y);
    take(*source, "width", r.source.widthPx), take(*source, "height", r.source.heightPx);
}

void takeVectors(const Json& json, GenerateRequest& r) {
    takeFile(json, "vector", r.vector), take(json, "vector_sha256", r.vectorSha256);
    takeFile(json, "region", r.region), take(json, "region_sha256", r.regionSha256);
    take(json, "magnification", r.magnification);
    for (const auto& entry : json.value("loras", Json::array())) {
        LoraUse lora;
        takeFile(entry, "file", lora.file), take(entry, "strength", lora.strength), take(entry, "sha256", lora.sha256);
        r.loras.push_back(lora);
    }
}

void requireReadableName(const std::filesystem::path& file) {
    try {
        (void)Json(file.string()).dump();
    } catch (const Json::exception&) {
        wrongUse("A file name of the request is not text in UTF-8, so it could not be recorded; rename the file.");
    }
}

bool isHash(const std::string& text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void validateInitialImage(const GenerateRequest& r) {
    requireReadableName(r.initialImage);
    requireReadableName(r.mask);
    if (r.strength != -1 && !(r.strength > 0 && r.strength <= 1))
        wrongUse("The strength must lie above 0 and at most at 1; 1 forgets the initial image.");
    for (const auto& hash : {r.initialSha256, r.maskSha256})
        if (!hash.empty() && !isHash(hash, 64)) wrongUse("The hash of a file in the request is no SHA-256 of 64 digits; correct it.");
    // A name here would leave with every tile.
    for (const auto& hash : {r.source.slide, r.source.patient})
        if (!hash.empty() && !isHash(hash, keyedHashDigits))
            wrongUse("The source of real pixels must be keyed hashes of " + std::to_string(keyedHashDigits) +
                     " digits, never names; leave it out.");
    for (const double place : {r.source.x, r.source.y, r.source.widthPx, r.source.heightPx})
        if (!(std::abs(place) <= 1e9)) wrongUse("The place of the real pixels lies beyond any slide; correct it.");
    if (isComposite(r)) return;
    if (!r.mask.empty() || !r.maskSha256.empty()) wrongUse("A mask needs an initial image whose pixels it keeps; give one.");
    if (r.strength != -1) wrongUse("A strength needs an initial image; give one, or leave the strength out.");
    if (r.source != SourceTissue{}) wrongUse("A source of real pixels needs an initial image; give one, or leave the source out.");
}

} // namespace

Json toJson(const GenerateRequest& r) {
    Json json{{"format", "phloxine-request/1"}, {"model", r.model}};
    if (!r.classId.empty()) json["class"] = r.classId;
    else json["prompt"] = r.prompt;
    json.update({{"negative", r.negative},
                 {"count", r.count},
                 {"batch", r.batch},
                 {"seed", r.seed},
                 {"sampler", r.sampler},
                 {"steps", r.steps},
                 {"guidance", r.guidance},
                 {"precision", r.precision},
                 {"device", r.device}});
    addDetails(json, r);
    addVectors(json, r);
    if (r.widthPx) json["width_px"] = r.widthPx;
    if (r.heightPx) json["height_px"] = r.heightPx;
    addInitialImage(json, r);
    if (!r.modelSha256.empty()) json["model_sha256"] = r.modelSha256;
    if (!r.modelSettings.empty()) json["model_settings_sha256"] = r.modelSettings;
    if (!r.build.empty()) json["build"] = r.build;
    return json;
}

GenerateRequest generateRequestFromJson(const Json& json, const std::string& what) {
    requireFormat(json, "request", 1, what);
    GenerateRequest r;
    try {
        take(json, "model", r.model);
        take(json, "class", r.classId);
        take(json, "prompt", r.prompt);
        take(json, "negative", r.negative);
        take(json, "count", r.count);
        take(json, "batch", r.batch), take(json, "place", r.place);
        if (const auto seed = json.find("seed"); seed != json.end()) r.seed = seedFrom(*seed, "seed", what);
        if (const auto seed = json.find("variation_seed"); seed != json.end()) r.variationSeed = seedFrom(*seed, "variation seed", what);
        take(json, "variation", r.variation);
        take(json, "sampler", r.sampler);
        take(json, "steps", r.steps);
        take(json, "guidance", r.guidance);
        take(json, "precision", r.precision);
        take(json, "device", r.device);
        takeDetails(json, r);
        takeVectors(json, r);
        take(json, "width_px", r.widthPx);
        take(json, "height_px", r.heightPx);
        takeInitialImage(json, r);
        take(json, "model_sha256", r.modelSha256), take(json, "model_settings_sha256", r.modelSettings);
        take(json, "build", r.build);
    } catch (const Json::exception& e) {
        throw Error(ErrorCode::Corrupt, "The request in " + what + " has a value of the wrong kind; correct it.", e.what());
    }
    validate(r);
    return r;
}

void validate(const GenerateRequest& r) {
    if (!r.classId.empty() && !r.prompt.empty()) wrongUse("Give a tissue class or a prompt, not both.");
    if (r.count < 1 || r.count > 1000000) wrongUse("The number of tiles must lie between 1 and 1,000,000.");
    if (r.batch < 1 || r.batch > 256) wrongUse("The batch must lie between 1 and 256 tiles.");
    if (r.place < 0 || r.place >= r.batch) wrongUse("The place of the first tile must lie within its batch, counted from 0.");
    for (const auto seed : {r.seed, r.variationSeed.value_or(0)})
        if (seed >= seedLimit || seed + std::uint64_t(r.count) > seedLimit)
            wrongUse("The seed must lie below 2^53 (9,007,199,254,740,992), for the last tile too.");
    if (!(r.variation >= 0 && r.variation <= 1))
        wrongUse("The variation must lie between 0, no change, and 1, the tile of the other seed.");
    if (r.variation > 0 && !r.variationSeed) wrongUse("A variation needs the seed that it leads to; give a variation seed.");
    if (r.steps < 0 || r.steps > 1000) wrongUse("The number of steps must lie between 1 and 1,000.");
    if (r.guidance != -1 && !(r.guidance >= 0 && r.guidance <= 30))
        wrongUse("The guidance scale must lie between 0 and 30; 1 switches guidance off.");
    if (!(r.guidanceRescale >= 0 && r.guidanceRescale <= 1)) wrongUse("The guidance rescale must lie between 0 and 1.");
    if (!(r.guidanceLow >= 0) || !(r.guidanceHigh >= 0) || (r.guidanceHigh > 0 && r.guidanceHigh <= r.guidanceLow))
        wrongUse("The interval of guidance must begin at 0 or above and end above its beginning.");
    if (r.vector.empty() && (!r.region.empty() || r.magnification >= 0))
        wrongUse("A region or a magnification needs feature vectors; give their file.");
    if (!r.vector.empty() && (!r.prompt.empty() || !r.classId.empty()))
        wrongUse("Give feature vectors, a tissue class or a prompt, not several of them.");
    if (r.loras.size() > 32) wrongUse("At most 32 LoRAs can be merged.");
    for (const auto& lora : r.loras) {
        if (lora.file.empty()) wrongUse("A LoRA of the request names no file.");
        if (!(std::abs(lora.strength) <= 10)) wrongUse("The strength of a LoRA must lie between -10 and 10.");
        requireReadableName(lora.file);
    }
    requireReadableName(r.vector), requireReadableName(r.region);
    if (r.prompt.size() + r.negative.size() > (1u << 20))
        wrongUse("The prompt is longer than 1 MiB; a model reads at most some hundred words.");
    for (const int side : {r.widthPx, r.heightPx})
        if (side < 0 || side > canvasLimitPx) wrongUse("The width and the height must lie between one tile and 4096 pixels.");
    validateInitialImage(r);
}

bool isComposite(const GenerateRequest& request) { return !request.initialImage.empty() || !request.initialSha256.empty(); }

std::vector<RequestFile> filesOf(GenerateRequest& r) {
    std::vector<RequestFile> files;
    const auto add = [&](const char* what, std::filesystem::path& file, std::string& sha256) {
        if (!file.empty()) files.push_back({what, &file, &sha256});
    };
    add("initial image", r.initialImage, r.initialSha256);
    add("mask", r.mask, r.maskSha256);
    add("feature vectors", r.vector, r.vectorSha256);
    add("vector of the region", r.region, r.regionSha256);
    for (auto& lora : r.loras) add("LoRA", lora.file, lora.sha256);
    return files;
}

void resolveFiles(GenerateRequest& request) {
    const auto requireNamed = [](const char* what, const std::filesystem::path& file, const std::string& sha256, const char* flag) {
        if (file.empty() && !sha256.empty())
            throw Error(ErrorCode::NotFound, std::string("The tile holds no more of its ") + what +
                                                 " than its SHA-256, which begins with " + sha256.substr(0, 12) + "; give that file with " +
                                                 flag + " FILE.");
    };
    requireNamed("initial image", request.initialImage, request.initialSha256, "--initial");
    requireNamed("mask", request.mask, request.maskSha256, "--mask");
    for (const auto& [what, file, sha256] : filesOf(request)) {
        const auto name = std::string(what) + " " + file->filename().string();
        std::error_code error;
        if (!std::filesystem::exists(*file, error))
            throw Error(ErrorCode::NotFound, "The " + name + " was not found; give the file that the request names.");
        if (!std::filesystem::is_regular_file(*file, error))
            throw Error(ErrorCode::Unsupported, "The " + name + " is not a file; give one.");
        const auto have = rememberedSha256(*file); // asked for twice in a run, and a LoRA may be large
        if (!sha256->empty() && *sha256 != have)
            throw Error(ErrorCode::NotFound,
                        "The " + name + " is not the one of the request: its SHA-256 begins with " + have.substr(0, 12) + ", not with " +
                            sha256->substr(0, 12) + "; give the file that was used then.",
                        have);
        *sha256 = have;
    }
}

GenerateRequest forTile(const GenerateRequest& request, int i) {
    auto single = request;
    single.count = 1;
    single.place = (request.place + i) % std::max(1, request.batch);
    (single.variationSeed ? *single.variationSeed : single.seed) += std::uint64_t(i);
    return single;
}

bool resolves(GenerateRequest wish, const GenerateRequest& made) {
    const auto open = [](auto& field, const auto& nothing, const auto& value) {
        if (field == nothing) field = value;
    };
    wish.model = made.model, wish.modelSha256 = made.modelSha256, wish.build = made.build; // by name or by folder
    wish.modelSettings = made.modelSettings;
    wish.batch = made.batch, wish.place = made.place;
    open(wish.negative, std::string(), made.negative), open(wish.sampler, std::string(), made.sampler), open(wish.steps, 0, made.steps);
    open(wish.guidance, -1.0, made.guidance), open(wish.precision, std::string("auto"), made.precision);
    open(wish.device, std::string("auto"), made.device), open(wish.spacing, std::string(), made.spacing);
    for (const auto field : {&GenerateRequest::eta, &GenerateRequest::churn, &GenerateRequest::shift})
        open(wish.*field, std::optional<double>(), made.*field);
    open(wish.magnification, -1, made.magnification), open(wish.strength, -1.0, made.strength);
    open(wish.widthPx, 0, made.widthPx), open(wish.heightPx, 0, made.heightPx);
    return wish == made;
}

std::string parametersText(const GenerateRequest& r) {
    const auto number = Json(r.guidance).dump();
    std::string text = (r.classId.empty() ? r.prompt : r.classId) + "\n";
    if (!r.negative.empty()) text += "Negative prompt: " + r.negative + "\n";
    std::string details;
    if (r.variationSeed)
        details += ", Variation seed: " + std::to_string(*r.variationSeed) + ", Variation seed strength: " + Json(r.variation).dump();
    if (r.widthPx) details += ", Size: " + std::to_string(r.widthPx) + "x" + std::to_string(r.heightPx);
    if (isComposite(r)) details += ", Denoising strength: " + Json(r.strength).dump();
    return text + "Steps: " + std::to_string(r.steps) + ", Sampler: " + r.sampler + ", CFG scale: " + number +
           ", Seed: " + std::to_string(r.seed) + details + ", Model hash: " + r.modelSha256.substr(0, 10) + ", Model: " + r.model +
           ", Version: Phloxine " + r.build;
}

std::uint64_t randomSeed() {
    std::random_device device;
    return ((std::uint64_t(device()) << 32) | device()) % seedLimit % 1000000000000ull; // twelve digits are enough, and can be read aloud
}

} // namespace phloxine
