#pragma once
// A set of tiles on disk: a folder of images (class/name.png, or flat), or a metadata.jsonl that names them. What cannot be read is named
// and counted, never silently dropped.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

struct TileEntry {
    std::filesystem::path file;
    std::string name;      // relative to the set, what reports print
    std::string className; // empty where the set has no classes
    std::string group;  // field, slide or patient: tiles of one group are not independent. Never empty: without a record, the tile itself
    std::string prompt; // what was asked for, where known
    Scale scale;        // as the metadata or the file says
    std::string seed;   // of the generator, where known: tiles of one seed share their noise
    std::string model;  // id of the generator, where known
};

struct TileFault {
    std::string name, reason; // one sentence
};

struct TileSet {
    std::string name; // shown: "real", "our model"
    std::vector<TileEntry> tiles;
    std::vector<TileFault> faults; // files of the set that are no tiles
    bool groupsKnown = false;      // false: every tile counts as its own group, and reports say so
    std::string groupSource;       // "metadata.jsonl: group", "the file names", "none"
};

struct TileSetOptions {
    std::string name = {};
    std::string
        groupPattern; // regular expression over the file name, its first bracket is the group: "^g([0-9]+)_". Empty: from the metadata
};

// A folder, or a metadata.jsonl with a row per tile: file_name, and where known class | label, group | patient | slide | field, prompt,
// mpp. Tiles come sorted by name. Error(NotFound | WrongUse | Corrupt) when there is no tile at all or the metadata cannot be read.
TileSet readTileSet(const std::filesystem::path& path, const TileSetOptions& options = {});

std::vector<int> groupNumbers(const std::vector<TileEntry>& tiles); // 0.. in the order of first appearance
std::string contentSha256(const TileSet& set);                      // of the tiles' bytes in their order, whatever their names

// Each tile's pixels, in order. A tile that cannot be decoded, or is not of the size that most tiles have, becomes a fault and is never
// handed out; after the call it is no longer among `set.tiles`, so what `use` appends stays parallel to them.
void forEachTile(TileSet& set, const std::function<void(const TileEntry&, const Image&)>& use);

} // namespace phloxine
