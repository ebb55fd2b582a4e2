#pragma once
// Bounds of processor time hold for the machine that they were set on (two AMD EPYC cores of 2026); slower and busier ones get more.
#include <algorithm>

#include <QImage>
#include <QPainter>

#include "ui/bench/MeasuringApplication.h"

namespace phloxine::ui::testing {

// How many times as long as there a fixed piece of painting takes here and now; at least 1.
inline double slowness() {
    constexpr double msThere = 30;
    QImage target(600, 600, QImage::Format_RGB32);
    target.fill(Qt::white);
    double least = 1e9;
    for (int round = 0; round < 3; ++round) {
        const double before = threadCpuMs();
        QPainter painter(&target);
        painter.setRenderHint(QPainter::Antialiasing);
        for (int i = 0; i < 400; ++i) {
            QPolygonF ring;
            for (int k = 0; k < 24; ++k) ring << QPointF(20 + (i * 37 + k * k * 11) % 560, 20 + (i * 53 + k * 29) % 560);
            painter.drawPolyline(ring);
        }
        painter.end();
        least = std::min(least, threadCpuMs() - before);
    }
    return std::max(1.0, least / msThere);
}

} // namespace phloxine::ui::testing
