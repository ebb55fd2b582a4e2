#include "core/tensor/MappedFile.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <mutex>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace {

struct MappedRanges {
    std::mutex mutex;
    std::map<const std::byte*, const std::byte*> ends; // begin -> end
};

MappedRanges& mappedRanges() {
    static auto* ranges = new MappedRanges; // tensors may outlive every static
    return *ranges;
}

} // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const auto name = path.filename().string();
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not block the open
    if (fd < 0) throwFileError(errno, "read", path);
    struct stat status {};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(fd);
        throw Error(ErrorCode::NotAModel, path.string() + " is not an ordinary file; give the file with the weights.");
    }
    if (status.st_size == 0) {
        ::close(fd);
        throw Error(ErrorCode::Truncated, "The file " + name + " is empty; get it again.");
    }
    void* data = mmap(nullptr, std::size_t(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    if (data == MAP_FAILED)
        throw Error(ErrorCode::OutOfMemory, "The file " + name + " cannot be mapped into memory: " + std::strerror(errno) + ".");
    auto file = std::shared_ptr<MappedFile>(new MappedFile);
    file->m_data = static_cast<const std::byte*>(data);
    file->m_size = std::size_t(status.st_size);
    const std::lock_guard lock(mappedRanges().mutex);
    mappedRanges().ends[file->m_data] = file->m_data + file->m_size;
    return file;
}

MappedFile::~MappedFile() {
    if (!m_data) return;
    const std::lock_guard lock(mappedRanges().mutex);
    mappedRanges().ends.erase(m_data);
    munmap(const_cast<std::byte*>(m_data), m_size);
}

void MappedFile::release(const void* begin, std::size_t bytes) {
    auto& ranges = mappedRanges();
    const std::lock_guard lock(ranges.mutex);
    const auto* first = static_cast<const std::byte*>(begin);
    auto range = ranges.ends.upper_bound(first);
    if (range == ranges.ends.begin()) return;
    if (--range; first + bytes > range->second) return; // not ours: anonymous memory would lose its values
    // Whole pages only; the neighbours' share of the outer ones stays.
    const auto page = std::uintptr_t(sysconf(_SC_PAGESIZE));
    const auto from = (reinterpret_cast<std::uintptr_t>(begin) + page - 1) / page * page;
    const auto to = (reinterpret_cast<std::uintptr_t>(begin) + bytes) / page * page;
    if (to > from) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

} // namespace phloxine
