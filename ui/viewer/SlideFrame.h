#pragma once
// The picture of the slide that a pane last showed, in device pixels of the screen. When the view only moves, it moves with it, and just
// what comes into sight is painted: a slide lies on whole device pixels, so a moved picture is the right one. A plain value.
#include <QColor>
#include <QImage>
#include <QRect>
#include <QRectF>
#include <QRegion>

#include "ui/viewer/ViewTransform.h"

namespace phloxine::ui {

// Level-0 pixels to device pixels of a pane that is held upright (`pane`). The origin is a whole number: at 1:1 every slide pixel is one
// device pixel.
struct SlideMapping {
    double left = 0, top = 0; // of the slide, device pixels
    double scale = 1;         // device pixels per level-0 pixel
    QRect pane;               // upright
    Orientation orientation = {};

    QRect toDevice(const QRectF& level0) const;
    QTransform toScreen() const { return orientation.fromUpright(QSizeF(pane.size())); } // upright to screen, device pixels
};

// A picture and where it lies on the slide.
struct PlacedPicture {
    const QImage& picture; // RGB32
    QPointF origin;        // of its corner, level-0 pixels
    QSizeF perPixel;       // level-0 pixels of one of its pixels
};

class SlideFrame {
public:
    void clear() { m_image = {}; } // all of it is to be painted again
    void outdate(const QRectF& level0);
    // The frame becomes that of `mapping`. What is to be painted until it is whole, upright device pixels; `surround` shows beside the
    // slide.
    QRegion follow(const SlideMapping& mapping, QColor surround);

    void fill(const QRect& target, QColor color);
    // Fills `clip` with what a picture holds there, interpolated between its four nearest pixels; at 1:1 those are its own. Each pixel is
    // a function of its place alone, so parts painted at different times fit together.
    void draw(const QRect& clip, const PlacedPicture& placed);

    QImage& image() { return m_image; } // as seen on the screen
    const SlideMapping& mapping() const { return m_mapping; }

private:
    struct Canvas { // upright (x, y) is origin[x * right + y * down]
        QRgb* origin;
        qsizetype right, down;
        QRgb* at(int x, int y) const { return origin + x * right + y * down; }
    };
    Canvas canvas();
    void scroll(QPoint screen);

    SlideMapping m_mapping;
    QColor m_surround;
    QImage m_image; // RGB32
    QRegion m_stale;
};

} // namespace phloxine::ui
