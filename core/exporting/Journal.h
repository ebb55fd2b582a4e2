#pragma once
// Internal to core/exporting: what has been exported, one JSON line per finished tile, so that a killed export goes on where it was.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/generate/GenerateRequest.h"
#include "core/image/Image.h"

namespace phloxine {

struct ExportedTile {
    std::string file; // below the export folder: "set/train/lung_aca/lung_aca-7.png"
    std::string className, split;
    GenerateRequest request; // resolved, for this tile alone
    std::string sha256;      // of the file
    Scale scale;
};

Json toJson(const ExportedTile& tile);

class Journal {
public:
    explicit Journal(const std::filesystem::path& folder); // reads journal.jsonl; lines that were cut off are dropped
    ~Journal();                                            // commits what it can
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    const ExportedTile* find(const std::string& file) const; // committed in an earlier run; nullptr when not
    void add(const ExportedTile& tile);                      // committed every 16 tiles
    void commit();                                           // tiles reach the disk before the lines that vouch for them

private:
    std::filesystem::path m_folder;
    int m_fd = -1;
    std::map<std::string, ExportedTile> m_known;
    std::vector<ExportedTile> m_pending;
};

} // namespace phloxine
