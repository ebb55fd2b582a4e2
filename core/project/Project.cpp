#include "core/project/Project.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "core/image/ImageFile.h"
#include "core/project/marks.h"
#include "core/project/project_state.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

Names pngsIn(const fs::path& folder) {
    Names names;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(folder, problem))
        if (entry.path().extension() == ".png") names.insert(entry.path().filename().string());
    return names;
}

// Width and height, which the first chunk of every PNG begins with.
std::pair<int, int> sizeOfPng(const fs::path& file) {
    unsigned char head[24] = {};
    std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(head), sizeof head);
    const auto number = [&](int at) { return head[at] << 24 | head[at + 1] << 16 | head[at + 2] << 8 | head[at + 3]; };
    return {number(16), number(20)};
}

std::int64_t dateMs(const fs::path& file) {
    struct stat info = {};
    if (::stat(file.c_str(), &info) != 0) throwFileError(errno, "read", file);
    return std::int64_t(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / 1000000;
}

// What the file itself says. Error(NotFound | Corrupt | Truncated).
TileRecord recordOf(const fs::path& file) {
    const auto request = requestFromPng(file);
    TileRecord tile;
    tile.file = file.filename().string(), tile.madeMs = dateMs(file);
    tile.model = request.model, tile.modelSha256 = request.modelSha256, tile.classId = request.classId, tile.prompt = request.prompt;
    tile.seed = request.seed, tile.composite = isComposite(request);
    std::tie(tile.widthPx, tile.heightPx) = sizeOfPng(file);
    return tile;
}

void insertTag(SQLite::Database& db, std::int64_t tile, const std::string& name) {
    SQLite::Statement row(db, "INSERT OR IGNORE INTO tag (tile, name) VALUES (?, ?)");
    SQLite::bind(row, tile, name);
    row.exec();
}

std::int64_t insert(SQLite::Database& db, const TileRecord& tile, const TileOpinion& opinion, bool trashed) {
    SQLite::Statement row(
        db, "INSERT INTO tile (file, model, model_sha256, class, prompt, seed, width, height, made, composite, star, rejected, "
            "trashed, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    SQLite::bind(row, tile.file, tile.model, tile.modelSha256, tile.classId, tile.prompt, std::int64_t(tile.seed), tile.widthPx,
                 tile.heightPx, tile.madeMs, int(tile.composite), int(opinion.star), int(opinion.rejected), int(trashed),
                 searchWords(tile.classId + " " + tile.prompt + " " + tile.model));
    row.exec();
    const auto id = db.getLastInsertRowid();
    for (const auto& tag : opinion.tags) insertTag(db, id, tag);
    return id;
}

struct Known {
    std::int64_t id;
    bool trashed, missing;
};
std::map<std::string, Known> knownTiles(SQLite::Database& db) {
    std::map<std::string, Known> known;
    for (SQLite::Statement row(db, "SELECT file, id, trashed, missing FROM tile ORDER BY file"); row.executeStep();)
        known.emplace_hint(known.end(), row.getColumn(0).getString(),
                           Known{row.getColumn(1).getInt64(), row.getColumn(2).getInt() != 0, row.getColumn(3).getInt() != 0});
    return known;
}

void setFlag(SQLite::Database& db, const char* column, std::int64_t id, bool value) {
    SQLite::Statement row(db, std::string("UPDATE tile SET ") + column + " = ? WHERE id = ?");
    SQLite::bind(row, int(value), id);
    row.exec();
}

} // namespace

void Project::State::requireWritable() const {
    if (locked)
        throw Error(ErrorCode::ReadOnly, "The project " + folder.filename().string() +
                                             " is open in another window, so here it can only be looked at; change it there.");
    if (readOnly)
        throw Error(ErrorCode::ReadOnly,
                    "The project " + folder.filename().string() +
                        " is open for reading alone, because its folder cannot be written; copy it elsewhere to change it.");
}

void Project::State::change(const std::function<void(SQLite::Database&)>& work) {
    requireWritable();
    guarded(file, [&] {
        SQLite::Transaction transaction(*db);
        work(*db);
        transaction.commit();
    });
}

bool Project::isOne(const fs::path& folder) { return isThere(folder / "project.sqlite") || isFolder(folder / "tiles"); }

Project::Project(const fs::path& folder, const ProgressHook& progress, const std::function<void(const std::string&)>& notice,
                 WhenLocked whenLocked)
    : m(std::make_unique<State>()) {
    const auto say = [&](const std::string& sentence) {
        if (notice) notice(sentence);
    };
    m->folder = folder, m->file = folder / "project.sqlite";
    try {
        for (const auto& part : {folder, folder / "tiles", folder / "trash"}) makeWritableFolder(part);
        m->lock.emplace(folder);
    } catch (const Error& e) {
        m->locked = e.code() == ErrorCode::Busy && whenLocked == WhenLocked::Read;
        if ((e.code() != ErrorCode::ReadOnly && !m->locked) || !isThere(m->file)) throw;
        m->readOnly = true;
        if (!m->locked) say("The folder of the project cannot be written, so it is open for reading alone.");
    }
    if (m->locked) {
        m->db = openCopy(m->file);
        say("The project is open in another window, so it is open for reading here. Close it there, and open it again to change it.");
        return;
    }
    try {
        m->db = openDatabase(m->file, m->readOnly);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::Corrupt || m->readOnly) throw;
        const auto kept = setAside(m->file);
        say("The library of the project was damaged. It is made again from the tiles; the old file was kept as " +
            kept.filename().string() + ", and the queue is lost.");
        m->db = openDatabase(m->file, false);
    }
    if (m->readOnly) return;
    // What ran when the program ended did not finish.
    m->change([](SQLite::Database& db) { db.exec("UPDATE job SET state = 'waiting' WHERE state = 'running'"); });
    const auto found = readFolder(progress);
    for (const auto& fault : found.faults) say(fault);
}

Project::~Project() = default;

const fs::path& Project::folder() const { return m->folder; }
fs::path Project::tilesFolder() const { return m->folder / "tiles"; }
fs::path Project::fileOf(const TileRecord& tile) const { return m->folder / (tile.trashed ? "trash" : "tiles") / tile.file; }
bool Project::readOnly() const { return m->readOnly; }

std::int64_t Project::add(const fs::path& file) {
    const auto name = file.filename().string();
    if (file.parent_path() != tilesFolder())
        throw Error(ErrorCode::WrongUse, "The tile " + name + " lies outside the tiles of the project; copy it there first.");
    std::int64_t id = 0;
    const auto tile = recordOf(file);
    m->change([&](SQLite::Database& db) {
        SQLite::Statement known(db, "SELECT id FROM tile WHERE file = ?");
        known.bind(1, name);
        if (!known.executeStep()) {
            id = insert(db, tile, {}, false);
            return;
        }
        id = known.getColumn(0).getInt64(); // made again: back from the trash
        setFlag(db, "trashed", id, false), setFlag(db, "missing", id, false);
    });
    std::error_code ignored;
    fs::remove(m->folder / "trash" / name, ignored);
    return id;
}

FoundTiles Project::readFolder(const ProgressHook& progress) {
    FoundTiles found;
    const auto tiles = pngsIn(tilesFolder()), trash = pngsIn(m->folder / "trash");
    auto known = guardedValue<std::map<std::string, Known>>(m->file, [&] { return knownTiles(*m->db); });
    std::vector<fs::path> fresh;
    for (const auto& name : tiles)
        if (!known.contains(name)) fresh.push_back(tilesFolder() / name);
    for (const auto& name : trash)
        if (!known.contains(name) && !tiles.contains(name)) fresh.push_back(m->folder / "trash" / name);
    int unreadable = 0;
    const auto opinions = fresh.empty() ? std::map<std::string, TileOpinion>() : readMarks(m->folder / "marks.jsonl", unreadable);
    if (unreadable) found.faults.push_back(std::to_string(unreadable) + " lines of marks.jsonl could not be read and were left out.");
    std::size_t done = 0;
    const auto isTrash = [&](const fs::path& file) { return file.parent_path() == m->folder / "trash"; };
    // In pieces, so that a stop keeps what has been read.
    constexpr std::size_t piece = 500;
    for (std::size_t begin = 0; begin < fresh.size(); begin += piece)
        m->change([&](SQLite::Database& db) {
            for (std::size_t i = begin; i < std::min(begin + piece, fresh.size()); ++i) {
                if (progress && done % 50 == 0) progress({"Reading the tiles of the project", double(done) / double(fresh.size())});
                ++done;
                try {
                    const auto tile = recordOf(fresh[i]);
                    const auto opinion = opinions.find(tile.file);
                    insert(db, tile, opinion == opinions.end() ? TileOpinion{} : opinion->second, isTrash(fresh[i]));
                    ++found.added;
                } catch (const Error& e) {
                    found.faults.push_back("The file " + plainText(fresh[i].filename().string()) +
                                           " is no tile of the library: " + e.what());
                }
            }
        });
    m->change([&](SQLite::Database& db) {
        for (const auto& [name, tile] : known) {
            const bool inTiles = tiles.contains(name), inTrash = trash.contains(name), missing = !inTiles && !inTrash;
            if (missing != tile.missing) setFlag(db, "missing", tile.id, missing), ++(missing ? found.missing : found.back);
            if (!missing && tile.trashed == inTiles) setFlag(db, "trashed", tile.id, !inTiles);
        }
    });
    return found;
}

namespace {

std::vector<std::string> filesOf(const std::vector<TileRecord>& tiles) {
    std::vector<std::string> files;
    for (const auto& tile : tiles) files.push_back(tile.file);
    return files;
}

} // namespace

void Project::mark(std::span<const std::int64_t> ids, const TileMarks& marks) {
    m->requireWritable();
    const auto tiles = records(ids);
    if (tiles.empty()) return;
    appendMarks(m->folder / "marks.jsonl", filesOf(tiles), marks);
    m->change([&](SQLite::Database& db) {
        for (const auto& tile : tiles) {
            if (marks.star) setFlag(db, "star", tile.id, *marks.star);
            if (marks.rejected) setFlag(db, "rejected", tile.id, *marks.rejected);
            for (const auto& tag : marks.addTags) insertTag(db, tile.id, tag);
            SQLite::Statement gone(db, "DELETE FROM tag WHERE tile = ? AND name = ?");
            for (const auto& tag : marks.removeTags) SQLite::bind(gone, tile.id, tag), gone.exec(), gone.reset();
        }
    });
}

void Project::setNearest(std::int64_t id, double distance) {
    m->change([&](SQLite::Database& db) {
        SQLite::Statement row(db, "UPDATE tile SET nearest = ? WHERE id = ?");
        SQLite::bind(row, distance, id);
        row.exec();
    });
}

namespace {

// The files first: where a crash leaves the two apart, the next opening believes the files.
void moveFiles(const std::vector<TileRecord>& tiles, const fs::path& from, const fs::path& to) {
    for (const auto& tile : tiles) {
        if (!isThere(from / tile.file)) continue; // missing, or there already
        std::error_code problem;
        fs::rename(from / tile.file, to / tile.file, problem);
        if (problem) throwFileError(problem.value(), "move", from / tile.file);
    }
}

} // namespace

void Project::moveToTrash(std::span<const std::int64_t> ids) {
    m->requireWritable();
    const auto tiles = records(ids);
    moveFiles(tiles, tilesFolder(), m->folder / "trash");
    m->change([&](SQLite::Database& db) {
        for (const auto& tile : tiles) setFlag(db, "trashed", tile.id, true);
    });
}

void Project::restore(std::span<const std::int64_t> ids) {
    m->requireWritable();
    const auto tiles = records(ids);
    moveFiles(tiles, m->folder / "trash", tilesFolder());
    m->change([&](SQLite::Database& db) {
        for (const auto& tile : tiles) setFlag(db, "trashed", tile.id, false);
    });
}

int Project::emptyTrash() {
    m->requireWritable();
    TileFilter filter;
    filter.trash = true;
    const auto tiles = records(find(filter));
    for (const auto& tile : tiles) {
        std::error_code problem;
        fs::remove(fileOf(tile), problem);
        if (problem) throwFileError(problem.value(), "delete", fileOf(tile));
    }
    m->change([&](SQLite::Database& db) { db.exec("DELETE FROM tile WHERE trashed"); });
    return int(tiles.size());
}

} // namespace phloxine
