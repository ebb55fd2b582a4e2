#pragma once
// Brings the window into a scene by the same calls as its user, waits until nothing is pending, and saves a picture of it.
#include <QString>

namespace phloxine::ui {
class MainWindow;
}

namespace phloxine {

struct Screenshot {
    QString file, scene = QStringLiteral("generate");
};

bool knownScene(const QString& scene);

// 0, or 1 when the picture could not be made in time or not be written.
int takeScreenshot(ui::MainWindow& window, const Screenshot& wanted, bool slideGiven);

} // namespace phloxine
