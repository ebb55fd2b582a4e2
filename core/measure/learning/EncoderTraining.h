#pragma once
// An encoder turns a tile into a fingerprint that knows the same tissue again however it lies and is stained. One is embedded; this trains
// one on a user's own tissue.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/Json.h"
#include "core/base/Progress.h"

namespace phloxine {

struct EncoderRequest {
    std::filesystem::path data; // a set of tiles, one folder per class
    std::string groupPattern;   // as in TileSetOptions
    std::string holdOut;        // regular expression over the group: what it finds trains nothing and is measured afterwards; empty: none
    std::string dataWords;      // what the tiles are, for the file: "LC25000, groups ..."
    int steps = 2500;
    int batch = 128; // pairs of tiles of one group
    std::uint64_t seed = 1;
    std::string precision = "auto"; // "fp32", "bf16"
};

// How well fingerprints of held-out tiles do. Shares are 0..1.
struct EncoderFigures {
    int tiles = 0, groups = 0, classes = 0;
    double itself = 0;        // a changed tile (turned, cut, stained, blurred, stored as JPEG) is nearest to its original, of all tiles
    double itsGroup = 0;      // the same, or nearest to another tile of its group
    double sameGroup = 0;     // a tile's nearest other tile is of its group; over tiles whose group has others
    int withOthers = 0;       // the number of these
    double classAccuracy = 0; // class accuracy of the linear head
};

struct EncoderReport {
    int tiles = 0, groups = 0, steps = 0; // trained on
    double loss = 0;                      // mean of the last tenth
    EncoderFigures heldOut;               // tiles == 0: nothing was held out
    std::string sha256;                   // of the file
};

Json toJson(const EncoderReport& report);

// Never overwrites `out`. Error(WrongUse | Exists | Nan | ...); the hook may throw Cancelled.
EncoderReport trainEncoder(const EncoderRequest& request, const std::filesystem::path& out, const ProgressHook& progress = {},
                           const std::string& device = "cpu");

// What an encoder's file says of itself: format, architecture, training data, figures. Error(NotFound | Corrupt | Unsupported).
std::map<std::string, std::string> encoderInfo(const std::filesystem::path& file);
std::filesystem::path embeddedEncoderFile();

} // namespace phloxine
