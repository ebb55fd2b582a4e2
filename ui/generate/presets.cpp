#include "ui/generate/presets.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QFileInfo>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "ui/shell/settings.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace fs = std::filesystem;

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::Presets)
};

constexpr int longestName = 60;

// presets.json becomes presets-damaged.json, or -2, -3 ... where there is one already.
fs::path keptAside(const fs::path& file) {
    for (int n = 1; n < 1000; ++n) {
        const auto aside = file.parent_path() / ("presets-damaged" + (n > 1 ? "-" + std::to_string(n) : std::string()) + ".json");
        if (isThere(aside)) continue;
        std::error_code error;
        fs::rename(file, aside, error);
        return error ? fs::path() : aside;
    }
    return {};
}

std::vector<Preset> presetsFrom(const Json& json, const std::string& what) {
    requireFormat(json, "presets", 1, what);
    std::vector<Preset> presets;
    for (const auto& entry : json.at("presets")) {
        const auto name = fromUtf8(entry.at("name").get<std::string>());
        if (!whyNotAName(name, presets).isEmpty()) throw Error(ErrorCode::Corrupt, what + " gives a preset no name of its own.");
        presets.push_back(presetOf(name, generateRequestFromJson(entry.at("request"), what), entry.value("with_condition", false)));
    }
    return presets;
}

} // namespace

const std::vector<BuiltInPreset>& builtInPresets() {
    static const std::vector<BuiltInPreset> rows = {{"quick", QT_TRANSLATE_NOOP("phloxine::ui::Presets", "Quick look"), 0.5},
                                                    {"default", QT_TRANSLATE_NOOP("phloxine::ui::Presets", "Model default"), 1},
                                                    {"fine", QT_TRANSLATE_NOOP("phloxine::ui::Presets", "Fine"), 2}};
    return rows;
}

GenerateRequest requestOf(const BuiltInPreset& preset, const ModelCard& card) {
    GenerateRequest request;
    request.sampler = card.defaultSampler;
    request.steps = std::clamp(int(std::lround(card.defaultSteps * preset.steps)), 1, 1000);
    request.guidance = card.defaultGuidance;
    request.count = 0;
    return request;
}

Preset presetOf(const QString& name, const GenerateRequest& request, bool withCondition) {
    Preset preset{name.simplified(), {}, withCondition};
    auto& kept = preset.request;
    kept.sampler = request.sampler, kept.steps = request.steps, kept.guidance = request.guidance, kept.count = request.count;
    kept.spacing = request.spacing, kept.eta = request.eta, kept.churn = request.churn, kept.shift = request.shift;
    kept.guidanceRescale = request.guidanceRescale, kept.guidanceLow = request.guidanceLow, kept.guidanceHigh = request.guidanceHigh;
    kept.widthPx = request.widthPx, kept.heightPx = request.heightPx;
    if (withCondition) kept.classId = request.classId, kept.prompt = request.prompt, kept.negative = request.negative;
    return preset;
}

bool sameSampling(const GenerateRequest& a, const GenerateRequest& b) {
    auto x = presetOf({}, a, false).request, y = presetOf({}, b, false).request;
    x.count = y.count;
    return x == y;
}

QString whyNotAName(const QString& name, const std::vector<Preset>& presets, const QString& instead) {
    const QString plain = name.simplified();
    if (plain.isEmpty()) return Words::tr("Give the preset a name.");
    if (plain.size() > longestName) return Words::tr("The name may have %1 letters.").arg(longestName);
    const auto same = [&](const QString& other) { return plain.compare(other, Qt::CaseInsensitive) == 0; };
    for (const auto& row : builtInPresets())
        if (same(Words::tr(row.title))) return Words::tr("This is the name of a preset of the program. Choose another one.");
    for (const auto& preset : presets)
        if (same(preset.name) && preset.name != instead) return Words::tr("You have a preset of this name. Choose another one.");
    return {};
}

fs::path presetsFile() { return fs::path(QFileInfo(settingsFile()).path().toStdString()) / "presets.json"; }

LoadedPresets loadPresets(const fs::path& file) {
    LoadedPresets loaded;
    if (!isThere(file)) return loaded;
    try {
        loaded.presets = presetsFrom(readJsonFile(file), file.filename().string());
        return loaded;
    } catch (const Error& e) {
        if (e.code() == ErrorCode::Unsupported || e.code() == ErrorCode::NotFound) return {{}, fromUtf8(e.what()), false};
    } catch (const Json::exception&) {} // an entry of the wrong kind
    const auto aside = keptAside(file);
    if (aside.empty()) return {{}, Words::tr("Your presets are damaged and cannot be set aside, so presets are not saved now."), false};
    return {{},
            Words::tr("Your presets could not be read. The file is kept as %1 and a new list begins.")
                .arg(fromUtf8(aside.filename().string()))};
}

void savePresets(const fs::path& file, const std::vector<Preset>& presets) {
    Json list = Json::array();
    for (const auto& preset : presets)
        list.push_back(
            {{"name", preset.name.toStdString()}, {"with_condition", preset.withCondition}, {"request", toJson(preset.request)}});
    makeWritableFolder(file.parent_path());
    writeFileAtomically(file, Json{{"format", "phloxine-presets/1"}, {"presets", list}}.dump(1) + "\n", IfExists::Replace,
                        Durability::Synced);
}

} // namespace phloxine::ui
