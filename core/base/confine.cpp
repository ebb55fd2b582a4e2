#include "core/base/confine.h"

#include <fcntl.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <vector>

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// The kernel's structure as it is now; an older kernel takes the beginning of it, and the system's header may be older still.
struct LandlockRules {
    std::uint64_t files = 0, network = 0, scoped = 0;
};
constexpr std::uint64_t truncateRight = 1u << 14, ioctlRight = 1u << 15;
constexpr std::uint64_t readRights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

int landlockVersion() { return int(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION)); }

LandlockRules everything(int version) {
    LandlockRules rules{(1u << 13) - 1, 0, 0};
    if (version >= 2) rules.files |= 1u << 13; // to move between folders
    if (version >= 3) rules.files |= truncateRight;
    if (version >= 4) rules.network = 3; // to bind and connect TCP
    if (version >= 5) rules.files |= ioctlRight;
    if (version >= 6) rules.scoped = 3; // abstract sockets and signals
    return rules;
}

void allowBelow(int ruleset, const fs::path& path, std::uint64_t rights) {
    const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return;
    struct stat status = {};
    if (::fstat(fd, &status) == 0) {
        if (!S_ISDIR(status.st_mode)) rights &= ~std::uint64_t(LANDLOCK_ACCESS_FS_READ_DIR);
        landlock_path_beneath_attr rule{};
        rule.allowed_access = rights, rule.parent_fd = fd;
        (void)::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    ::close(fd);
}

std::set<fs::path> foldersOfLibraries() {
    std::set<fs::path> folders;
    ::dl_iterate_phdr(
        [](dl_phdr_info* library, std::size_t, void* to) {
            std::error_code problem;
            const auto file = fs::canonical(library->dlpi_name, problem);
            if (!problem) static_cast<std::set<fs::path>*>(to)->insert(file.parent_path());
            return 0;
        },
        &folders);
    return folders;
}

void allowLibrariesAndDevices(int ruleset, std::uint64_t handled) {
    for (const auto& folder : foldersOfLibraries()) allowBelow(ruleset, folder, readRights);
    for (const char* path : {"/sys", "/proc/self", "/proc/driver", "/proc/devices", "/proc/cpuinfo", "/proc/meminfo", "/proc/modules"})
        allowBelow(ruleset, path, readRights);
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator("/dev", problem))
        if (const auto name = entry.path().filename().string(); name.starts_with("nvidia") || name == "dxg")
            allowBelow(ruleset, entry.path(), (readRights | LANDLOCK_ACCESS_FS_WRITE_FILE | ioctlRight) & handled);
}

bool closeByLandlock(StillOpen stillOpen) {
    const int version = landlockVersion();
    if (version < 1) return false;
    const auto rules = everything(version);
    const std::size_t size = version >= 6 ? sizeof rules : version >= 4 ? 2 * sizeof rules.files : sizeof rules.files;
    const int ruleset = int(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
    if (ruleset < 0) return false;
    if (stillOpen == StillOpen::LibrariesAndDevices) allowLibrariesAndDevices(ruleset, rules.files);
    const bool done = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    ::close(ruleset);
    return done;
}

#if defined(__x86_64__)

enum class Opening { None, Reading, ByLandlock };

constexpr unsigned refusedCalls[] = {
    // network and channels
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_io_uring_setup, SYS_io_uring_enter,
    SYS_io_uring_register,
    // other programs
    SYS_execve, SYS_execveat, SYS_fork, SYS_vfork, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill, SYS_tkill,
    SYS_rt_sigqueueinfo, SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open,
    SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key,
    // files, by ways that need no opening
    SYS_creat, SYS_openat2, SYS_open_by_handle_at, SYS_open_tree, SYS_truncate, SYS_ftruncate, SYS_fallocate, SYS_rename, SYS_renameat,
    SYS_renameat2, SYS_link, SYS_linkat, SYS_symlink, SYS_symlinkat, SYS_unlink, SYS_unlinkat, SYS_mkdir, SYS_mkdirat, SYS_rmdir, SYS_mknod,
    SYS_mknodat, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_chown, SYS_fchown, SYS_lchown, SYS_fchownat, SYS_utime, SYS_utimes, SYS_utimensat,
    SYS_futimesat, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr, SYS_mount, SYS_umount2,
    SYS_move_mount, SYS_fsopen, SYS_fsmount, SYS_chroot, SYS_pivot_root, SYS_swapon, SYS_swapoff, SYS_acct};

sock_filter statement(unsigned code, unsigned k) { return {std::uint16_t(code), 0, 0, k}; }
sock_filter jump(unsigned code, unsigned k, unsigned yes, unsigned no) {
    return {std::uint16_t(code), std::uint8_t(yes), std::uint8_t(no), k};
}
unsigned argument(int i) { return unsigned(offsetof(seccomp_data, args)) + 8 * unsigned(i); } // its lower half

std::vector<sock_filter> filterFor(Opening opening) {
    constexpr unsigned load = BPF_LD | BPF_W | BPF_ABS, equals = BPF_JMP | BPF_JEQ | BPF_K, has = BPF_JMP | BPF_JSET | BPF_K,
                       atLeast = BPF_JMP | BPF_JGE | BPF_K, give = BPF_RET | BPF_K;
    constexpr unsigned allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO | EPERM, unknown = SECCOMP_RET_ERRNO | ENOSYS;
    constexpr unsigned changes = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
    std::vector<sock_filter> f{statement(load, offsetof(seccomp_data, arch)),
                               jump(equals, AUDIT_ARCH_X86_64, 1, 0),
                               statement(give, SECCOMP_RET_KILL_PROCESS),
                               statement(load, offsetof(seccomp_data, nr)),
                               jump(atLeast, 0x40000000, 0, 1),
                               statement(give, refuse)}; // the numbers of x32
    const auto on = [&](unsigned call, const std::vector<sock_filter>& then) {
        f.push_back(jump(equals, call, 0, unsigned(then.size())));
        f.insert(f.end(), then.begin(), then.end());
    };
    for (const auto call : refusedCalls) on(call, {statement(give, refuse)});
    on(SYS_clone3, {statement(give, unknown)}); // its flags lie in memory; the C library then takes clone
    on(SYS_clone, {statement(load, argument(0)), jump(has, CLONE_THREAD, 0, 1), statement(give, allow), statement(give, refuse)});
    on(SYS_tgkill, {statement(load, argument(0)), jump(equals, unsigned(::getpid()), 0, 1), statement(give, allow), // abort()
                    statement(give, refuse)});
    for (const auto& [call, flags] : {std::pair<unsigned, int>{SYS_open, 1}, {SYS_openat, 2}}) {
        if (opening == Opening::None) on(call, {statement(give, refuse)});
        if (opening == Opening::Reading)
            on(call, {statement(load, argument(flags)), jump(has, changes, 0, 1), statement(give, refuse), statement(give, allow)});
    }
    f.push_back(statement(give, allow));
    return f;
}

bool closeByFilter(Opening opening) {
    auto instructions = filterFor(opening);
    sock_fprog program{std::uint16_t(instructions.size()), instructions.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}
bool filterIsOffered() {
    std::uint32_t action = SECCOMP_RET_ERRNO;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

#else // the numbers of the calls are those of x86-64

enum class Opening { None, Reading, ByLandlock };
bool closeByFilter(Opening) { return false; }
bool filterIsOffered() { return false; }

#endif

} // namespace

unsigned offeredLayers() {
    return (landlockVersion() >= 1 ? LandlockLayer : 0u) | (filterIsOffered() ? FilterLayer : 0u) | DescriptorLayer;
}

std::string layerWords(unsigned layers) {
    std::string words;
    for (const auto& [layer, word] :
         {std::pair{LandlockLayer, "landlock"}, std::pair{FilterLayer, "filter"}, std::pair{DescriptorLayer, "descriptors"}})
        if (layers & layer) words += (words.empty() ? "" : ", ") + std::string(word);
    return words;
}

unsigned confineThisProcess(StillOpen stillOpen, unsigned layers) {
    unsigned held = 0;
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); // without it a user may set neither of the next two
    if ((layers & LandlockLayer) && closeByLandlock(stillOpen)) held |= LandlockLayer;
    const auto opening = stillOpen == StillOpen::Nothing ? Opening::None : held ? Opening::ByLandlock : Opening::Reading;
    if ((layers & FilterLayer) && closeByFilter(opening)) held |= FilterLayer;
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &none); // nothing is written through what is open
    // With nothing left to open this costs nothing; a driver is held by it only where nothing else does.
    if ((layers & DescriptorLayer) && (stillOpen == StillOpen::Nothing || !held) && ::setrlimit(RLIMIT_NOFILE, &none) == 0)
        held |= DescriptorLayer;
    return held;
}

} // namespace phloxine
