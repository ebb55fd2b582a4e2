#pragma once
// marks.jsonl: what a person said about tiles, one line a change, only ever added to. Internal to core/project.
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "core/project/Project.h"

namespace phloxine {

struct TileOpinion { // all marks of a tile
    bool star = false, rejected = false;
    std::set<std::string> tags;
};

void apply(const TileMarks& marks, TileOpinion& opinion);
// One line for each file, on the disk before it returns.
void appendMarks(const std::filesystem::path& file, const std::vector<std::string>& tiles, const TileMarks& marks);
// By file name. Lines that cannot be read are left out and counted.
std::map<std::string, TileOpinion> readMarks(const std::filesystem::path& file, int& unreadable);

} // namespace phloxine
