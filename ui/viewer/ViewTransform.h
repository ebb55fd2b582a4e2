#pragma once
// Where a pane looks and how large it draws: a plain value. Picture coordinates are micrometres from the top left corner of the picture; a
// picture without a scale uses its own pixels times a nominal size, so that the same code serves both. Screen coordinates are logical
// pixels.
#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QTransform>

namespace phloxine::ui {

// One of the eight ways to hold a picture: flipped from left to right where `mirrored`, then `quarterTurns` turns clockwise.
struct Orientation {
    int quarterTurns = 0; // 0..3
    bool mirrored = false;

    bool sideways() const { return quarterTurns % 2 == 1; }
    QPointF turned(QPointF vector) const; // of the picture to of the screen
    QPointF turnedBack(QPointF vector) const;
    QSizeF turned(QSizeF size) const { return sideways() ? size.transposed() : size; }
    Orientation turnedBy(int quarters) const; // clockwise, as seen on the screen
    Orientation flipped() const;              // from left to right, as seen on the screen
    // Coordinates of a pane of `upright` size, in which the picture is upright, to those of the pane: whole numbers stay whole.
    QTransform fromUpright(QSizeF upright) const;
    bool operator==(const Orientation&) const = default;
};

struct ViewTransform {
    QPointF centre;             // micrometres
    double micronsPerPixel = 1; // of one logical screen pixel
    QSizeF size;                // of the pane, logical pixels
    Orientation orientation = {};

    QPointF toScreen(QPointF micrometres) const;
    QPointF toMicrometres(QPointF screen) const;
    QRectF visible() const;                                    // micrometres
    QTransform transform() const;                              // micrometres to screen; what a painter of a layer needs
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
