#pragma once
// The models on this machine, and the ones that are loaded. Listing reads cards only and may be called from any thread;
// loading belongs to the worker thread.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/model/ModelCard.h"

namespace phloxine {

struct Model; // core/model/Model.h, internal to core

struct ModelEntry {
    ModelCard card;
    std::filesystem::path path; // the model folder or the checkpoint file
};

struct LoraFile {
    std::filesystem::path file;
    double strength = 1;
    std::string sha256;
};

struct LoadOptions {
    std::string precision = "auto";   // "auto", "fp32", "bf16"
    std::string device = "auto";      // "auto", "cpu", "cuda"
    std::vector<LoraFile> loras = {}; // merged in this order
};

class ModelStore {
public:
    // Folders that hold model folders; the default are the embedded models beside the program, and the user's own.
    explicit ModelStore(std::vector<std::filesystem::path> roots = defaultRoots());
    ~ModelStore();

    std::vector<ModelEntry> list() const; // embedded first; a broken folder is left out and logged
    // Empty = the embedded model. A folder that was found by its path is known by its id from then on; where several models share an id,
    // `sha256` of the weights tells which is meant. Error(NotFound | ...)
    ModelEntry find(const std::string& idOrPath, const std::string& sha256 = {}, const std::string& settings = {}) const;

    // Loaded and bound, kept until another is needed. Throws what the loader throws.
    std::shared_ptr<const Model> load(const ModelEntry& entry, const LoadOptions& options);
    void unloadAll();

    static std::vector<std::filesystem::path> defaultRoots();
    static std::filesystem::path userRoot(); // the user's own models; may not exist yet. Error(NotFound) without a home folder

private:
    struct State;
    std::unique_ptr<State> m_state;
};

struct AddModelOptions { // what a foreign file does not say; empty = taken from the file, or stated as unknown
    std::string id, title, licence;
    double micronsPerPixel = 0;
    std::vector<std::string> classLabels; // in the order of the class numbers
};
// Makes a model folder of a checkpoint or a diffusers folder: a card beside the source, which is linked or copied and never rewritten. A
// model folder, such as a training makes, is taken in as it is. `root` empty = the user's own models. Error(Exists | MissingKey | Shape |
// Nan | ...); nothing is left behind.
ModelEntry addModel(const std::filesystem::path& source, const AddModelOptions& options, std::filesystem::path root = {});

// The folder `resources/` of this build or installation. Error(NotFound).
std::filesystem::path resourcesFolder();

} // namespace phloxine
