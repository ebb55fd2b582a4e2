#include "ui/viewer/ViewTransform.h"

#include <algorithm>
#include <cmath>

#include <QRect>

namespace phloxine::ui {

namespace {
constexpr double fitMarginPx = 12;

QPointF middle(QSizeF size) { return {size.width() / 2, size.height() / 2}; }
} // namespace

QPointF Orientation::turned(QPointF v) const {
    if (mirrored) v.setX(-v.x());
    switch (quarterTurns) {
    case 1:
        return {-v.y(), v.x()};
    case 2:
        return -v;
    case 3:
        return {v.y(), -v.x()};
    default:
        return v;
    }
}

QPointF Orientation::turnedBack(QPointF v) const {
    QPointF upright = Orientation{(4 - quarterTurns) % 4, false}.turned(v);
    if (mirrored) upright.setX(-upright.x());
    return upright;
}

Orientation Orientation::turnedBy(int quarters) const { return {((quarterTurns + quarters) % 4 + 4) % 4, mirrored}; }

Orientation Orientation::flipped() const { return {(4 - quarterTurns) % 4, !mirrored}; }

QTransform Orientation::fromUpright(QSizeF upright) const {
    const QPointF x = turned(QPointF(1, 0)), y = turned(QPointF(0, 1));
    const QPointF shift = middle(turned(upright)) - turned(middle(upright));
    return {x.x(), x.y(), y.x(), y.y(), shift.x(), shift.y()};
}

QPointF ViewTransform::toScreen(QPointF micrometres) const {
    return orientation.turned((micrometres - centre) / micronsPerPixel) + middle(size);
}

QPointF ViewTransform::toMicrometres(QPointF screen) const {
    return centre + orientation.turnedBack(screen - middle(size)) * micronsPerPixel;
}

QRectF ViewTransform::visible() const {
    const QSizeF across = orientation.turned(size) * micronsPerPixel;
    return {centre - middle(across), across};
}

QTransform ViewTransform::transform() const {
    const QPointF x = orientation.turned(QPointF(1, 0)) / micronsPerPixel, y = orientation.turned(QPointF(0, 1)) / micronsPerPixel;
    const QPointF origin = toScreen({0, 0});
    return {x.x(), x.y(), y.x(), y.y(), origin.x(), origin.y()};
}

void ViewTransform::panBy(QPointF screen) { centre -= orientation.turnedBack(screen) * micronsPerPixel; }

void ViewTransform::zoomAbout(QPointF screen, double newMicronsPerPixel) {
    const QPointF fixed = toMicrometres(screen);
    micronsPerPixel = newMicronsPerPixel;
    centre = fixed - orientation.turnedBack(screen - middle(size)) * micronsPerPixel;
}

double fittingMicronsPerPixel(QSizeF pane, double sideMicrometres) {
    const double room = std::max(16.0, std::min(pane.width(), pane.height()) - 2 * fitMarginPx);
    return sideMicrometres / room;
}

double micronsPerPixelForPower(double power) { return 10 / power; }

QRect centredSquare(QSizeF pane, double sideMicrometres, double micronsPerPixel, double devicePixelRatio) {
    const double side = sideMicrometres / micronsPerPixel * devicePixelRatio;
    const int sidePx = std::max(1, int(std::lround(side)));
    const int left = int(std::lround((pane.width() * devicePixelRatio - sidePx) / 2));
    const int top = int(std::lround((pane.height() * devicePixelRatio - sidePx) / 2));
    return {left, top, sidePx, sidePx};
}

} // namespace phloxine::ui
