#pragma once
// Where the window remembers its geometry, theme and last folder: one INI file. The variable PHLOXINE_SETTINGS_DIR names another folder for
// it; QStandardPaths' test mode is honoured too.
#include <memory>

#include <QSettings>

#include "ui/widgets/Theme.h"

namespace phloxine::ui {

inline const QString themeSetting = QStringLiteral("window/theme");         // ThemeChoice
inline const QString sizeSetting = QStringLiteral("window/sizePercent");    // of text and controls, from the next start
inline const QString motionSetting = QStringLiteral("window/reduceMotion"); // no flicker, no smooth movement
inline const QString deviceSetting = QStringLiteral("jobs/device");         // auto, cpu, cuda, cuda:1
inline const QString recentProjectsSetting = QStringLiteral("project/recent"), recentSlidesSetting = QStringLiteral("slide/recent");
inline const QString askTrashSetting = QStringLiteral("library/askBeforeTrash");

void chooseTheme(ThemeChoice choice); // at once, and from now on
bool lessMotionByDefault();           // where the system animates nothing

QString settingsFile();
std::unique_ptr<QSettings> openSettings();
QStringList recentPaths(const QString& setting); // the last used first
void rememberPath(const QString& setting, const QString& path);

// The size of text and controls that was chosen becomes Qt's scale factor, unless somebody set that outside. Before the QApplication is
// made.
void applySizeSetting();

} // namespace phloxine::ui
