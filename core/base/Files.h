#pragma once
// Files that are never half written and never overwrite another: a temporary name in the same folder, then a rename that refuses to
// replace.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace phloxine {

enum class IfExists { Fail, Replace };
enum class Durability { Plain, Synced }; // Synced: fsync of the file and of its folder before returning

// Throws Error(Exists | DiskFull | ReadOnly | NotFound | Internal) with the file's name and what to do.
void writeFileAtomically(const std::filesystem::path& path, std::span<const std::byte> bytes, IfExists ifExists = IfExists::Fail,
                         Durability durability = Durability::Plain);
void writeFileAtomically(const std::filesystem::path& path, std::string_view text, IfExists ifExists = IfExists::Fail,
                         Durability durability = Durability::Plain);

// The same for what is too large to be held at once: `produce` hands its bytes over piece by piece. What it throws leaves nothing behind.
using Sink = std::function<void(std::span<const std::byte>)>;
void writeFileInPieces(const std::filesystem::path& path, const std::function<void(const Sink&)>& produce,
                       IfExists ifExists = IfExists::Fail, Durability durability = Durability::Plain);

// Throws the Error that fits `errnoValue`, in one sentence: "Cannot <verb> <path>: the disk is full. Free some space and try again."
[[noreturn]] void throwFileError(int errnoValue, std::string_view verb, const std::filesystem::path& path);

// How the temporary names begin; a file that still has one was left by a program that was killed.
inline constexpr std::string_view temporaryPrefix = ".phloxine-tmp-";

// Like std::filesystem's, but never throwing: false also for a path that the system does not let us look at, or that is no path.
// Whether a text can name a file in any folder: no separators, no control characters, not "." in front, at most 200 bytes.
bool isBareName(std::string_view name);

bool isThere(const std::filesystem::path& path);
bool isFolder(const std::filesystem::path& path);

// The whole file; refuses more than `limitBytes` before allocating. Error(NotFound | Corrupt).
std::string readFile(const std::filesystem::path& path, std::uint64_t limitBytes = 256u << 20);

// Makes the folder (and its parents) and proves that files can be written there. Error(ReadOnly | DiskFull | Exists when it is a file).
void makeWritableFolder(const std::filesystem::path& folder);

// Throws Error(DiskFull) when less than `bytes` are free where `folder` lies (it need not exist yet).
void requireFreeSpace(const std::filesystem::path& folder, std::uint64_t bytes);

// Exclusive lock of a folder (flock on `<folder>/.phloxine-lock`), released when the value or the process goes. Error(Busy) when another
// program has it.
class FolderLock {
public:
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int m_fd = -1;
};

} // namespace phloxine
