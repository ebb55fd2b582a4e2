#include "core/model/ModelStore.h"

#include <cstdlib>
#include <mutex>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/model/Model.h"
#include "core/model/card_statements.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace fs = std::filesystem;

struct ModelStore::State {
    std::vector<fs::path> roots;
    std::mutex mutex;
    std::vector<ModelEntry> visited; // found by path
    std::shared_ptr<const Model> loaded;
    std::string loadedKey;
};

namespace {

// What cannot be read of what was said leaves the card as the model has it.
ModelCard laidOver(ModelCard card) {
    try {
        return withStatements(card, readStatements(statementsFile(card)));
    } catch (const Error& e) {
        logWarning(e.what());
        return card;
    }
}

ModelEntry readEntry(const fs::path& folder) {
    return {laidOver(modelCardFromJson(readJsonFile(folder / "model.json"), folder.filename().string() + "/model.json")), folder};
}

// A model folder brings its card; another file or folder is opened, and its card follows from what it holds.
ModelEntry entryAt(const fs::path& path) {
    if (isThere(path / "model.json")) return readEntry(path);
    (void)formatOf(path);
    initDevices(); // not "cpu": the first call decides for the process, and the request may want another device
    return {cardFromCheckpoint(path, openCheckpoint(path)), path};
}

} // namespace

ModelStore::ModelStore(std::vector<fs::path> roots) : m_state(std::make_unique<State>()) { m_state->roots = std::move(roots); }
ModelStore::~ModelStore() = default;

std::vector<ModelEntry> ModelStore::list() const {
    std::vector<ModelEntry> entries;
    for (const auto& root : m_state->roots) {
        std::error_code error;
        std::vector<fs::path> folders;
        for (const auto& item : fs::directory_iterator(root, error))
            if (isThere(item.path() / "model.json")) folders.push_back(item.path());
        std::sort(folders.begin(), folders.end());
        for (const auto& folder : folders) try {
                entries.push_back(readEntry(folder));
            } catch (const Error& e) { logWarning(e.what()); }
    }
    return entries;
}

ModelEntry ModelStore::find(const std::string& idOrPath, const std::string& sha256, const std::string& settings) const {
    auto entries = list();
    if (idOrPath.empty()) {
        if (entries.empty())
            throw Error(ErrorCode::NotFound, "No model is installed; the folder resources/models of this installation is empty.");
        return entries.front();
    }
    const std::lock_guard lock(m_state->mutex);
    entries.insert(entries.end(), m_state->visited.begin(), m_state->visited.end());
    const ModelEntry* named = nullptr;
    for (const auto& entry : entries) {
        if (entry.card.id != idOrPath) continue;
        if (!named) named = &entry;
        if (!sha256.empty() && weightsHash(entry.path) == sha256 && (settings.empty() || settingsHash(entry.path, entry.card) == settings))
            return entry;
    }
    if (named) return *named;
    if (const fs::path path(idOrPath); isThere(path)) {
        const auto entry = entryAt(path);
        std::erase_if(m_state->visited, [&](const ModelEntry& known) { return known.path == entry.path; });
        m_state->visited.push_back(entry);
        return entry;
    }
    std::string known;
    for (const auto& entry : list()) known += (known.empty() ? "" : ", ") + entry.card.id;
    throw Error(ErrorCode::NotFound, "There is no model \"" + idOrPath + "\"; known models: " + known + ".", idOrPath);
}

std::shared_ptr<const Model> ModelStore::load(const ModelEntry& entry, const LoadOptions& options) {
    initDevices(options.device);
    const auto device = chooseDevice(options.device);
    const auto dtype = choosePrecision(options.precision, device);
    auto key = entry.path.string() + "|" + precisionWord(dtype) + "|" + device.str() + "|" + weightsHash(entry.path) + "|" +
               settingsHash(entry.path, entry.card);
    for (const auto& lora : options.loras) key += "|" + lora.sha256 + "*" + std::to_string(lora.strength);
    key += "|" + toJson(entry.card).dump(); // tiles carry what it says
    if (m_state->loaded && m_state->loadedKey == key) return m_state->loaded;
    m_state->loaded.reset(); // two models at once would double the memory
    m_state->loaded = loadModel(entry.path, entry.card, Binding::forInference(dtype, device), options.loras);
    m_state->loadedKey = key;
    return m_state->loaded;
}

void ModelStore::unloadAll() { m_state->loaded.reset(); }

std::vector<fs::path> ModelStore::defaultRoots() {
    std::vector<fs::path> roots{resourcesFolder() / "models"};
    if (std::getenv("XDG_DATA_HOME") || std::getenv("HOME")) roots.push_back(userRoot());
    return roots;
}

fs::path ModelStore::userRoot() {
    if (const char* data = std::getenv("XDG_DATA_HOME")) return fs::path(data) / "phloxine" / "models";
    if (const char* home = std::getenv("HOME")) return fs::path(home) / ".local/share/phloxine/models";
    throw Error(ErrorCode::NotFound, "There is no home folder to keep models in; set XDG_DATA_HOME.");
}

fs::path resourcesFolder() {
    if (const char* named = std::getenv("PHLOXINE_RESOURCES")) return named;
    std::error_code error;
    const auto program = fs::read_symlink("/proc/self/exe", error).parent_path();
    // Installed: bin/phloxine and share/phloxine; built: build/<preset>/phloxine in the source tree.
    for (const auto& candidate :
         {program / "../share/phloxine", program / "../../resources", program / "../../../resources", program / "resources"})
        if (isThere(candidate / "clip")) return fs::weakly_canonical(candidate);
    throw Error(ErrorCode::NotFound,
                "The folder with Phloxine's resources was not found; install Phloxine again, or set PHLOXINE_RESOURCES.");
}

} // namespace phloxine
