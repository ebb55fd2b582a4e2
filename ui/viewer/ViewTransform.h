#pragma once
// Where a pane looks and how large it draws: a plain value. Picture coordinates are micrometres from the top left corner of the picture; a
// picture without a scale uses its own pixels times a nominal size, so that the same code serves both. Screen coordinates are logical
// pixels.
#include <QPointF>
#include <QRectF>
#include <QSizeF>

namespace phloxine::ui {

struct ViewTransform {
    QPointF centre;             // micrometres
    double micronsPerPixel = 1; // of one logical screen pixel
    QSizeF size;                // of the pane, logical pixels

    QPointF toScreen(QPointF micrometres) const;
    QPointF toMicrometres(QPointF screen) const;
    QRectF visible() const;                                    // micrometres
    void panBy(QPointF screen);                                // the picture follows the pointer by this much
    void zoomAbout(QPointF screen, double newMicronsPerPixel); // what lies under `screen` stays there
};

// The zoom at which a square of `sideMicrometres` fills a pane but for a margin of 12 px. Panes of equal size give equal zooms.
double fittingMicronsPerPixel(QSizeF pane, double sideMicrometres);

// The zoom that looks like an objective of this power: 10x is 1 um/px.
double micronsPerPixelForPower(double power);

// The square of `sideMicrometres` in the middle of a pane, on whole device pixels. Both panes place the tile with it: same micrometres,
// same pixels. The result is in device pixels.
QRect centredSquare(QSizeF pane, double sideMicrometres, double micronsPerPixel, double devicePixelRatio);

} // namespace phloxine::ui
