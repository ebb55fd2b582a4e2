#include "ui/compare/DensityPlot.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include "ui/widgets/plot_painting.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr int axisHeight = 34, dotRows = 18;
constexpr double nearEnough = 6; // px from a dot
} // namespace

DensityPlot::DensityPlot(QWidget* parent) : QWidget(parent) {
    setMinimumSize(200, 150);
    setMouseTracking(true);
}

void DensityPlot::setCurves(const std::vector<double>& x, const std::vector<double>& real, const std::vector<double>& synthetic,
                            const QString& xTitle) {
    m_x = x, m_real = real, m_synthetic = synthetic, m_xTitle = xTitle;
    setAccessibleName(tr("Density of %1, real and synthetic").arg(xTitle));
    update();
}

void DensityPlot::setTiles(const std::vector<float>& real, const std::vector<float>& synthetic) {
    m_realTiles = real, m_syntheticTiles = synthetic;
    setToolTip(real.empty() && synthetic.empty() ? QString() : tr("Each dot is a tile: real above, synthetic below. Click one to see it."));
}

void DensityPlot::setMedians(double real, double synthetic) {
    m_medians[0] = real, m_medians[1] = synthetic;
    m_hasMedians = true;
}

void DensityPlot::setLimit(double x, const QString& title) {
    m_limit = x;
    m_limitTitle = title;
}

QRectF DensityPlot::area() const {
    const int dots = m_realTiles.empty() && m_syntheticTiles.empty() ? 0 : dotRows;
    return QRectF(rect()).adjusted(8, 6, -8, -axisHeight - dots);
}

double DensityPlot::toX(double value) const {
    const auto plot = area();
    return plot.left() + (value - m_x.front()) / (m_x.back() - m_x.front()) * plot.width();
}

double DensityPlot::rowY(bool synthetic) const { return area().bottom() + (synthetic ? 14 : 6); }

QPointF DensityPlot::dotPosition(bool synthetic, int index) const {
    const auto& values = synthetic ? m_syntheticTiles : m_realTiles;
    return {toX(double(values[std::size_t(index)])), rowY(synthetic)};
}

void DensityPlot::paintCurve(QPainter& painter, const std::vector<double>& density, bool synthetic, double peak) const {
    const auto plot = area();
    QPolygonF line;
    for (std::size_t i = 0; i < density.size(); ++i) line << QPointF(toX(m_x[i]), plot.bottom() - density[i] / peak * plot.height());
    QPainterPath fill;
    fill.addPolygon(line);
    fill.lineTo(plot.right(), plot.bottom());
    fill.lineTo(plot.left(), plot.bottom());
    QColor ground = synthetic ? theme().accent : theme().plotReal;
    ground.setAlpha(24);
    painter.fillPath(fill, ground);
    painter.setPen(seriesPen(synthetic));
    painter.drawPolyline(line);
}

void DensityPlot::paintAxis(QPainter& painter) const {
    const auto plot = area();
    painter.setPen(theme().edge);
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    painter.setFont(axisFont(font()));
    painter.setPen(theme().text2);
    const double top = height() - axisHeight + 2;
    const double step = niceStep((m_x.back() - m_x.front()) / 5);
    for (double tick = std::ceil(m_x.front() / step) * step; tick <= m_x.back() + step * 1e-9; tick += step)
        painter.drawText(QRectF(toX(tick) - 40, top, 80, 14), Qt::AlignCenter, axisNumber(tick, step));
    painter.drawText(QRectF(0, height() - 17, width(), 16), Qt::AlignCenter, m_xTitle);
}

void DensityPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_x.size() < 2 || !(m_x.back() > m_x.front())) {
        painter.setPen(theme().text2);
        painter.drawText(rect(), Qt::AlignCenter, tr("Too few tiles to draw"));
        return;
    }
    double peak = 1e-12;
    for (const auto* density : {&m_real, &m_synthetic})
        for (const double value : *density) peak = std::max(peak, value);
    paintCurve(painter, m_real, false, peak);
    paintCurve(painter, m_synthetic, true, peak);
    const auto plot = area();
    for (const bool synthetic : {false, true}) {
        QColor dot = synthetic ? theme().accent : theme().plotReal;
        dot.setAlpha(90);
        painter.setPen(Qt::NoPen);
        painter.setBrush(dot);
        const auto& values = synthetic ? m_syntheticTiles : m_realTiles;
        for (int i = 0; i < int(values.size()); ++i)
            if (std::isfinite(values[std::size_t(i)])) painter.drawEllipse(dotPosition(synthetic, i), 2, 2);
        if (!m_hasMedians) continue;
        painter.setPen(QPen(synthetic ? theme().accent : theme().plotReal, 2));
        painter.drawLine(QPointF(toX(m_medians[synthetic]), plot.bottom() - 9), QPointF(toX(m_medians[synthetic]), plot.bottom()));
    }
    if (!m_limitTitle.isEmpty()) {
        painter.setPen(QPen(theme().warn, 1.5));
        painter.drawLine(QPointF(toX(m_limit), plot.top()), QPointF(toX(m_limit), plot.bottom()));
        painter.setFont(axisFont(font()));
        painter.drawText(QPointF(toX(m_limit) + 5, plot.top() + 10), m_limitTitle);
    }
    paintAxis(painter);
}

int DensityPlot::dotAt(const QPointF& at, bool& synthetic) const {
    int best = -1;
    double nearest = nearEnough;
    if (m_x.size() < 2) return best;
    for (const bool row : {false, true}) {
        const auto count = int((row ? m_syntheticTiles : m_realTiles).size());
        for (int i = 0; i < count; ++i) {
            const auto offset = dotPosition(row, i) - at;
            const double distance = std::hypot(offset.x(), offset.y() * 1.5);
            if (distance < nearest) nearest = distance, best = i, synthetic = row;
        }
    }
    return best;
}

void DensityPlot::mousePressEvent(QMouseEvent* event) {
    bool synthetic = false;
    if (const int index = dotAt(event->position(), synthetic); index >= 0) Q_EMIT tileRequested(synthetic, index);
}

void DensityPlot::mouseMoveEvent(QMouseEvent* event) {
    bool synthetic = false;
    setCursor(dotAt(event->position(), synthetic) >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

} // namespace phloxine::ui
