#pragma once
// What the export dialog asks before it starts: plain functions, so that tests need no dialog.
#include <map>
#include <vector>

#include <QSet>
#include <QString>

#include "core/exporting/ExportPlan.h"
#include "core/project/Project.h"
#include "ui/bridge/TileRecord.h"

namespace phloxine::ui {

enum class FolderState { NotChosen, WillBeMade, Empty, Resumable, Foreign, NotAFolder, ReadOnly };

QString nearestFolder(const QString& path); // itself or the first parent that is there
FolderState folderState(const QString& folder);
bool blocks(FolderState state);
QString sentence(FolderState state);

// "Lung, SCC" -> "lung_scc": what a folder name of a set may hold.
QString sanitisedClassName(const QString& name);

ExportPlan planFor(const QString& title, const std::vector<TileRecord>& tiles);
std::map<QString, int> classCounts(const std::vector<TileRecord>& tiles); // by class id; "prompt" for tiles from a text
qint64 bytesNeeded(const std::vector<TileRecord>& tiles);
int rejectedTiles(const std::vector<TileRecord>& tiles, const QSet<QString>& rejected); // `rejected`: paths
std::vector<TileRecord> withoutRejected(std::vector<TileRecord> tiles, const QSet<QString>& rejected);
QSet<QString> rejectedFiles(const Project& project);    // paths; on the project's thread
int unsavedTiles(const std::vector<TileRecord>& tiles); // tiles whose file is not there

} // namespace phloxine::ui
