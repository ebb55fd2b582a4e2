#include "ui/exporting/export_checks.h"

#include <algorithm>

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::ExportDialog)
};
QString classOf(const TileRecord& tile) {
    return tile.request.classId.empty() ? QStringLiteral("prompt") : QString::fromStdString(tile.request.classId);
}
} // namespace

QString nearestFolder(const QString& path) {
    QString folder = QDir::cleanPath(QDir::current().absoluteFilePath(path)); // an empty path is the current folder
    while (!QFileInfo(folder).isDir()) {
        const QString parent = QFileInfo(folder).absolutePath();
        if (parent == folder || parent.isEmpty()) break;
        folder = parent;
    }
    return folder;
}

FolderState folderState(const QString& folder) {
    if (folder.trimmed().isEmpty()) return FolderState::NotChosen;
    const QFileInfo info(folder);
    if (!info.exists()) return QFileInfo(nearestFolder(folder)).isWritable() ? FolderState::WillBeMade : FolderState::ReadOnly;
    if (!info.isDir()) return FolderState::NotAFolder;
    if (!info.isWritable()) return FolderState::ReadOnly;
    const QDir dir(folder);
    if (dir.isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)) return FolderState::Empty;
    // Whether it is the same set is for the export itself to say: it compares the plans.
    return dir.exists(QStringLiteral("plan.json")) ? FolderState::Resumable : FolderState::Foreign;
}

bool blocks(FolderState state) {
    return state != FolderState::WillBeMade && state != FolderState::Empty && state != FolderState::Resumable;
}

QString sentence(FolderState state) {
    switch (state) {
    case FolderState::NotChosen:
        return Words::tr("No folder is chosen yet.");
    case FolderState::WillBeMade:
        return Words::tr("The folder will be made.");
    case FolderState::Empty:
        return Words::tr("The folder is empty.");
    case FolderState::Resumable:
        return Words::tr("The folder holds an export. The same set goes on, another one is refused.");
    case FolderState::Foreign:
        return Words::tr("The folder holds other files. Choose an empty one.");
    case FolderState::NotAFolder:
        return Words::tr("This is a file. Choose a folder.");
    case FolderState::ReadOnly:
        return Words::tr("This place cannot be written to. Choose another folder.");
    }
    return {};
}

QString sanitisedClassName(const QString& name) {
    QString clean;
    for (const QChar c : name.toLower()) {
        const bool allowed = (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'-' || c == u'_';
        if (allowed) clean.append(c);
        else if (!clean.isEmpty() && !clean.endsWith(u'_')) clean.append(u'_');
    }
    while (clean.endsWith(u'_')) clean.chop(1);
    return clean.isEmpty() ? QStringLiteral("tile") : clean;
}

ExportPlan planFor(const QString& title, const std::vector<TileRecord>& tiles) {
    ExportPlan plan;
    plan.title = title.trimmed().toStdString();
    for (const TileRecord& tile : tiles) {
        ExportItem item;
        item.className = sanitisedClassName(classOf(tile)).toStdString();
        item.split = "train";
        item.request = tile.request;
        item.file = tile.file.toStdString();
        plan.items.push_back(std::move(item));
    }
    return plan;
}

std::map<QString, int> classCounts(const std::vector<TileRecord>& tiles) {
    std::map<QString, int> counts;
    for (const TileRecord& tile : tiles) ++counts[classOf(tile)];
    return counts;
}

qint64 bytesNeeded(const std::vector<TileRecord>& tiles) {
    qint64 bytes = 0;
    for (const TileRecord& tile : tiles) bytes += QFileInfo(tile.file).size();
    return bytes + (qint64(1) << 20); // lists and hashes
}

int rejectedTiles(const std::vector<TileRecord>& tiles, const QSet<QString>& rejected) {
    return int(std::count_if(tiles.begin(), tiles.end(), [&](const TileRecord& tile) { return rejected.contains(tile.file); }));
}

std::vector<TileRecord> withoutRejected(std::vector<TileRecord> tiles, const QSet<QString>& rejected) {
    std::erase_if(tiles, [&](const TileRecord& tile) { return rejected.contains(tile.file); });
    return tiles;
}

// Under the name that a tile was saved by, and under the one that the system has for it.
QSet<QString> rejectedFiles(const Project& project) {
    TileFilter filter;
    filter.rejected = true;
    QSet<QString> files;
    for (const auto& tile : project.records(project.find(filter))) {
        const QFileInfo file(QString::fromStdString(project.fileOf(tile).string()));
        files << file.filePath() << file.absoluteFilePath() << file.canonicalFilePath();
    }
    return files;
}

int unsavedTiles(const std::vector<TileRecord>& tiles) {
    return int(std::count_if(tiles.begin(), tiles.end(),
                             [](const TileRecord& tile) { return tile.file.isEmpty() || !QFileInfo::exists(tile.file); }));
}

} // namespace phloxine::ui
