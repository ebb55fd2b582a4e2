#include "ui/viewer/ViewTransform.h"

#include <algorithm>
#include <cmath>

#include <QRect>

namespace phloxine::ui {

namespace {
constexpr double fitMarginPx = 12;

QPointF middle(QSizeF size) { return {size.width() / 2, size.height() / 2}; }
} // namespace

QPointF ViewTransform::toScreen(QPointF micrometres) const { return (micrometres - centre) / micronsPerPixel + middle(size); }

QPointF ViewTransform::toMicrometres(QPointF screen) const { return centre + (screen - middle(size)) * micronsPerPixel; }

QRectF ViewTransform::visible() const { return {toMicrometres({0, 0}), size * micronsPerPixel}; }

void ViewTransform::panBy(QPointF screen) { centre -= screen * micronsPerPixel; }

void ViewTransform::zoomAbout(QPointF screen, double newMicronsPerPixel) {
    const QPointF fixed = toMicrometres(screen);
    micronsPerPixel = newMicronsPerPixel;
    centre = fixed - (screen - middle(size)) * micronsPerPixel;
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
