#include "ui/compare/ClickField.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr double dotPx = 5, hitPx = 8, rightHitPx = 16, smallestNucleusPx = 20;
constexpr int tickStepPx = 8, tickPx = 6;
// Over tissue the colours are the same in both themes.
const QColor dark(0x1B, 0x1B, 0x1B), teal(0x0B, 0x67, 0x70), veil(255, 255, 255, 96);
} // namespace

ClickField::ClickField(QWidget* parent) : QWidget(parent) {
    setCursor(Qt::CrossCursor);
    setAccessibleName(tr("Field to click nuclei on"));
}

void ClickField::setField(const QImage& tile, const CountingFrame& frame, std::vector<ClickedPoint> points, QSize room, double diameterPx) {
    m_tile = tile, m_frame = frame, m_points = std::move(points);
    m_history.clear();
    m_words.clear();
    const double fits = std::min(double(room.width()) / tile.width(), double(room.height()) / tile.height());
    m_zoom = std::max(fits, smallestNucleusPx / diameterPx);
    setFixedSize(QSize(int(std::floor(tile.width() * m_zoom)), int(std::floor(tile.height() * m_zoom))).expandedTo(QSize(1, 1)));
    update();
    Q_EMIT pointsChanged();
}

void ClickField::clear(const QString& words) {
    m_tile = {}, m_words = words;
    m_points.clear();
    m_history.clear();
    update();
    Q_EMIT pointsChanged();
}

QPointF ClickField::placeOf(const ClickedPoint& point) const { return {(point.x + 0.5) * m_zoom, (point.y + 0.5) * m_zoom}; }

void ClickField::undo() {
    if (m_history.empty()) return;
    m_points = std::move(m_history.back());
    m_history.pop_back();
    update();
    Q_EMIT pointsChanged();
}

void ClickField::change(std::vector<ClickedPoint> points) {
    m_history.push_back(std::move(m_points));
    m_points = std::move(points);
    update();
    Q_EMIT pointsChanged();
}

int ClickField::dotNear(QPointF place, double reachPx) const {
    int nearest = -1;
    double best = reachPx;
    for (std::size_t i = 0; i < m_points.size(); ++i) {
        const QPointF way = placeOf(m_points[i]) - place;
        if (const double d = std::hypot(way.x(), way.y()); d <= best) best = d, nearest = int(i);
    }
    return nearest;
}

void ClickField::mousePressEvent(QMouseEvent* event) {
    if (m_tile.isNull() || (event->button() != Qt::LeftButton && event->button() != Qt::RightButton)) return;
    const bool left = event->button() == Qt::LeftButton;
    auto points = m_points;
    if (const int hit = dotNear(event->position(), left ? hitPx : rightHitPx); hit >= 0) points.erase(points.begin() + hit);
    else if (left) {
        const double x = event->position().x() / m_zoom - 0.5, y = event->position().y() / m_zoom - 0.5;
        points.push_back({std::clamp(x, -0.5, m_tile.width() - 0.5), std::clamp(y, -0.5, m_tile.height() - 0.5)});
    } else return;
    change(std::move(points));
}

// The two excluding edges and their extensions are thick with ticks outside, the others thin: kinds of line, not of colour.
void ClickField::paintCountingFrame(QPainter& painter) const {
    const double x0 = m_frame.x0 * m_zoom, y0 = m_frame.y0 * m_zoom, x1 = m_frame.x1 * m_zoom, y1 = m_frame.y1 * m_zoom;
    QPainterPath outside;
    outside.addRect(QRectF(rect()));
    QPainterPath inside;
    inside.addRect(QRectF(QPointF(x0, y0), QPointF(x1, y1)));
    painter.fillPath(outside.subtracted(inside), veil);
    const QPolygonF excluding({{x0, 0}, {x0, y1}, {x1, y1}, {x1, double(height())}}), including({{x0, y0}, {x1, y0}, {x1, y1}});
    for (const auto& [color, thin, thick] : {std::tuple(QColor(Qt::white), 3.0, 5.0), std::tuple(dark, 1.0, 3.0)}) {
        painter.setPen(QPen(color, thin, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        painter.drawPolyline(including);
        painter.setPen(QPen(color, thick, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
        painter.drawPolyline(excluding);
        painter.setPen(QPen(color, thin));
        for (double y = tickStepPx / 2.; y < y1; y += tickStepPx) painter.drawLine(QPointF(x0, y), QPointF(x0 - tickPx, y + tickPx));
        for (double x = x0; x < x1; x += tickStepPx) painter.drawLine(QPointF(x, y1), QPointF(x - tickPx, y1 + tickPx));
        for (double y = y1 + tickStepPx; y < height(); y += tickStepPx) painter.drawLine(QPointF(x1, y), QPointF(x1 - tickPx, y + tickPx));
    }
}

void ClickField::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_tile.isNull()) {
        painter.fillRect(rect(), theme().canvas);
        painter.setPen(theme().canvasText);
        painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, m_words);
        return;
    }
    painter.setRenderHints(QPainter::SmoothPixmapTransform | QPainter::Antialiasing);
    painter.drawImage(QRectF(0, 0, m_tile.width() * m_zoom, m_tile.height() * m_zoom), m_tile);
    paintCountingFrame(painter);
    painter.setPen(QPen(Qt::white, 1.5));
    painter.setBrush(teal);
    for (const auto& point : m_points) painter.drawEllipse(placeOf(point), dotPx, dotPx);
}

} // namespace phloxine::ui
