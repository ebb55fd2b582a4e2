#include "core/base/Files.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/Error.h"

namespace phloxine {

namespace fs = std::filesystem;

void throwFileError(int errnoValue, std::string_view verb, const fs::path& path) {
    const std::string start = "Cannot " + std::string(verb) + " " + path.string() + ": ";
    const std::string details = std::strerror(errnoValue);
    switch (errnoValue) {
    case ENOSPC:
    case EDQUOT:
        throw Error(ErrorCode::DiskFull, start + "the disk is full. Free some space and try again.", details);
    case EROFS:
        throw Error(ErrorCode::ReadOnly, start + "the disk is read-only. Choose another folder.", details);
    case EACCES:
    case EPERM:
        throw Error(ErrorCode::ReadOnly, start + "access is denied. Choose another folder or change its permissions.", details);
    case EEXIST:
        throw Error(ErrorCode::Exists, start + "it exists already and is not overwritten. Choose another name.", details);
    case ENOENT:
        throw Error(ErrorCode::NotFound, start + "it does not exist.", details);
    case ENOTDIR:
        throw Error(ErrorCode::NotFound, start + "a part of the path is a file, not a folder. Choose another folder.", details);
    case EISDIR:
        throw Error(ErrorCode::WrongUse, start + "it is a folder, not a file.", details);
    case ENAMETOOLONG:
        throw Error(ErrorCode::WrongUse, start + "the name is too long. Choose a shorter one.", details);
    default:
        throw Error(ErrorCode::Internal, start + details + ".");
    }
}

namespace {

class Fd {
public:
    explicit Fd(int fd) : m_fd(fd) {}
    ~Fd() {
        if (m_fd >= 0) ::close(m_fd);
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return m_fd; }
    // Some file systems (NFS, quotas) report a full disk only here.
    int close() { return ::close(std::exchange(m_fd, -1)); }

private:
    int m_fd;
};

fs::path folderOf(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// Creates an own, new file beside `path`. Not mkstemp: that gives mode 0600, and others in a group should read the results.
std::pair<int, fs::path> openTemporary(const fs::path& path) {
    static std::atomic<unsigned> counter = 0;
    for (;;) {
        const std::string name = std::string(temporaryPrefix) + std::to_string(::getpid()) + "-" + std::to_string(counter++);
        fs::path temporary = folderOf(path) / name;
        const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) return {fd, temporary};
        if (errno != EEXIST) throwFileError(errno, "write", path);
    }
}

int writeAll(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        bytes = bytes.subspan(std::size_t(n));
    }
    return 0;
}

// 0 or errno. Without RENAME_NOREPLACE (NFS, FAT, some FUSE) a hard link refuses an existing name just as well; where neither is
// known, a name reserved with O_EXCL is ours to replace.
int renameWithoutReplacing(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return errno;
    if (::link(from.c_str(), to.c_str()) == 0) {
        ::unlink(from.c_str());
        return 0;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return errno;
    Fd reserved(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (reserved.get() < 0) return errno;
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

void syncFolder(const fs::path& folder) {
    Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() >= 0) ::fsync(fd.get()); // some file systems refuse to sync a folder; the file itself is safe then
}

} // namespace

void writeFileAtomically(const fs::path& path, std::span<const std::byte> bytes, IfExists ifExists, Durability durability) {
    writeFileInPieces(
        path, [&](const Sink& sink) { sink(bytes); }, ifExists, durability);
}

void writeFileInPieces(const fs::path& path, const std::function<void(const Sink&)>& produce, IfExists ifExists, Durability durability) {
    std::error_code ignored;
    if (ifExists == IfExists::Fail && fs::exists(fs::symlink_status(path, ignored))) throwFileError(EEXIST, "write", path);
    auto [rawFd, temporary] = openTemporary(path);
    Fd fd(rawFd);
    int problem = 0;
    try {
        produce([&](std::span<const std::byte> bytes) {
            if ((problem = writeAll(fd.get(), bytes))) throwFileError(problem, "write", path);
        });
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    if (!problem && durability == Durability::Synced && ::fsync(fd.get()) != 0) problem = errno;
    if (fd.close() != 0 && !problem) problem = errno;
    if (!problem) {
        if (ifExists == IfExists::Replace) problem = ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
        else problem = renameWithoutReplacing(temporary, path);
    }
    if (problem) {
        ::unlink(temporary.c_str());
        throwFileError(problem, "write", path);
    }
    if (durability == Durability::Synced) syncFolder(folderOf(path));
}

void writeFileAtomically(const fs::path& path, std::string_view text, IfExists ifExists, Durability durability) {
    writeFileAtomically(path, std::as_bytes(std::span(text)), ifExists, durability);
}

bool isBareName(std::string_view name) {
    if (name.empty() || name.size() > 200 || name.front() == '.') return false;
    return std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 32 || c == 127 || c == '/' || c == '\\' || c == ':'; });
}

bool isThere(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

bool isFolder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

std::string readFile(const fs::path& path, std::uint64_t limitBytes) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); // a pipe must not block the open
    if (fd.get() < 0) throwFileError(errno, "read", path);
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0) throwFileError(errno, "read", path);
    if (S_ISDIR(status.st_mode)) throwFileError(EISDIR, "read", path);
    if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::Corrupt, "Cannot read " + path.string() + ": it is not an ordinary file.");
    if (std::uint64_t(status.st_size) > limitBytes)
        throw Error(ErrorCode::Corrupt, "Cannot read " + path.string() + ": it has " + std::to_string(status.st_size) +
                                            " bytes, more than the " + std::to_string(limitBytes) + " expected of such a file.");
    std::string text(std::size_t(status.st_size), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = ::read(fd.get(), text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throwFileError(errno, "read", path);
        if (n == 0) break; // the file became shorter meanwhile
        done += std::size_t(n);
    }
    text.resize(done);
    return text;
}

void makeWritableFolder(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_directory(folder, error))
        throw Error(ErrorCode::Exists, "Cannot use " + folder.string() + " as a folder: it is a file. Choose another folder.");
    fs::create_directories(folder, error);
    if (error) throwFileError(error.value(), "make the folder", folder);
    auto [fd, probe] = openTemporary(folder / "probe"); // permission bits alone do not tell (read-only mounts, root)
    ::close(fd);
    ::unlink(probe.c_str());
}

void requireFreeSpace(const fs::path& folder, std::uint64_t bytes) {
    std::error_code error;
    fs::path existing = fs::absolute(folder, error);
    while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
    const fs::space_info space = fs::space(existing, error);
    if (error || space.capacity == 0) return; // not every file system tells; the write itself will
    if (space.available >= bytes) return;
    const auto megabytes = [](std::uint64_t n) { return std::to_string(n / 1000000 + 1) + " MB"; };
    throw Error(ErrorCode::DiskFull, "There is not enough space for " + folder.string() + ": " + megabytes(bytes) + " are needed, " +
                                         megabytes(space.available) + " are free. Free some space or choose another folder.");
}

FolderLock::FolderLock(const fs::path& folder) {
    const fs::path file = folder / ".phloxine-lock";
    m_fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (m_fd < 0) throwFileError(errno, "lock", folder);
    if (::flock(m_fd, LOCK_EX | LOCK_NB) == 0) return;
    const int problem = errno;
    ::close(m_fd);
    if (problem == EWOULDBLOCK)
        throw Error(ErrorCode::Busy,
                    "Another program is writing to " + folder.string() + ". Wait until it has finished or choose another folder.");
    throwFileError(problem, "lock", folder);
}

// The lock file stays: removing it would let two programs lock two different files of the same name.
FolderLock::~FolderLock() { ::close(m_fd); }

} // namespace phloxine
