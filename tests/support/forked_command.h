#pragma once
// Runs a command in a child of this process. Its code, streams and end are those of `phloxine-commands`, without the 0.3 s that loading
// Torch takes at each start; what a fresh program, a signal or the files beside it decide is tested with runProgram().
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <QDeadlineTimer>
#include <QTemporaryDir>
#include <QThread>

#include "app/cli/Command.h"
#include "tests/support/program.h"

namespace phloxine {

inline Outcome runForked(const QStringList& arguments, const QString& folder, int seconds = 120) {
    const QTemporaryDir streams;
    const QByteArray names[] = {"/dev/null", streams.filePath("out").toLocal8Bit(), streams.filePath("err").toLocal8Bit()};
    std::fflush(nullptr);
    std::cout.flush();
    const pid_t child = fork();
    if (child == 0) {
        for (int stream = 0; stream < 3; ++stream)
            if (dup2(open(names[stream].constData(), stream ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600), stream) != stream) _exit(127);
        if (chdir(folder.toLocal8Bit().constData()) != 0) _exit(127);
        std::vector<QByteArray> words = {"phloxine"};
        for (const auto& argument : arguments) words.push_back(argument.toLocal8Bit());
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        std::exit(cli::runCommandLine(int(words.size()), argv.data()));
    }
    int status = 0;
    for (QDeadlineTimer deadline(seconds * 1000); waitpid(child, &status, WNOHANG) == 0; QThread::msleep(2))
        if (deadline.hasExpired()) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return {};
        }
    const auto read = [](const QByteArray& name) {
        QFile file(QString::fromLocal8Bit(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(names[1]), read(names[2])};
}

} // namespace phloxine
