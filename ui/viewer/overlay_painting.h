#pragma once
// What is drawn over tissue: chips, frames, hatching, the focus ring. Its colours are the same in both themes, because tissue is.
// Frames lie on whole device pixels and are drawn without anti-aliasing; their inner edge is the edge of the region they frame.
#include <QColor>
#include <QFont>
#include <QPixmap>
#include <QRect>
#include <QRectF>
#include <QString>

class QPainter;
class QWidget;

namespace phloxine::ui {

inline const QColor overlayTextColor(0x11, 0x11, 0x11);
inline constexpr double overlayMarginPx = 12, chipHeightPx = 32;

QFont overlayFont(QFont font);
void paintChip(QPainter& painter, const QRectF& chip); // white 88 %
// One line of text on a chip; `chip`'s right bottom corner is given, the width follows the text. Returns the chip.
double textChipWidth(const QFont& font, const QString& text);
QRectF paintTextChip(QPainter& painter, QPointF rightBottom, const QString& text);
// The same from the left top corner, cut at its end where it would be wider.
QRectF paintNameChip(QPainter& painter, QPointF leftTop, const QString& text, double widest);
// A sentence at the top of the pane, in as many lines as it needs.
void paintNotice(QPainter& painter, const QRectF& pane, const QString& sentence);

// Frames in device pixels: the painter must be in device coordinates (see DevicePainting). Regions below 80 px get 1 px lines.
enum class FrameKind { Real, Synthetic, Position }; // solid dark, dashed teal, solid teal (the box on an overview)
void paintFrame(QPainter& painter, const QRect& region, FrameKind kind, double devicePixelRatio);
// A picture as a square of `side` logical pixels in its frame, for lists and cards.
QPixmap framedPicture(const QImage& picture, int side, FrameKind kind, double devicePixelRatio);
// The frame of a thing that is not there yet, in a faint text colour of the surround.
void paintMissingFrame(QPainter& painter, const QRect& region, bool dashed, double devicePixelRatio);

void fillHatched(QPainter& painter, const QRect& region); // what could not be read
void paintFocusRing(QPainter& painter, const QRectF& pane);

// Puts a painter of a widget into device pixels for its life.
class DevicePainting {
public:
    DevicePainting(QPainter& painter, double devicePixelRatio);
    ~DevicePainting();
    DevicePainting(const DevicePainting&) = delete;
    DevicePainting& operator=(const DevicePainting&) = delete;

private:
    QPainter& m_painter;
};

// "1 006": digits in groups of three with no-break spaces, which cannot be mistaken for the comma between two numbers.
QString groupedNumber(qint64 number);

} // namespace phloxine::ui
