#pragma once
// What to generate: a plain value with JSON both ways. It is the job in the queue, the provenance in the file, the input of a test and
// the argument of the command line. What is not in it must not change the pixels.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/Json.h"

namespace phloxine {

constexpr int canvasLimitPx = 4096; // a side

struct LoraUse {
    std::filesystem::path file; // as for the initial image below
    double strength = 1;
    std::string sha256;
    bool operator==(const LoraUse&) const = default;
};

// Where real pixels were taken from, so that the tile inherits their patient. Keyed hashes (core/base/keyed_hash.h) and the place, level-0
// pixels: never a path, a file's name or what a label says. It changes no pixel.
struct SourceTissue {
    std::string slide, patient; // empty = not known
    double x = 0, y = 0;        // top left corner of the canvas
    double widthPx = 0, heightPx = 0;
    bool operator==(const SourceTissue&) const = default;
};

struct GenerateRequest {
    std::string model;      // id or path; empty = the embedded model
    std::string classId;    // one of the card's classes, or empty
    std::string prompt;     // used when classId is empty
    std::string negative;   // what guidance leads away from; empty = the unconditional caption
    int count = 1;          // tiles; tile i has seed + i
    int batch = 1;          // tiles computed together
    int place = 0;          // of the first tile in its batch: the last bits of a tile depend on it
    std::uint64_t seed = 0; // < 2^53
    // The noise at the start lies on the great circle from that of `seed` to that of this seed, a share `variation` of the way (spherical
    // interpolation; Shoemake 1985). Then the seed stays and tile i has variationSeed + i: variations of one tile.
    std::optional<std::uint64_t> variationSeed;
    double variation = 0; // 0 = the tile of `seed`, 1 = that of the other
    std::string sampler;  // id of a row of samplers(); empty = the card's default
    int steps = 0;        // 0 = the card's default
    double guidance = -1; // -1 = the card's default; 1 = off
    std::string precision = "auto";
    std::string device = "auto";

    // Details of the sampling; empty, not set or 0 = the sampler's own.
    std::string spacing;                      // id of a row of spacings()
    std::optional<double> eta, churn, shift;  // parameters of the sampler
    double guidanceRescale = 0;               // Lin et al. 2023: share of the standard deviation that is given back
    double guidanceLow = 0, guidanceHigh = 0; // guided only in this interval of sigma/alpha (Kynkaanniemi et al. 2024); high 0 = no end

    // What models are guided by that read feature vectors: .npy or safetensors, as for the initial image below.
    std::filesystem::path vector, region; // [d], [k, d] or a grid [d, h, w]; of the region around the tile
    std::string vectorSha256, regionSha256;
    int magnification = -1; // for models that want one; 0 is the highest

    std::vector<LoraUse> loras; // merged in this order

    // The canvas; 0 = the model's tile. Multiples of the autoencoder's factor, at least one tile, at most 4096.
    int widthPx = 0, heightPx = 0;

    // Real pixels to start from. JSON carries the path until resolve() has found the SHA-256 of the file, and from then on the hash alone:
    // a name may be a patient's. Tiles of older versions still name their files.
    std::filesystem::path initialImage; // PNG, JPEG or TIFF of the size of the canvas; empty = from noise alone
    double strength = -1;               // share of the steps that is run, (0, 1]; 1 forgets the initial image; -1 = 0.6, with a mask 1
    std::filesystem::path mask;         // of the same size: white = paint anew, black = keep those pixels exactly
    std::string initialSha256, maskSha256;
    SourceTissue source;

    // Filled by resolve(): empty in a request that a user writes.
    std::string modelSha256, modelSettings, build; // settingsHash() of core/model

    bool operator==(const GenerateRequest&) const = default;
};

Json toJson(const GenerateRequest& request);                                        // format phloxine-request/1
GenerateRequest generateRequestFromJson(const Json& json, const std::string& what); // Error(Corrupt | WrongUse)
void validate(const GenerateRequest& request);                                      // Error(WrongUse) in one sentence

// Made with real pixels: the tile inherits their patient, and says so in its provenance.
bool isComposite(const GenerateRequest& request);

// Every file that a request names, with the hash that tells whether it is the one that was used.
struct RequestFile {
    const char* what; // "initial image", for messages
    std::filesystem::path* file;
    std::string* sha256;
};
std::vector<RequestFile> filesOf(GenerateRequest& request);
// Fills the hashes. Error(NotFound) when a file is missing, is not the one whose hash the request has, or is known by its hash alone,
// Error(Unsupported) when it is no file.
void resolveFiles(GenerateRequest& request);

// The request for tile i alone: count 1, seed + i; with a variation, its seed + i. It keeps its place in the batch.
GenerateRequest forTile(const GenerateRequest& request, int i);

// Whether `made`, resolved, can be what `wish` asked for: what the wish leaves open is taken from it, and the model may go by name or
// folder.
bool resolves(GenerateRequest wish, const GenerateRequest& made);

// The text form that A1111-like tools read: prompt, then "Steps: 20, Sampler: ..., CFG scale: ..., Seed: ...".
std::string parametersText(const GenerateRequest& resolved);

std::uint64_t randomSeed(); // < 2^53, from the operating system

} // namespace phloxine
