#pragma once
// The members of a zip archive, as torch.save writes them: stored, not compressed. Every offset and size is checked against the file, and
// no two members share a byte.
#include <map>
#include <memory>
#include <span>
#include <string>

#include "core/tensor/MappedFile.h"

namespace phloxine {

struct ZipMember {
    std::span<const std::byte> bytes;
    bool unreadable = false; // compressed or encrypted: `bytes` are of no use
};
using ZipMembers = std::map<std::string, ZipMember>;

bool looksLikeZip(const MappedFile& file);
// Error(Truncated | Corrupt | Unsafe for names that climb out of the archive).
ZipMembers readZip(const MappedFile& file, const std::string& name);

} // namespace phloxine
