#pragma once
// Which folder is the project that a path means.
#include <QString>

namespace phloxine::ui {

// PHLOXINE_TILES, a folder for tiles, else the folder of the program's data, whose tiles/ has always held what was made.
QString firstProjectFolder();

// Of a folder that is called tiles the one around it; else the folder itself.
QString projectFolderOf(const QString& path);

// The same, for opening: a folder in which tiles lie beside each other gets a link `tiles` to itself, so that they are taken in where they
// are. Error(ReadOnly) where that cannot be made.
QString prepareProjectFolder(const QString& path);

// There is a project, or there are tiles of Phloxine: opening it makes nothing where nobody wants it.
bool holdsTiles(const QString& path);

} // namespace phloxine::ui
