#include "ui/shell/settings.h"

#include <QDir>
#include <QStandardPaths>

namespace phloxine::ui {

QString settingsFile() {
    QString folder = qEnvironmentVariable("PHLOXINE_SETTINGS_DIR");
    if (folder.isEmpty()) folder = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) + QStringLiteral("/phloxine");
    return QDir(folder).filePath(QStringLiteral("window.ini"));
}

std::unique_ptr<QSettings> openSettings() { return std::make_unique<QSettings>(settingsFile(), QSettings::IniFormat); }

} // namespace phloxine::ui
