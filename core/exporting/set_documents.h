#pragma once
// Internal to core/exporting: the files beside the tiles. Each is a function of the tiles alone (no date, no path), so a second run writes
// the same.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/exporting/Journal.h"
#include "core/model/ModelCard.h"

namespace phloxine {

struct SetFacts {
    std::string title, planSha256;
    std::map<std::string, std::optional<ModelCard>> models; // by id; empty when the card is not on this machine
};

std::string metadataLines(const std::vector<ExportedTile>& tiles, const std::string& split); // file_name is relative to set/<split>
Json manifest(const std::vector<ExportedTile>& tiles, const SetFacts& facts);                // format phloxine-export-manifest/1
std::string dataSetCard(const std::vector<ExportedTile>& tiles, const SetFacts& facts);      // README.md

} // namespace phloxine
