#pragma once
// What the pane of the slide costs: painting, jumping, opening, the handlers of the GUI thread, the cache, and whether a wrong tile is
// ever left on the screen. Times are wall time in milliseconds.
#include <functional>
#include <memory>
#include <vector>

#include <QString>

#include "core/base/Json.h"
#include "ui/bench/MeasuringApplication.h"

namespace phloxine::ui {

struct PaneFigures {
    double firstPicture = 0;
    std::vector<double> moving, movingAtWork, zooming, turned, jumps; // jumps: until all visible tiles are there
    double slowestHandlerCpu = 0, handlerP99 = 0;
    QString slowestHandler;
    std::size_t keptBytes = 0, keptBound = 0; // tiles in the cache; its budget and what may be in flight
};
// A pane of 1920 x 1080 pixels that shows `slide` (a file, or "synthetic:WIDTHxHEIGHT"). `work` starts what the machine does besides and
// returns what ends it. Error(NotFound) where no picture comes.
PaneFigures measurePane(MeasuringApplication& application, const QString& slide, const std::function<std::shared_ptr<void>()>& work);

struct StaleTiles {
    int jumps = 0, pictures = 0;
    int squares = 0, wrong = 0; // squares of 64 px that were compared with the slide, and that do not show what it has there
};
StaleTiles findStaleTiles(int jumps); // on two synthetic slides that take turns; every tenth picture is compared once it is sharp

inline constexpr double paintBoundMs = 16.7, jumpBoundMs = 250, openBoundMs = 1000, handlerBoundMs = 50;
double percentile(std::vector<double> values, double part); // the value that `part` of them do not exceed
Json timesRow(const std::string& name, const std::vector<double>& ms, double boundMs, const std::string& note); // bound: of the p95

Json toJson(const PaneFigures& figures, const std::string& name); // rows as the benchmarks of core/bench print them
Json toJson(const StaleTiles& stale);

} // namespace phloxine::ui
