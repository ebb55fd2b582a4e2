// Slides and their region files on disk.
#include <algorithm>
#include <set>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/region/cut_tiles.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

bool isHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool isNote(const fs::path& file) { // what lies beside slides and is none; saves opening it
    static const std::set<std::string> endings{".geojson", ".json", ".xml", ".jsonl", ".txt", ".csv", ".md"};
    return endings.contains(file.extension().string());
}

// Files of one DICOM slide show the same picture.
class SeenDicom {
public:
    bool isNew(SlideSource& slide, const fs::path& file) {
        const auto view = overview(slide, 64, 64);
        return m_seen.insert({file.parent_path(), view.rgb}).second;
    }

private:
    std::set<std::pair<fs::path, std::vector<std::uint8_t>>> m_seen;
};

fs::path regionsOf(const fs::path& slide, const fs::path& regionsFolder) {
    const auto folder = regionsFolder.empty() ? slide.parent_path() : regionsFolder;
    std::vector<fs::path> found;
    for (const auto& name : {slide.stem().string(), slide.filename().string()})
        for (const auto* ending : {".geojson", ".xml"})
            if (isThere(folder / (name + ending))) found.push_back(folder / (name + ending));
    if (found.size() > 1)
        throw Error(ErrorCode::WrongUse, "It has two region files, " + found[0].filename().string() + " and " +
                                             found[1].filename().string() + "; keep one of them.");
    return found.empty() ? fs::path() : found.front();
}

void addFolder(const fs::path& folder, const fs::path& out, std::vector<fs::path>& files) {
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied); entry != fs::end(entry);
         ++entry) {
        if (entry->is_directory(error)) {
            if (isHidden(entry->path()) || fs::equivalent(entry->path(), out, error)) entry.disable_recursion_pending();
        } else if (entry->is_regular_file(error) && !isHidden(entry->path())) files.push_back(entry->path());
    }
}

} // namespace

SlideSearch findSlides(const std::vector<fs::path>& paths, const fs::path& regionsFolder, const fs::path& out) {
    if (!regionsFolder.empty() && !isFolder(regionsFolder))
        throw Error(ErrorCode::NotFound,
                    "The folder " + plainText(regionsFolder.filename().string()) + " of region files was not found; correct --regions.");
    SlideSearch search;
    std::set<fs::path> named;
    const auto own = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); }; // named twice is cut once
    std::vector<fs::path> files;
    for (const auto& path : paths) {
        if (!isThere(path))
            throw Error(ErrorCode::NotFound, plainText(path.string()) + " was not found; name slides or folders of slides.");
        if (isFolder(path)) addFolder(own(path), out, files);
        else files.push_back(own(path)), named.insert(own(path));
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    SeenDicom dicom;
    for (const auto& file : files) {
        if (!named.contains(file) && isNote(file)) continue;
        try {
            const auto slide = openSlide(file);
            if (slide->info().vendor == "dicom" && !dicom.isNew(*slide, file)) continue;
            search.slides.push_back({file, regionsOf(file, regionsFolder)});
        } catch (const Error& e) {
            if (e.code() == ErrorCode::Unsupported && !named.contains(file)) ++search.otherFiles;
            else search.faults.push_back({plainText(file.filename().string()), e.what(), e.code()});
        }
    }
    return search;
}

} // namespace phloxine
