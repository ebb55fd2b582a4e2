#include "core/study/CaptionStudy.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"

namespace phloxine {

std::vector<StudyArm> armsOf(const CaptionStudy& study) {
    std::vector<StudyArm> arms;
    const int shortest = study.lengths.front(), control = study.controlLength;
    const auto words = [](int length) { return std::to_string(length); };
    for (const int length : study.lengths)
        arms.push_back({"text-" + words(length), "True statements, as many as fit into " + words(length) + " tokens", length, length});
    arms.push_back({"none", "No text", shortest, 0, false});
    arms.push_back({"shuffled", "Captions of tiles of other groups, " + words(control) + " tokens", control, control, true, false,
                    CaptionPairing::OtherGroup});
    arms.push_back({"shuffled-in-class", "Captions of tiles of other groups of the class, " + words(control) + " tokens", control, control,
                    true, false, CaptionPairing::OtherGroupOfClass});
    arms.push_back({"class-" + words(control), "The class alone in a context of " + words(control) + " tokens", control, 0});
    for (const int length : study.lengths)
        if (study.fillers && length > shortest)
            arms.push_back({"filler-" + words(length), "Statements of " + words(shortest) + " tokens, filler words up to " + words(length),
                            length, shortest, true, true});
    for (const int length : study.lengths)
        if (study.paddings && length > shortest)
            arms.push_back({"padding-" + words(length), "Statements of " + words(shortest) + " tokens, padding up to " + words(length),
                            length, shortest});
    return arms;
}

CaptionStudy captionStudyFromJson(const Json& json, const std::string& what) {
    const auto fail = [&](const std::string& why) -> void {
        throw Error(ErrorCode::Corrupt, "The study " + what + " cannot be used: " + why + "; correct it.");
    };
    requireFormat(json, "study", 1, what);
    const std::set<std::string> known{"format", "kind",  "title",   "lengths", "control_length", "fillers",   "paddings",
                                      "seeds",  "tiles", "sampler", "steps",   "guidance",       "extractor", "recipe"};
    for (const auto& [key, value] : json.items())
        if (!known.count(key)) fail("\"" + plainText(key) + "\" is not known");
    if (json.value("kind", Json()) != Json("caption-length")) fail("\"kind\" must be \"caption-length\"");
    CaptionStudy study;
    try {
        study.title = json.value("title", study.title), study.lengths = json.value("lengths", study.lengths);
        study.controlLength = json.value("control_length", study.controlLength);
        study.fillers = json.value("fillers", study.fillers), study.paddings = json.value("paddings", study.paddings);
        study.seeds = json.value("seeds", study.seeds), study.tiles = json.value("tiles", study.tiles);
        study.sampler = json.value("sampler", study.sampler), study.steps = json.value("steps", study.steps);
        study.guidance = json.value("guidance", study.guidance), study.extractor = json.value("extractor", study.extractor);
    } catch (const Json::exception&) { fail("an entry has the wrong type"); }
    if (study.lengths.empty() || study.lengths.front() < 12 || study.lengths.back() > 154 ||
        !std::is_sorted(study.lengths.begin(), study.lengths.end(), std::less_equal<>()))
        fail("\"lengths\" must be ascending numbers between 12 and 154");
    if (std::count(study.lengths.begin(), study.lengths.end(), study.controlLength) == 0) fail("\"control_length\" is none of \"lengths\"");
    if (study.seeds.empty() || std::set(study.seeds.begin(), study.seeds.end()).size() != study.seeds.size())
        fail("\"seeds\" must be numbers, each once");
    for (const auto seed : study.seeds)
        if (seed > 9007199254740991ull) fail("\"seeds\" has a number that is too large");
    if (study.tiles < 10 || study.tiles > 1000000) fail("\"tiles\" must lie between 10 and 1000000");
    if (study.steps < 1 || study.steps > 1000) fail("\"steps\" must lie between 1 and 1000");
    if (!(study.guidance >= 1 && study.guidance <= 50)) fail("\"guidance\" must lie between 1 and 50");
    if (!json.contains("recipe")) fail("it has no \"recipe\"");
    study.recipe = trainRecipeFromJson(json["recipe"], what);
    if (!study.recipe.model.start.empty()) fail("its recipe starts from a model, whose texts are not the study's; name an autoencoder");
    if (study.recipe.data.holdOut.empty()) fail("its recipe holds nothing out (\"data.hold_out\"), so there is nothing to measure against");
    return study;
}

Json toJson(const CaptionStudy& s) {
    return {{"format", "phloxine-study/1"},
            {"kind", "caption-length"},
            {"title", s.title},
            {"lengths", s.lengths},
            {"control_length", s.controlLength},
            {"fillers", s.fillers},
            {"paddings", s.paddings},
            {"seeds", s.seeds},
            {"tiles", s.tiles},
            {"sampler", s.sampler},
            {"steps", s.steps},
            {"guidance", s.guidance},
            {"extractor", s.extractor},
            {"recipe", toJson(s.recipe)}};
}

CaptionStudy readCaptionStudy(const std::filesystem::path& file) {
    auto study = captionStudyFromJson(readJsonFile(file), file.filename().string());
    auto& autoencoder = study.recipe.model.autoencoder;
    if (!autoencoder.empty()) autoencoder = (file.parent_path() / autoencoder).lexically_normal().string();
    return study;
}

} // namespace phloxine
