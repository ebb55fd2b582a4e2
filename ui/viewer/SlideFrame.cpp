#include "ui/viewer/SlideFrame.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace phloxine::ui {

namespace {

// Rounds half up on either side of zero, so that moving the slide by whole pixels moves every edge by as many.
int nearest(double value) { return int(std::floor(value + 0.5)); }

// Two pixels mixed, `second` in 256ths, and rounded.
QRgb mixed(QRgb a, QRgb b, unsigned second) {
    const unsigned first = 256 - second;
    const unsigned redBlue = ((a & 0x00ff00ff) * first + (b & 0x00ff00ff) * second + 0x00800080) >> 8 & 0x00ff00ff;
    const unsigned green = ((a & 0x0000ff00) * first + (b & 0x0000ff00) * second + 0x00008000) >> 8 & 0x0000ff00;
    return 0xff000000 | redBlue | green;
}

// Where pixels along one axis are found in a picture: `first` and its neighbour `second`, mixed by `weight` 256ths.
struct Sample {
    int first, second;
    unsigned weight;
};

std::vector<Sample> samples(int begin, int count, double mapOrigin, double scale, double pictureOrigin, double perPixel, int length) {
    std::vector<Sample> out;
    out.reserve(std::size_t(count));
    for (int i = 0; i < count; ++i) {
        const double level0 = (begin + i + 0.5 - mapOrigin) / scale;
        const double at = std::clamp((level0 - pictureOrigin) / perPixel - 0.5, 0.0, double(length - 1));
        const int fixed = int(at * 256 + 0.5), first = fixed >> 8;
        out.push_back({first, std::min(first + 1, length - 1), unsigned(fixed & 255)});
    }
    return out;
}

} // namespace

QRect SlideMapping::toDevice(const QRectF& level0) const {
    const QPoint a(nearest(left + level0.left() * scale), nearest(top + level0.top() * scale));
    const QPoint b(nearest(left + level0.right() * scale), nearest(top + level0.bottom() * scale));
    return {a, QSize(b.x() - a.x(), b.y() - a.y())};
}

void SlideFrame::outdate(const QRectF& level0) {
    if (m_image.isNull()) return;
    const QRectF near = level0 & QRectF(-m_mapping.left / m_mapping.scale, -m_mapping.top / m_mapping.scale,
                                        m_mapping.pane.width() / m_mapping.scale, m_mapping.pane.height() / m_mapping.scale);
    if (!near.isEmpty()) m_stale += m_mapping.toDevice(near).adjusted(-1, -1, 1, 1) & m_mapping.pane;
}

QRegion SlideFrame::follow(const SlideMapping& mapping, QColor surround) {
    const bool sameKind = !m_image.isNull() && mapping.scale == m_mapping.scale && mapping.pane == m_mapping.pane &&
                          mapping.orientation == m_mapping.orientation && surround == m_surround;
    const double dx = mapping.left - m_mapping.left, dy = mapping.top - m_mapping.top; // whole numbers
    const bool overlaps = std::abs(dx) < mapping.pane.width() && std::abs(dy) < mapping.pane.height();
    if (!sameKind || !overlaps) {
        const QSize screen = mapping.orientation.turned(QSizeF(mapping.pane.size())).toSize();
        if (m_image.size() != screen) m_image = QImage(screen, QImage::Format_RGB32);
        m_stale = mapping.pane;
    } else if (dx != 0 || dy != 0) {
        const QPoint shift{int(dx), int(dy)};
        scroll(mapping.orientation.turned(QPointF(shift)).toPoint());
        m_stale.translate(shift);
        m_stale += QRegion(mapping.pane) - QRegion(mapping.pane.translated(shift));
        m_stale &= mapping.pane;
    }
    m_mapping = mapping;
    m_surround = surround;
    return std::exchange(m_stale, {});
}

void SlideFrame::scroll(QPoint by) {
    const int width = m_image.width() - std::abs(by.x()), height = m_image.height() - std::abs(by.y());
    const int fromX = std::max(0, -by.x()), toX = std::max(0, by.x()), fromY = std::max(0, -by.y()), toY = std::max(0, by.y());
    for (int i = 0; i < height; ++i) {
        const int row = by.y() > 0 ? height - 1 - i : i; // never over a line that is still to be moved
        const auto* from = reinterpret_cast<const QRgb*>(m_image.constScanLine(fromY + row)) + fromX;
        auto* to = reinterpret_cast<QRgb*>(m_image.scanLine(toY + row)) + toX;
        std::memmove(to, from, std::size_t(width) * sizeof(QRgb));
    }
}

SlideFrame::Canvas SlideFrame::canvas() {
    const QPointF middle(0.5, 0.5); // of the first upright pixel
    const QPointF first = m_mapping.toScreen().map(middle) - middle;
    const QPointF right = m_mapping.orientation.turned(QPointF(1, 0)), down = m_mapping.orientation.turned(QPointF(0, 1));
    const qsizetype line = m_image.bytesPerLine() / qsizetype(sizeof(QRgb));
    const auto offset = [&](QPointF by) { return qsizetype(std::lround(by.x())) + qsizetype(std::lround(by.y())) * line; };
    return {reinterpret_cast<QRgb*>(m_image.bits()) + offset(first), offset(right), offset(down)};
}

void SlideFrame::fill(const QRect& target, QColor color) {
    const Canvas to = canvas();
    for (int y = target.top(); y <= target.bottom(); ++y)
        for (int x = target.left(); x <= target.right(); ++x) *to.at(x, y) = color.rgb();
}

void SlideFrame::draw(const QRect& clip, const PlacedPicture& placed) {
    const QImage& picture = placed.picture;
    const auto columns =
        samples(clip.left(), clip.width(), m_mapping.left, m_mapping.scale, placed.origin.x(), placed.perPixel.width(), picture.width());
    const auto rows =
        samples(clip.top(), clip.height(), m_mapping.top, m_mapping.scale, placed.origin.y(), placed.perPixel.height(), picture.height());
    const int begin = columns.front().first, end = columns.back().second + 1; // of the picture's lines
    std::vector<QRgb> line(static_cast<std::size_t>(end - begin));
    const Canvas to = canvas();
    for (int y = 0; y < clip.height(); ++y) {
        const auto [first, second, weight] = rows[std::size_t(y)];
        const auto* upper = reinterpret_cast<const QRgb*>(picture.constScanLine(first)) + begin;
        const auto* lower = reinterpret_cast<const QRgb*>(picture.constScanLine(second)) + begin;
        for (std::size_t i = 0; i < line.size(); ++i) line[i] = mixed(upper[i], lower[i], weight);
        QRgb* out = to.at(clip.left(), clip.top() + y);
        for (const Sample& column : columns) {
            *out = mixed(line[std::size_t(column.first - begin)], line[std::size_t(column.second - begin)], column.weight);
            out += to.right;
        }
    }
}

} // namespace phloxine::ui
