#pragma once
// Where the window remembers its geometry, theme and last folder: one INI file. The variable PHLOXINE_SETTINGS_DIR names another folder for
// it; QStandardPaths' test mode is honoured too.
#include <memory>

#include <QSettings>

namespace phloxine::ui {

QString settingsFile();
std::unique_ptr<QSettings> openSettings();

} // namespace phloxine::ui
