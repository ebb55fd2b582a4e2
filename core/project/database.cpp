#include "core/project/database.h"

#include <sqlite3.h>

#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr int applicationId = 0x50484c58; // "PHLX", for `file` and for telling strangers apart

// A row brings a database of version i to i + 1.
constexpr const char* migrations[] = {
    R"(CREATE TABLE tile (
         id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, model TEXT NOT NULL, model_sha256 TEXT NOT NULL, class TEXT NOT NULL,
         prompt TEXT NOT NULL, seed INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, made INTEGER NOT NULL,
         composite INTEGER NOT NULL, missing INTEGER NOT NULL DEFAULT 0, star INTEGER NOT NULL DEFAULT 0,
         rejected INTEGER NOT NULL DEFAULT 0, trashed INTEGER NOT NULL DEFAULT 0, nearest REAL,
         words TEXT NOT NULL); -- " lung squamous cell carcinoma ": lower case, a space before each word
       CREATE INDEX tile_made ON tile(trashed, made);
       CREATE TABLE tag (tile INTEGER NOT NULL REFERENCES tile(id) ON DELETE CASCADE, name TEXT NOT NULL, PRIMARY KEY (tile, name)) WITHOUT ROWID;
       CREATE INDEX tag_name ON tag(name);
       CREATE TABLE job (
         id INTEGER PRIMARY KEY, place INTEGER NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, value TEXT NOT NULL, state TEXT NOT NULL,
         message TEXT NOT NULL, done INTEGER NOT NULL, count INTEGER NOT NULL, added INTEGER NOT NULL, ended INTEGER NOT NULL);)",
};
constexpr int newestVersion = int(std::size(migrations));

void bringUpToDate(SQLite::Database& db, const fs::path& file) {
    const int id = db.execAndGet("PRAGMA application_id").getInt(), version = db.execAndGet("PRAGMA user_version").getInt();
    const bool empty = db.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (!empty && id != applicationId)
        throw Error(ErrorCode::Corrupt, "The file " + file.filename().string() + " is a database of another program.");
    if (version > newestVersion)
        throw Error(ErrorCode::Unsupported, "The project was last open in a newer Phloxine; open it there, or move " +
                                                file.filename().string() + " away: Phloxine makes it again from the tiles.");
    if (version == newestVersion) return;
    SQLite::Transaction transaction(db);
    for (int v = version; v < newestVersion; ++v) db.exec(migrations[v]);
    db.exec("PRAGMA application_id = " + std::to_string(applicationId));
    db.exec("PRAGMA user_version = " + std::to_string(newestVersion));
    transaction.commit();
}

// As a URI that SQLite reads without a lock or a log beside it: neither could be made in a folder that cannot be written.
std::string unchanging(const fs::path& file) {
    std::string uri = "file:";
    for (const char c : fs::absolute(file).string())
        if (c == '%' || c == '?' || c == '#') uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
        else uri += c;
    return uri + "?immutable=1";
}

} // namespace

void guarded(const fs::path& file, const std::function<void()>& work) {
    try {
        work();
    } catch (const SQLite::Exception& e) {
        const auto name = file.filename().string();
        switch (e.getErrorCode()) {
        case SQLITE_FULL:
            throw Error(ErrorCode::DiskFull, "The disk is full, so " + name + " could not be written; free some space.", e.what());
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            throw Error(ErrorCode::ReadOnly,
                        "The project cannot be changed, because " + name + " cannot be written; check the folder's rights.", e.what());
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error(ErrorCode::Busy, "Another program is at work on " + name + "; close it and try again.", e.what());
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            throw Error(ErrorCode::Corrupt, "The file " + name + " is damaged.", e.what());
        case SQLITE_IOERR:
            throw Error(ErrorCode::Internal, "Reading or writing " + name + " failed; check the disk, and open the project again.",
                        e.what());
        default:
            throw Error(ErrorCode::Internal, "The library of the project failed at " + name + ".", e.what());
        }
    }
}

std::unique_ptr<SQLite::Database> openDatabase(const fs::path& file, bool readOnly) {
    std::unique_ptr<SQLite::Database> db;
    guarded(file, [&] {
        if (readOnly && !isThere(file)) throw Error(ErrorCode::NotFound, "There is no " + file.filename().string() + " to read.");
        const auto name = readOnly ? unchanging(file) : file.string();
        const int flags = readOnly ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        db = std::make_unique<SQLite::Database>(name, flags, 2000);
        // Alone with the file, which the lock of the folder grants, the log needs no shared memory and works on network shares too.
        db->exec("PRAGMA locking_mode = EXCLUSIVE");
        if (!readOnly) db->exec("PRAGMA journal_mode = WAL"), db->exec("PRAGMA synchronous = FULL");
        db->exec("PRAGMA foreign_keys = ON");
        if (db->execAndGet("PRAGMA quick_check(1)").getString() != "ok")
            throw Error(ErrorCode::Corrupt, "The file " + file.filename().string() + " is damaged.");
        bringUpToDate(*db, file);
    });
    return db;
}

namespace {

// Sizes and dates of the database and its log: equal before and after copying, nobody wrote meanwhile.
std::vector<std::pair<std::uintmax_t, fs::file_time_type>> standOf(const fs::path& file) {
    std::vector<std::pair<std::uintmax_t, fs::file_time_type>> stand;
    for (const auto* suffix : {"", "-wal"}) {
        std::error_code none;
        stand.emplace_back(fs::file_size(file.string() + suffix, none), fs::last_write_time(file.string() + suffix, none));
    }
    return stand;
}

struct TemporaryFolder {
    fs::path path;
    TemporaryFolder() {
        auto name = (fs::temp_directory_path() / "phloxine-project-XXXXXX").string();
        if (!mkdtemp(name.data())) throwFileError(errno, "make", name);
        path = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

} // namespace

std::unique_ptr<SQLite::Database> openCopy(const fs::path& file) {
    const TemporaryFolder folder; // gone at the end: an open file stays readable without its name
    const auto copy = folder.path / file.filename();
    for (int attempt = 0; attempt < 20; ++attempt) {
        if (attempt) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const auto before = standOf(file);
        std::error_code problem, noLog;
        fs::copy_file(file, copy, fs::copy_options::overwrite_existing, problem);
        if (problem) throwFileError(problem.value(), "read", file);
        fs::copy_file(file.string() + "-wal", copy.string() + "-wal", fs::copy_options::overwrite_existing, noLog);
        if (noLog) fs::remove(copy.string() + "-wal", problem);
        if (standOf(file) != before) continue;
        auto db = openDatabase(copy, false);
        guarded(file, [&] { db->exec("PRAGMA query_only = ON"); });
        return db;
    }
    throw Error(ErrorCode::Busy, "Another window is changing the project all the time; wait until its run is done, and open it again.");
}

fs::path setAside(const fs::path& file) {
    for (int n = 1;; ++n) {
        const auto target = file.string() + ".damaged-" + std::to_string(n);
        if (isThere(target)) continue;
        for (const auto* suffix : {"", "-wal", "-shm"}) {
            std::error_code problem;
            if (isThere(file.string() + suffix)) fs::rename(file.string() + suffix, target + suffix, problem);
            if (problem) throwFileError(problem.value(), "rename", file.string() + suffix);
        }
        return target;
    }
}

} // namespace phloxine
