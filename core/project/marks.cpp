#include "core/project/marks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"

namespace phloxine {

namespace fs = std::filesystem;

void apply(const TileMarks& marks, TileOpinion& opinion) {
    opinion.star = marks.star.value_or(opinion.star);
    opinion.rejected = marks.rejected.value_or(opinion.rejected);
    opinion.tags.insert(marks.addTags.begin(), marks.addTags.end());
    for (const auto& tag : marks.removeTags) opinion.tags.erase(tag);
}

void appendMarks(const fs::path& file, const std::vector<std::string>& tiles, const TileMarks& marks) {
    std::string lines = "\n"; // a line that a crash cut off does not take the next with it
    for (const auto& tile : tiles) {
        Json line{{"tile", tile}};
        if (marks.star) line["star"] = *marks.star;
        if (marks.rejected) line["rejected"] = *marks.rejected;
        if (!marks.addTags.empty()) line["add"] = marks.addTags;
        if (!marks.removeTags.empty()) line["remove"] = marks.removeTags;
        lines += line.dump() + "\n";
    }
    const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) throwFileError(errno, "open", file);
    std::size_t written = 0;
    while (written < lines.size()) {
        const auto n = ::write(fd, lines.data() + written, lines.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            const int problem = errno;
            ::close(fd);
            throwFileError(problem, "write", file);
        }
        written += std::size_t(n);
    }
    const int result = ::fsync(fd), problem = errno;
    ::close(fd);
    if (result != 0) throwFileError(problem, "write", file);
}

std::map<std::string, TileOpinion> readMarks(const fs::path& file, int& unreadable) {
    std::map<std::string, TileOpinion> opinions;
    std::ifstream stream(file);
    for (std::string text; std::getline(stream, text);) {
        if (text.empty()) continue;
        try {
            const auto line = Json::parse(text);
            TileMarks marks;
            if (line.contains("star")) marks.star = line.at("star").get<bool>();
            if (line.contains("rejected")) marks.rejected = line.at("rejected").get<bool>();
            if (line.contains("add")) marks.addTags = line.at("add").get<std::vector<std::string>>();
            if (line.contains("remove")) marks.removeTags = line.at("remove").get<std::vector<std::string>>();
            apply(marks, opinions[line.at("tile").get<std::string>()]);
        } catch (const Json::exception&) { ++unreadable; }
    }
    return opinions;
}

} // namespace phloxine
