#include "ui/bridge/project_folder.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <QStandardPaths>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/generate/Generator.h"
#include "core/project/Project.h"

namespace phloxine::ui {

QString firstProjectFolder() {
    const QString tiles = qEnvironmentVariable("PHLOXINE_TILES");
    return tiles.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) : tiles;
}

QString projectFolderOf(const QString& path) {
    const QString clean = QDir::cleanPath(QDir(path).absolutePath());
    return QFileInfo(clean).fileName() == QLatin1String("tiles") ? QFileInfo(clean).path() : clean;
}

QString prepareProjectFolder(const QString& path) {
    namespace fs = std::filesystem;
    const QString folder = projectFolderOf(path);
    const fs::path root = folder.toStdString();
    // PHLOXINE_TILES names the folder that the files themselves lie in, also before there are any.
    const bool asked = folder == QDir::cleanPath(qEnvironmentVariable("PHLOXINE_TILES"));
    if (Project::isOne(root) || isThere(root / "tiles")) return folder;
    if (!asked && QDir(folder).entryList({QStringLiteral("*.png")}, QDir::Files).isEmpty()) return folder;
    makeWritableFolder(root);
    std::error_code problem;
    fs::create_directory_symlink(".", root / "tiles", problem);
    if (problem) throwFileError(problem.value(), "make a project of", root);
    return folder;
}

bool holdsTiles(const QString& path) {
    constexpr int mostTried = 50;
    const QString folder = projectFolderOf(path);
    if (Project::isOne(folder.toStdString())) return true;
    int tried = 0;
    for (QDirIterator files(folder, {QStringLiteral("*.png")}, QDir::Files); files.hasNext() && tried < mostTried; ++tried) try {
            (void)requestFromPng(files.next().toStdString());
            return true;
        } catch (const Error&) {} // a picture of something else
    return false;
}

} // namespace phloxine::ui
