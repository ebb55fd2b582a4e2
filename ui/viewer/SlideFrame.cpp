#include "ui/viewer/SlideFrame.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include <emmintrin.h>

namespace phloxine::ui {

namespace {

// Rounds half up on either side of zero, so that moving the slide by whole pixels moves every edge by as many.
int nearest(double value) { return int(std::floor(value + 0.5)); }

// Where pixels along one axis are found in a picture: from `first` towards the next one by `weight` 256ths.
struct Sample {
    int first;
    int weight; // 0 at the last pixel
};

std::vector<Sample> samples(int begin, int count, double mapOrigin, double scale, double pictureOrigin, double perPixel, int length) {
    std::vector<Sample> out;
    out.reserve(std::size_t(count));
    for (int i = 0; i < count; ++i) {
        const double level0 = (begin + i + 0.5 - mapOrigin) / scale;
        const double at = std::clamp((level0 - pictureOrigin) / perPixel - 0.5, 0.0, double(length - 1));
        const int fixed = int(at * 256 + 0.5);
        out.push_back({fixed >> 8, fixed & 255});
    }
    return out;
}

// Two lines mixed, byte by byte and rounded; the compiler makes wide instructions of it.
void mixLines(const uchar* __restrict upper, const uchar* __restrict lower, uchar* __restrict out, std::size_t bytes, int lowerWeight) {
    const auto second = std::uint16_t(lowerWeight), first = std::uint16_t(256 - lowerWeight);
    for (std::size_t i = 0; i < bytes; ++i)
        out[i] = uchar(std::uint16_t(std::uint16_t(upper[i]) * first + std::uint16_t(lower[i]) * second + 128) >> 8);
}

// A pixel and its right neighbour mixed and rounded, all channels of both at once. SSE2, which every x86-64 processor has: three times as
// fast as one channel pair after the other, and this is what zooming waits for.
QRgb mixPixels(const QRgb* pixels, __m128i weights) {
    const __m128i both = _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixels)), _mm_setzero_si128());
    const __m128i weighted = _mm_mullo_epi16(both, weights);
    const __m128i sum = _mm_add_epi16(_mm_add_epi16(weighted, _mm_srli_si128(weighted, 8)), _mm_set1_epi16(128));
    const __m128i mixed = _mm_srli_epi16(sum, 8);
    return QRgb(_mm_cvtsi128_si32(_mm_packus_epi16(mixed, mixed)));
}

struct Weights { // of mixPixels
    __m128i both;
};

__m128i pairWeights(int second) {
    const auto a = short(256 - second), b = short(second);
    return _mm_set_epi16(b, b, b, b, a, a, a, a);
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
    const int begin = columns.front().first, last = columns.back().first;
    const int known = std::min(last + 2, picture.width()) - begin; // pixels of the picture's lines
    std::vector<QRgb> line(std::size_t(known) + 1);                // and one that a weight of 0 meets
    std::vector<Weights> weights;
    for (const Sample& column : columns) weights.push_back({pairWeights(column.weight)});
    const Canvas to = canvas();
    for (int y = 0; y < clip.height(); ++y) {
        const auto [first, weight] = rows[std::size_t(y)];
        const auto* upper = picture.constScanLine(first) + std::size_t(begin) * sizeof(QRgb);
        const auto* lower = picture.constScanLine(std::min(first + 1, picture.height() - 1)) + std::size_t(begin) * sizeof(QRgb);
        mixLines(upper, lower, reinterpret_cast<uchar*>(line.data()), std::size_t(known) * sizeof(QRgb), weight);
        QRgb* out = to.at(clip.left(), clip.top() + y);
        for (std::size_t x = 0; x < columns.size(); ++x, out += to.right)
            *out = mixPixels(&line[std::size_t(columns[x].first - begin)], weights[x].both);
    }
}

} // namespace phloxine::ui
