#include "ui/train/LossPlot.h"

#include <algorithm>
#include <cmath>

#include <QPainter>

#include "ui/train/words.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/plot_painting.h"

namespace phloxine::ui {

namespace {
constexpr int leftMargin = 46, axisHeight = 40, ringRadius = 4;
} // namespace

LossPlot::LossPlot(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("lossPlot"));
    setMinimumSize(300, 170);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void LossPlot::setRun(const RunSnapshot& run, bool running) {
    m_run = run, m_running = running;
    const double planned = run.recipe ? double(mainSettings(*run.recipe).images()) : 0;
    m_total = std::max({planned, double(run.images), 1.0});
    chooseRange();
    QString summary =
        run.curve.empty()
            ? tr("No step yet")
            : tr("After %1 images the smoothed loss is %2").arg(imagesText(double(run.images)), shortNumber(run.curve.back().smooth));
    if (!run.heldOut.empty()) summary += tr(", on held-out tiles %1").arg(shortNumber(run.heldOut.back().loss));
    setAccessibleName(tr("Loss"));
    setAccessibleDescription(summary);
    setToolTip(summary);
    update();
}

// What most steps lie between; the first ones may start far above.
void LossPlot::chooseRange() {
    if (m_run.curve.empty()) return;
    double low = m_run.typicalLow, high = m_run.typicalHigh;
    for (const auto& held : m_run.heldOut) low = std::min(low, held.loss), high = std::max(high, held.loss);
    if (!(high > low)) high = low + std::max(1e-6, std::abs(low) * 0.1);
    m_step = niceStep((high - low) / 4);
    m_low = std::max(0.0, std::floor(low / m_step) * m_step), m_high = std::ceil(high / m_step) * m_step;
}

QRectF LossPlot::area() const { return QRectF(rect()).adjusted(leftMargin, 8, -16, -axisHeight); }

QPointF LossPlot::at(double images, double loss) const {
    const auto plot = area();
    return {plot.left() + images / m_total * plot.width(),
            plot.bottom() - (std::clamp(loss, m_low, m_high) - m_low) / (m_high - m_low) * plot.height()};
}

void LossPlot::paintAxes(QPainter& painter) const {
    const auto plot = area();
    painter.setFont(axisFont(font()));
    for (double y = m_low; y <= m_high + m_step * 1e-6; y += m_step) {
        const double top = at(0, y).y();
        painter.setPen(y == m_low ? theme().edge : theme().line);
        painter.drawLine(QPointF(plot.left(), top), QPointF(plot.right(), top));
        painter.setPen(theme().text2);
        painter.drawText(QRectF(0, top - 8, leftMargin - 8, 16), Qt::AlignRight | Qt::AlignVCenter, axisNumber(y, m_step));
    }
    const bool millions = m_total >= 1e6;
    const double unit = millions ? 1e6 : 1, step = niceStep(m_total / unit / std::max(2.0, plot.width() / 160));
    for (double x = 0; x <= m_total / unit + step * 1e-6; x += step)
        painter.drawText(QRectF(at(x * unit, 0).x() - 60, plot.bottom() + 4, 120, 14), Qt::AlignCenter, axisNumber(x, step));
    painter.drawText(QRectF(plot.left(), plot.bottom() + 21, plot.width(), 16), Qt::AlignCenter,
                     millions ? tr("Images seen, million") : tr("Images seen"));
}

void LossPlot::paintMark(QPainter& painter, double images, const QString& text) const {
    const auto plot = area();
    const double x = std::round(at(images, 0).x()) + 0.5;
    QPen pen(theme().text3, 1, Qt::CustomDashLine);
    pen.setDashPattern({1, 2});
    painter.setPen(pen);
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    painter.setFont(axisFont(font()));
    painter.setPen(theme().text2);
    const int width = painter.fontMetrics().horizontalAdvance(text);
    const bool left = x + 8 + width > plot.right();
    painter.drawText(QPointF(left ? x - 8 - width : x + 8, plot.top() + 11), text);
}

void LossPlot::paintLosses(QPainter& painter) const {
    QPolygonF steps, smooth;
    for (const auto& bin : m_run.curve) {
        steps << at(bin.images, bin.low);
        if (bin.high > bin.low) steps << at(bin.images, bin.high);
        smooth << at(bin.images, bin.smooth);
    }
    QColor thin = theme().plotReal;
    thin.setAlpha(theme().dark ? 110 : 120);
    painter.setPen(QPen(thin, 1));
    painter.drawPolyline(steps);
    painter.setPen(QPen(theme().plotReal, 2));
    painter.drawPolyline(smooth);
    painter.setPen(QPen(theme().accent, 2));
    painter.setBrush(theme().surface);
    for (const auto& held : m_run.heldOut) painter.drawEllipse(at(held.images, held.loss), ringRadius, ringRadius);
    painter.setBrush(Qt::NoBrush);
}

void LossPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_run.curve.empty()) {
        painter.setPen(theme().text2);
        painter.drawText(rect(), Qt::AlignCenter, tr("The loss appears with the first step."));
        return;
    }
    paintAxes(painter);
    paintLosses(painter);
    double last = -1e9; // labels of pauses that follow each other closely would cover each other
    for (const auto& pause : m_run.pauses) {
        const double x = at(pause.images, 0).x();
        const bool room = x - last > 120;
        const QString text = pause.seconds > 0 ? tr("paused %1").arg(longTimeText(pause.seconds)) : tr("interrupted");
        paintMark(painter, pause.images, room ? text : QString());
        if (room) last = x;
    }
    const double now = double(m_run.images);
    if (m_running && now < m_total * 0.98 && at(now, 0).x() - last > 120) paintMark(painter, now, tr("now, %1").arg(imagesText(now)));
}

} // namespace phloxine::ui
