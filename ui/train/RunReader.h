#pragma once
// What lies in a run folder, for the page: the log as curves, pauses, samples, states, models. It knows nothing of the program that trains
// there, so that an old run, or one of the command line, is read in the same way. Used on other threads, by one of them at a time.
#include <cstdint>
#include <optional>
#include <vector>

#include <QDateTime>
#include <QString>

#include "ui/train/recipes.h"

namespace phloxine::ui {

struct LossBin { // a stretch of steps
    double images = 0, low = 0, high = 0, smooth = 0;
};
struct HeldOutLoss {
    double images = 0, loss = 0;
};
struct RunPause {
    double images = 0;
    double seconds = 0; // 0: not known
};
struct SampleSheet {
    std::int64_t images = 0;
    QString file;
    bool operator==(const SampleSheet&) const = default;
};

struct RunSnapshot {
    QString folder;
    QString problem; // why it cannot be shown, in one sentence
    std::optional<Recipe> recipe;
    std::vector<ShownClass> classes;
    std::vector<LossBin> curve;
    double typicalLow = 0, typicalHigh = 0; // what most steps lie between
    std::vector<HeldOutLoss> heldOut;
    std::vector<RunPause> pauses;
    std::vector<SampleSheet> samples; // the oldest first
    std::int64_t step = 0, images = 0;
    double loss = 0, imagesPerSecond = 0;
    int brokenLines = 0;
    QDateTime began, lastState;
    double secondsWorked = 0; // in sessions that have ended
    bool sessionOpen = true;  // the last one has not said that it ended
    int states = 0;
    std::int64_t stateBytes = 0;
    QString model;           // the newest model folder; empty while there is none
    double secondsQuiet = 0; // since the log last grew
    bool finished() const { return recipe && step >= mainSettings(*recipe).steps; }
};

class RunReader {
public:
    explicit RunReader(const QString& folder) : m_folder(folder.toStdString()) {}
    RunSnapshot read(); // only what has been added to the log since the last time is parsed

private:
    struct Row {
        double images, loss;
    };
    void readLog(RunSnapshot& found);
    void takeLine(const std::string& line);
    void readSessions(RunSnapshot& found) const;
    void readFiles(RunSnapshot& found);
    void bin(RunSnapshot& found) const;

    std::filesystem::path m_folder;
    std::uint64_t m_offset = 0, m_inode = 0;
    std::vector<Row> m_rows;
    std::vector<HeldOutLoss> m_heldOut;
    std::int64_t m_step = 0;
    double m_imagesPerSecond = 0;
    int m_broken = 0;
    std::optional<Recipe> m_recipe;
    std::vector<ShownClass> m_classes;
};

} // namespace phloxine::ui
