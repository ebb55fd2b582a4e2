#pragma once
// Makes tiles from a request. Lives on the worker thread.
#include <functional>
#include <memory>

#include "core/base/ParamSpec.h"
#include "core/base/Progress.h"
#include "core/generate/GenerateRequest.h"
#include "core/image/Image.h"
#include "core/image/ImageFile.h"
#include "core/model/ModelStore.h"

namespace phloxine {

struct Tile {
    Image image;
    GenerateRequest request; // resolved, for this tile alone: count 1
    double seconds = 0;
};

struct TilePreview {
    Image image; // small, by a linear latent-to-RGB map; never saved
    int tile = 0, step = 0, steps = 0;
};

struct GenerateHooks {
    std::function<void(int tile, int step, int steps)> step; // before each step; throw Cancelled to stop now
    std::function<void(const TilePreview&)> preview;         // only when set
    std::function<void(int index, const Tile&)> tile;        // each finished tile, in order
    std::function<void(const std::string&)> notice;          // "The prompt was cut after 77 tokens: ...", out-of-memory recovery
    std::function<bool()> stopAfterTile;                     // asked after each tile
};

struct GenerateTimes {
    double load = 0, denoise = 0, decode = 0, total = 0; // seconds
};

struct GenerateResult {
    GenerateRequest resolved;
    GenerateTimes seconds;
    int tiles = 0;
};

LoadOptions loadOptions(const GenerateRequest& resolved); // the LoRAs with it

// Every field of the result is definite: model, sampler, steps, guidance, precision, device, hash, build.
GenerateRequest resolve(const GenerateRequest& request, const ModelEntry& entry);

GenerateResult generate(ModelStore& store, const GenerateRequest& request, const GenerateHooks& hooks);

struct TileFile {
    std::string name;
    std::uint64_t seed = 0;
    double seconds = 0; // 0 when it was there already
};
struct FolderResult {
    GenerateRequest resolved;
    GenerateTimes seconds;
    std::vector<TileFile> files;
    int kept = 0; // tiles found from an earlier run and verified
};
std::string tileFileName(const GenerateRequest& single); // "lung_scc-412907733.png"

// Generates into a folder that may hold part of the same request: those tiles are verified and kept. Another request, another program at
// work there, or a foreign file of the same name: Error(Exists | Busy), and nothing is overwritten.
FolderResult generateIntoFolder(ModelStore& store, const GenerateRequest& request, const std::filesystem::path& folder,
                                const GenerateHooks& hooks);

// The device for a request of another run: the one that is wished, else the one that made it where this machine has it, else "auto".
// Error(WrongUse) for a word that names no device.
std::string deviceHere(const std::string& wished, const std::string& made);
// Version, Torch, and instruction set or GPU and cuDNN: equal names promise equal pixels.
std::string buildName(const std::string& device = "cpu");

// PNG chunks `phloxine` (the resolved request), `parameters` and XMP.
std::vector<TextChunk> provenance(const GenerateRequest& resolved);
// IPTC DigitalSourceType: trainedAlgorithmicMedia, or compositeWithTrainedAlgorithmicMedia where real pixels are part of the picture.
std::string xmpOfSource(bool composite);
// Reads `phloxine` back. Error(NotFound) when the file carries none, Error(Corrupt) when it is broken.
GenerateRequest requestFromPng(const std::filesystem::path& path);

struct PromptTokens {
    int count = 0, limit = 77; // start and end token included
    std::string cut;           // the words that do not fit; empty when all do
};
// Token count for the meter; needs no tensor and may be called from any thread.
PromptTokens countTokens(const std::string& prompt, int limit = 77);

// Models of flow matching take their own samplers, the others the rest; a diffusers folder may bring a scheduler.
enum class SamplerModels { Others, FlowMatching, WithScheduler };
struct SamplerRow {
    std::string id, title;
    SamplerModels models = SamplerModels::Others;
    std::string spacing;               // its own, id of a row of spacingRows(); empty = one that cannot be changed
    int callsPerStep = 1;              // of the network
    bool drawsNoise = false;           // fresh noise at each step
    std::vector<ParamSpec> parameters; // "eta", "churn", ...
};
const std::vector<SamplerRow>& samplerRows(); // the table, for menus and --help

struct SpacingRow {
    std::string id, title;
};
const std::vector<SpacingRow>& spacingRows();

} // namespace phloxine
