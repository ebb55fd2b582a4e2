#pragma once
// The stored (uncompressed) members of a zip archive, as torch.save writes them. Every offset and size is checked against the file.
#include <map>
#include <memory>
#include <span>
#include <string>

#include "core/tensor/MappedFile.h"

namespace phloxine {

using ZipMembers = std::map<std::string, std::span<const std::byte>>;

bool looksLikeZip(const MappedFile& file);
// Error(Truncated | Corrupt | Unsafe for names that climb out of the archive | Unsupported for compressed members).
ZipMembers readZip(const MappedFile& file, const std::string& name);

} // namespace phloxine
