#include "core/exporting/Journal.h"

#include <cerrno>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t tilesPerCommit = 16;

ExportedTile tileFromJson(const Json& json) {
    ExportedTile tile;
    tile.file = json.at("file").get<std::string>();
    tile.className = json.at("class").get<std::string>();
    tile.split = json.at("split").get<std::string>();
    tile.request = generateRequestFromJson(json.at("request"), "the export journal");
    tile.sha256 = json.at("sha256").get<std::string>();
    tile.scale = {json.at("microns_per_pixel").get<double>(), scaleSourceFrom(json.at("scale_source").get<std::string>())};
    return tile;
}

void syncToDisk(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return; // taken away meanwhile; the next run notices
    const int result = ::fsync(fd), problem = errno;
    ::close(fd);
    if (result != 0 && problem != EINVAL) throwFileError(problem, "write", path);
}

} // namespace

Json toJson(const ExportedTile& tile) {
    return {{"file", tile.file},
            {"class", tile.className},
            {"split", tile.split},
            {"sha256", tile.sha256},
            {"microns_per_pixel", tile.scale.micronsPerPixel},
            {"scale_source", toString(tile.scale.source)},
            {"request", toJson(tile.request)}};
}

Journal::Journal(const fs::path& folder) : m_folder(folder) {
    const fs::path path = folder / "journal.jsonl";
    std::size_t whole = 0; // bytes up to the last complete line
    if (fs::exists(path)) {
        const std::string text = readFile(path, 4ull << 30);
        for (std::size_t end; (end = text.find('\n', whole)) != std::string::npos; whole = end + 1) {
            try {
                ExportedTile tile = tileFromJson(parseJson(std::string_view(text).substr(whole, end - whole), "the export journal"));
                m_known.insert_or_assign(tile.file, std::move(tile));
            } catch (const std::exception& e) { // its tile is then verified by decoding, or made again
                logWarning(std::string("A line of the export journal is not usable and is left out: ") + e.what());
            }
        }
    }
    m_fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0666);
    if (m_fd < 0) throwFileError(errno, "write", path);
    if (::ftruncate(m_fd, off_t(whole)) != 0) { // a new line must not continue one that was cut off
        const int problem = errno;
        ::close(m_fd);
        throwFileError(problem, "write", path);
    }
}

Journal::~Journal() {
    try {
        commit();
    } catch (const std::exception& e) { logWarning(std::string("The export journal could not be completed: ") + e.what()); }
    ::close(m_fd);
}

const ExportedTile* Journal::find(const std::string& file) const {
    const auto found = m_known.find(file);
    return found == m_known.end() ? nullptr : &found->second;
}

void Journal::add(const ExportedTile& tile) {
    m_pending.push_back(tile);
    if (m_pending.size() >= tilesPerCommit) commit();
}

void Journal::commit() {
    if (m_pending.empty()) return;
    const std::vector<ExportedTile> tiles = std::move(m_pending);
    m_pending.clear();
    std::set<fs::path> folders;
    std::string lines;
    for (const ExportedTile& tile : tiles) {
        syncToDisk(m_folder / tile.file);
        folders.insert((m_folder / tile.file).parent_path());
        lines += toJson(tile).dump() + "\n";
    }
    for (const fs::path& folder : folders) syncToDisk(folder);
    for (std::size_t done = 0; done < lines.size();) {
        const ssize_t n = ::write(m_fd, lines.data() + done, lines.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throwFileError(errno, "write", m_folder / "journal.jsonl");
        done += std::size_t(n);
    }
    if (::fsync(m_fd) != 0) throwFileError(errno, "write", m_folder / "journal.jsonl");
}

} // namespace phloxine
