#include "ui/shell/settings.h"

#include <QApplication>
#include <QDir>
#include <QStandardPaths>
#include <QStyle>

namespace phloxine::ui {

void chooseTheme(ThemeChoice choice) {
    applyTheme(choice);
    openSettings()->setValue(themeSetting, int(choice));
}

bool lessMotionByDefault() { return QApplication::style()->styleHint(QStyle::SH_Widget_Animation_Duration) == 0; }

QString settingsFile() {
    QString folder = qEnvironmentVariable("PHLOXINE_SETTINGS_DIR");
    if (folder.isEmpty()) folder = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) + QStringLiteral("/phloxine");
    return QDir(folder).filePath(QStringLiteral("window.ini"));
}

std::unique_ptr<QSettings> openSettings() { return std::make_unique<QSettings>(settingsFile(), QSettings::IniFormat); }

QStringList recentPaths(const QString& setting) { return openSettings()->value(setting).toStringList(); }

void rememberPath(const QString& setting, const QString& path) {
    constexpr int most = 8;
    QStringList paths = recentPaths(setting);
    paths.removeAll(path);
    paths.prepend(path);
    openSettings()->setValue(setting, paths.mid(0, most));
}

void applySizeSetting() {
    const int percent = openSettings()->value(sizeSetting, 100).toInt();
    if (percent <= 100 || percent > 200 || qEnvironmentVariableIsSet("QT_SCALE_FACTOR")) return;
    qputenv("QT_SCALE_FACTOR", QByteArray::number(percent / 100.0));
}

} // namespace phloxine::ui
