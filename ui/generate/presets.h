#pragma once
// Named sets of sampling parameters. Those of the program are rows that follow the model's own defaults; those of a person are values in
// presets.json beside the settings of this machine.
#include <filesystem>
#include <string>
#include <vector>

#include <QString>

#include "core/generate/GenerateRequest.h"
#include "core/model/ModelCard.h"

namespace phloxine::ui {

struct BuiltInPreset {
    const char *id, *title;
    double steps; // times the model's default
};
const std::vector<BuiltInPreset>& builtInPresets();
GenerateRequest requestOf(const BuiltInPreset& preset, const ModelCard& card); // sampling alone: count 0

struct Preset {
    QString name;
    GenerateRequest request;    // sampling and number of tiles (0 = as it is); model, seed and files are left as they are
    bool withCondition = false; // class, text and negative text belong to it
    bool operator==(const Preset&) const = default;
};
Preset presetOf(const QString& name, const GenerateRequest& request, bool withCondition); // only what a preset keeps
bool sameSampling(const GenerateRequest& a, const GenerateRequest& b);
QString whyNotAName(const QString& name, const std::vector<Preset>& presets, const QString& instead = {}); // empty: it can be given

std::filesystem::path presetsFile(); // of this machine

struct LoadedPresets {
    std::vector<Preset> presets;
    QString problem;      // one sentence where the file could not be used; it was kept aside
    bool writable = true; // false: a newer version wrote the file, or it cannot be read now, and it must stay as it is
};
LoadedPresets loadPresets(const std::filesystem::path& file);
void savePresets(const std::filesystem::path& file, const std::vector<Preset>& presets); // Error(DiskFull | ReadOnly | ...)

} // namespace phloxine::ui
