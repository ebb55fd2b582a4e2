#pragma once
// Brings the window into a scene by what its user could do, waits until nothing is pending, and saves a picture of it.
#include <QStringList>

namespace phloxine::ui {
class JobBridge;
class MainWindow;
} // namespace phloxine::ui

namespace phloxine {

struct Screenshot {
    QString file, scene = QStringLiteral("generate");
    bool slideGiven = false; // one is being opened already
    QString comparison;      // a request as JSON, for the scene `compare`
    QString training;        // a run folder, for the scenes `train` and `training`
};

QStringList sceneNames();

// The exit status: 0, or 1 when the scene was not there in time or the picture could not be written.
int takeScreenshot(ui::MainWindow& window, ui::JobBridge& bridge, const Screenshot& wanted);

} // namespace phloxine
