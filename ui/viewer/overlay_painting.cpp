#include "ui/viewer/overlay_painting.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QPainter>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
const QColor chipColor(255, 255, 255, 224); // 88 %
const QColor frameWhite(Qt::white), frameReal(0x1B, 0x1B, 0x1B), frameTeal(0x0B, 0x67, 0x70);
constexpr int thumbnailPx = 80;

// A rectangle's outline between `inner` grown by `from` and by `to` pixels.
void fillRing(QPainter& painter, const QRect& inner, int from, int to, const QColor& color) {
    const QRect a = inner.adjusted(-to, -to, to, to), b = inner.adjusted(-from, -from, from, from);
    const int thick = to - from;
    painter.fillRect(a.left(), a.top(), a.width(), thick, color);
    painter.fillRect(a.left(), b.bottom() + 1, a.width(), thick, color);
    painter.fillRect(a.left(), b.top(), thick, b.height(), color);
    painter.fillRect(b.right() + 1, b.top(), thick, b.height(), color);
}

// Dashes along the four sides of the ring that touches `inner`, each side starting at its left or top end.
void fillDashes(QPainter& painter, const QRect& inner, int thick, int dash, int gap, const QColor& color) {
    const QRect ring = inner.adjusted(-thick, -thick, thick, thick);
    for (int at = 0; at < ring.width(); at += dash + gap) {
        const int length = std::min(dash, ring.width() - at);
        painter.fillRect(ring.left() + at, ring.top(), length, thick, color);
        painter.fillRect(ring.left() + at, inner.bottom() + 1, length, thick, color);
    }
    for (int at = 0; at < ring.height(); at += dash + gap) {
        const int length = std::min(dash, ring.height() - at);
        painter.fillRect(ring.left(), ring.top() + at, thick, length, color);
        painter.fillRect(inner.right() + 1, ring.top() + at, thick, length, color);
    }
}
} // namespace

QFont overlayFont(QFont font) {
    font.setPixelSize(13);
    font.setWeight(QFont::DemiBold);
    return font;
}

void paintChip(QPainter& painter, const QRectF& chip) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(chipColor);
    painter.drawRoundedRect(chip, 4, 4);
    painter.restore();
}

double textChipWidth(const QFont& font, const QString& text) {
    QFont medium = overlayFont(font);
    medium.setWeight(QFont::Medium);
    return std::ceil(QFontMetricsF(medium).horizontalAdvance(text)) + 20;
}

QRectF paintTextChip(QPainter& painter, QPointF rightBottom, const QString& text) {
    QFont font = overlayFont(painter.font());
    font.setWeight(QFont::Medium);
    const double width = textChipWidth(font, text);
    const QRectF chip(rightBottom.x() - width, rightBottom.y() - chipHeightPx, width, chipHeightPx);
    paintChip(painter, chip);
    painter.save();
    painter.setFont(font);
    painter.setPen(overlayTextColor);
    painter.drawText(chip, Qt::AlignCenter, text);
    painter.restore();
    return chip;
}

QRectF paintNameChip(QPainter& painter, QPointF leftTop, const QString& text, double widest) {
    constexpr double padding = 8, height = 24;
    QFont font = overlayFont(painter.font());
    font.setPixelSize(12);
    font.setWeight(QFont::Medium);
    const QFontMetricsF metrics(font);
    const QString shown = metrics.elidedText(text, Qt::ElideRight, widest - 2 * padding);
    const QRectF chip(leftTop, QSizeF(std::ceil(metrics.horizontalAdvance(shown)) + 2 * padding, height));
    paintChip(painter, chip);
    painter.save();
    painter.setFont(font);
    painter.setPen(overlayTextColor);
    painter.drawText(chip, Qt::AlignCenter, shown);
    painter.restore();
    return chip;
}

void paintNotice(QPainter& painter, const QRectF& pane, const QString& sentence) {
    constexpr double padding = 10, iconPx = 16, gap = 8;
    constexpr int flags = Qt::AlignLeft | Qt::AlignVCenter | Qt::TextWordWrap;
    QFont font = overlayFont(painter.font());
    font.setWeight(QFont::Medium);
    const double widest = std::max(80.0, pane.width() - 2 * overlayMarginPx - 2 * padding - iconPx - gap);
    const QRectF text = QFontMetricsF(font).boundingRect(QRectF(0, 0, widest, 1000), flags, sentence);
    const double width = std::ceil(text.width()) + 1 + 2 * padding + iconPx + gap,
                 height = std::max(chipHeightPx, std::ceil(text.height()) + 14);
    const QRectF chip(std::round(pane.center().x() - width / 2), pane.top() + overlayMarginPx, width, height);
    paintChip(painter, chip);
    painter.save();
    const QPointF icon(chip.left() + padding, chip.center().y() - iconPx / 2);
    painter.drawPixmap(icon,
                       iconPixmap(QStringLiteral("alert-triangle"), int(iconPx), overlayTextColor, painter.device()->devicePixelRatioF()));
    painter.setFont(font);
    painter.setPen(overlayTextColor);
    painter.drawText(chip.adjusted(padding + iconPx + gap, 0, -padding + 1, 0), flags, sentence);
    painter.restore();
}

void paintFrame(QPainter& painter, const QRect& region, FrameKind kind, double devicePixelRatio) {
    const int pixel = std::max(1, int(std::lround(devicePixelRatio)));
    const bool thumbnail = std::max(region.width(), region.height()) < thumbnailPx * devicePixelRatio && kind != FrameKind::Position;
    const int line = thumbnail ? pixel : 2 * pixel;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    switch (kind) {
    case FrameKind::Synthetic:
        fillRing(painter, region, 0, line, frameWhite);
        fillDashes(painter, region, line, 5 * line, 3 * line, frameTeal);
        break;
    case FrameKind::Real:
    case FrameKind::Position:
        fillRing(painter, region, -pixel, line + pixel, frameWhite);
        fillRing(painter, region, 0, line, kind == FrameKind::Real ? frameReal : frameTeal);
        break;
    }
    painter.restore();
}

QPixmap framedPicture(const QImage& picture, int side, FrameKind kind, double devicePixelRatio) {
    const int sidePx = int(std::lround(side * devicePixelRatio)), edge = int(3 * devicePixelRatio);
    QPixmap framed(sidePx, sidePx);
    framed.fill(Qt::transparent);
    QPainter painter(&framed);
    const QRect inside = framed.rect().adjusted(edge, edge, -edge, -edge);
    painter.drawImage(inside, picture.scaled(inside.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    paintFrame(painter, inside, kind, devicePixelRatio);
    painter.end();
    framed.setDevicePixelRatio(devicePixelRatio);
    return framed;
}

void paintMissingFrame(QPainter& painter, const QRect& region, bool dashed, double devicePixelRatio) {
    const int pixel = std::max(1, int(std::lround(devicePixelRatio)));
    const QColor a = theme().canvasText, b = theme().canvas; // mixed here: dashes overlap in the corners
    const auto mixed = [](int text, int ground) { return (text * 55 + ground * 45) / 100; };
    const QColor faint(mixed(a.red(), b.red()), mixed(a.green(), b.green()), mixed(a.blue(), b.blue()));
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    if (dashed) fillDashes(painter, region, 2 * pixel, 12 * pixel, 6 * pixel, faint);
    else fillRing(painter, region, 0, pixel, faint);
    painter.restore();
}

void fillHatched(QPainter& painter, const QRect& region) {
    painter.fillRect(region, QColor(0xE2, 0xE2, 0xE2));
    painter.fillRect(region, QBrush(QColor(0xA0, 0xA0, 0xA0), Qt::BDiagPattern));
}

void paintFocusRing(QPainter& painter, const QRectF& pane) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    QPen pen(theme().accent, 2);
    pen.setJoinStyle(Qt::MiterJoin);
    painter.setPen(pen);
    painter.drawRect(pane.adjusted(1, 1, -1, -1)); // inside: the panes touch their neighbours
    painter.restore();
}

DevicePainting::DevicePainting(QPainter& painter, double devicePixelRatio) : m_painter(painter) {
    m_painter.save();
    m_painter.scale(1 / devicePixelRatio, 1 / devicePixelRatio);
}

DevicePainting::~DevicePainting() { m_painter.restore(); }

QString groupedNumber(qint64 number) {
    QString digits = QString::number(std::abs(number));
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3) digits.insert(at, QChar(0x00A0));
    return number < 0 ? QChar(0x2212) + digits : digits;
}

} // namespace phloxine::ui
