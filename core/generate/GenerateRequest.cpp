#include "core/generate/GenerateRequest.h"

#include <random>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"

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

[[noreturn]] void wrong(const std::string& sentence) { throw Error(ErrorCode::WrongUse, sentence); }

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
    if (!r.modelSha256.empty()) json["model_sha256"] = r.modelSha256;
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
        take(json, "batch", r.batch);
        if (const auto seed = json.find("seed"); seed != json.end() && !seed->is_number_unsigned())
            wrong("The seed in " + what + " is not a whole number from 0 to 2^53.");
        take(json, "seed", r.seed);
        take(json, "sampler", r.sampler);
        take(json, "steps", r.steps);
        take(json, "guidance", r.guidance);
        take(json, "precision", r.precision);
        take(json, "device", r.device);
        take(json, "model_sha256", r.modelSha256);
        take(json, "build", r.build);
    } catch (const Json::exception& e) {
        throw Error(ErrorCode::Corrupt, "The request in " + what + " has a value of the wrong kind; correct it.", e.what());
    }
    validate(r);
    return r;
}

void validate(const GenerateRequest& r) {
    if (!r.classId.empty() && !r.prompt.empty()) wrong("Give a tissue class or a prompt, not both.");
    if (r.count < 1 || r.count > 1000000) wrong("The number of tiles must lie between 1 and 1,000,000.");
    if (r.batch < 1 || r.batch > 256) wrong("The batch must lie between 1 and 256 tiles.");
    if (r.seed >= seedLimit || r.seed + std::uint64_t(r.count) > seedLimit)
        wrong("The seed must lie below 2^53 (9,007,199,254,740,992), for the last tile too.");
    if (r.steps < 0 || r.steps > 1000) wrong("The number of steps must lie between 1 and 1,000.");
    if (r.guidance != -1 && !(r.guidance >= 0 && r.guidance <= 30))
        wrong("The guidance scale must lie between 0 and 30; 1 switches guidance off.");
    if (r.prompt.size() + r.negative.size() > (1u << 20))
        wrong("The prompt is longer than 1 MiB; a model reads at most some hundred words.");
}

GenerateRequest forTile(const GenerateRequest& request, int i) {
    auto single = request;
    single.count = 1;
    single.seed += std::uint64_t(i);
    return single;
}

std::string parametersText(const GenerateRequest& r) {
    const auto number = Json(r.guidance).dump();
    std::string text = (r.classId.empty() ? r.prompt : r.classId) + "\n";
    if (!r.negative.empty()) text += "Negative prompt: " + r.negative + "\n";
    return text + "Steps: " + std::to_string(r.steps) + ", Sampler: " + r.sampler + ", CFG scale: " + number +
           ", Seed: " + std::to_string(r.seed) + ", Model hash: " + r.modelSha256.substr(0, 10) + ", Model: " + r.model +
           ", Version: Phloxine " + r.build;
}

std::uint64_t randomSeed() {
    std::random_device device;
    return ((std::uint64_t(device()) << 32) | device()) % seedLimit % 1000000000000ull; // twelve digits are enough, and can be read aloud
}

} // namespace phloxine
