// The study from one end to the other: what all arms share, then each run that is not there yet.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/study/study_report.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// A study is another one when anything but its seeds differs: more seeds are more runs.
Json identity(const CaptionStudy& study) {
    auto json = toJson(study);
    json.erase("seeds");
    auto& autoencoder = json["recipe"]["model"]["autoencoder"];
    autoencoder = fs::path(autoencoder.get<std::string>()).filename().string();
    return json;
}

void openStudy(const CaptionStudy& study, const fs::path& folder, bool resume) {
    const auto file = folder / "request.json";
    const auto name = folder.filename().string();
    if (!isThere(file)) {
        if (resume) throw Error(ErrorCode::NotFound, "The folder " + name + " holds no study to go on with; leave out --resume.");
        writeFileAtomically(file, identity(study).dump(1) + "\n", IfExists::Fail, Durability::Synced);
        return;
    }
    if (!resume)
        throw Error(ErrorCode::Exists, "The folder " + name + " holds a study already; add --resume to go on, or choose another folder.");
    if (readJsonFile(file) != identity(study))
        throw Error(ErrorCode::Exists, "The study in " + name + " is another one; give the same file, or another folder.");
}

} // namespace

void runCaptionStudy(const CaptionStudy& study, const fs::path& data, const fs::path& folder, bool resume, const StudyHooks& hooks) {
    const FolderLock lock((makeWritableFolder(folder), folder));
    openStudy(study, folder, resume);
    const StudyPlace place{data, folder};
    const auto arms = armsOf(study);
    for (const auto& id : hooks.only)
        if (std::none_of(arms.begin(), arms.end(), [&](const StudyArm& arm) { return arm.id == id; }))
            throw Error(ErrorCode::WrongUse, "The study has no arm \"" + plainText(id) + "\"; see its report for those that it has.");
    std::vector<ArmResult> results;
    for (const auto seed : study.seeds)
        for (const auto& arm : arms)
            if (const auto done = finishedArm(place, arm, seed)) results.push_back(*done);

    const auto set = readTrainingSet(data, study.recipe.data, study.recipe.classes);
    writeStudyReport(study, tableOf(study, results), set, folder);
    if (results.size() == arms.size() * study.seeds.size()) return;
    for (const auto& leak : set.leaks)
        if (hooks.notice) hooks.notice(leak);
    const auto facts = measureFacts(set, folder / "facts.json", hooks.progress);
    for (const auto& arm : arms) (void)captionsOf(arm, set, facts); // refuses what no arm could say, before the first is trained
    const auto net = openFeatureNet(study.extractor);
    const auto reference = studyReference(set, net, study.recipe.data.tileSizePx, hooks.progress);
    auto quiet = hooks; // leaks and faults are told once
    quiet.notice = [&](const std::string& sentence) { logInfo(sentence); };
    for (const auto seed : study.seeds)
        for (const auto& arm : arms) {
            if (!hooks.only.empty() && std::find(hooks.only.begin(), hooks.only.end(), arm.id) == hooks.only.end()) continue;
            if (finishedArm(place, arm, seed)) continue;
            results.push_back(runArm(study, arm, seed, place, set, facts, reference, net, quiet));
            writeStudyReport(study, tableOf(study, results), set, folder);
            if (hooks.finished) hooks.finished(arm.id, seed);
        }
}

} // namespace phloxine
