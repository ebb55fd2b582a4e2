#pragma once
// SHA-256 of large files, remembered on this machine while the file does not change, so that a model of gigabytes is read once only.
#include <filesystem>
#include <string>

namespace phloxine {

// Known by device, inode, size and the times of the last change, never by its path. Kept in the user's cache folder
// (XDG_CACHE_HOME/phloxine); without one the file is read each time. Safe from any thread. Error(NotFound).
std::string rememberedSha256(const std::filesystem::path& path);

} // namespace phloxine
