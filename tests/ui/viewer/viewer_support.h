#pragma once
// What the tests of the panes share: an open view, events, and a comparison of pixels.
#include <algorithm>
#include <cmath>

#include <QtTest>

#include "core/slide/SlideSource.h"
#include "ui/bench/MeasuringApplication.h"
#include "ui/viewer/SlideView.h"

namespace phloxine::ui {

inline const QString synthetic = QStringLiteral("synthetic:20000x16000");
inline constexpr double syntheticMpp = 0.25;

inline QString sampleSlide() { return qEnvironmentVariable("PHLOXINE_RESOURCES") + QStringLiteral("/slides/CMU-1-Small-Region.svs"); }

// A pane of 400 x 400 that shows the whole of a slide.
struct OpenView : SlideView {
    explicit OpenView(const QString& path = synthetic) {
        resize(400, 400);
        show();
        QSignalSpy spy(this, &SlideView::opened);
        openSlide(path);
        ok = spy.wait(20000);
    }
    bool sharp() const {
        return QTest::qWaitFor([this] { return pendingTiles() == 0; }, 30000);
    }
    bool ok = false;
};

inline void wheel(QWidget& widget, QPointF at, int angle) {
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, angle}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

inline QPointF level0At(const SlideView& view, QPointF at) {
    const QRectF visible = view.visibleLevel0();
    return visible.topLeft() + QPointF(at.x() / view.width() * visible.width(), at.y() / view.height() * visible.height());
}

inline void drag(QWidget& widget, QPoint from, QPoint to) {
    QTest::mousePress(&widget, Qt::LeftButton, {}, from);
    QTest::mouseMove(&widget, (from + to) / 2);
    QTest::mouseMove(&widget, to);
    QTest::mouseRelease(&widget, Qt::LeftButton, {}, to);
}

// The largest and mean difference of two pictures' channels, over `area`, where `expected` starts at its corner.
struct Difference {
    int largest = 0;
    double mean = 0;
};
inline Difference difference(const QImage& shown, const QRect& area, const Image& expected) {
    Difference d;
    for (int y = 0; y < area.height(); ++y)
        for (int x = 0; x < area.width(); ++x) {
            const QRgb a = shown.pixel(area.left() + x, area.top() + y);
            const std::uint8_t* b = expected.pixel(x, y);
            for (int channel : {std::abs(qRed(a) - b[0]), std::abs(qGreen(a) - b[1]), std::abs(qBlue(a) - b[2])}) {
                d.largest = std::max(d.largest, channel);
                d.mean += channel;
            }
        }
    d.mean /= 3.0 * area.width() * area.height();
    return d;
}

} // namespace phloxine::ui
