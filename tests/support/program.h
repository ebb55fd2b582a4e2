#pragma once
// Runs the built command line as a user would, in a folder of its own.
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>

namespace phloxine {

struct Outcome {
    int code = -1; // -1: did not end, or crashed
    QByteArray out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

inline QString program() { return qEnvironmentVariable("PHLOXINE_PROGRAM"); }

inline Outcome runProgram(const QStringList& arguments, const QString& folder, int seconds = 120) {
    QProcess process;
    process.setWorkingDirectory(folder);
    process.start(program(), arguments);
    if (!process.waitForFinished(seconds * 1000) || process.exitStatus() != QProcess::NormalExit) return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

} // namespace phloxine
