#include "ui/compare/DotPlot.h"

#include <algorithm>
#include <cmath>

#include <QLocale>
#include <QPainter>

#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/plot_painting.h"

namespace phloxine::ui {

namespace {
constexpr int rowHeight = 44, dotAxisHeight = 24, labels = 64;
} // namespace

DotPlot::DotPlot(QWidget* parent) : QWidget(parent) { setMinimumWidth(220); }

void DotPlot::setRows(std::vector<Row> rows) {
    m_rows = std::move(rows);
    m_low = 0.9;
    QStringList words;
    for (const Row& row : m_rows) {
        m_low = std::min({m_low, row.numbers.realLow, row.numbers.syntheticLow});
        words << tr("%1: real %2 %, synthetic %3 %")
                     .arg(row.title)
                     .arg(std::lround(row.numbers.real * 100))
                     .arg(std::lround(row.numbers.synthetic * 100));
    }
    m_low = std::max(0.0, std::floor(m_low * 10) / 10);
    setAccessibleName(tr("Prompt adherence"));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    setToolTip(words.join(QLatin1Char('\n')));
    setMinimumHeight(sizeHint().height());
    updateGeometry();
    update();
}

QSize DotPlot::sizeHint() const { return {320, int(m_rows.size()) * rowHeight + dotAxisHeight}; }

double DotPlot::toX(double share) const { return labels + (std::clamp(share, m_low, 1.0) - m_low) / (1 - m_low) * (width() - labels - 20); }

void DotPlot::paintRow(QPainter& painter, const Row& row, int top) const {
    const QRect swatch(8, top + rowHeight / 2 - 10, 32, 20);
    if (!row.code.isEmpty()) paintClassSwatch(painter, swatch, row.code, row.colour);
    else {
        painter.setPen(theme().text);
        painter.drawText(QRect(0, top, labels - 8, rowHeight), Qt::AlignCenter,
                         painter.fontMetrics().elidedText(row.title, Qt::ElideRight, labels - 8));
    }
    const auto draw = [&](double value, double low, double high, double y, bool synthetic) {
        const QColor colour = synthetic ? theme().accent : theme().plotReal;
        painter.setPen(QPen(colour, 2));
        painter.drawLine(QPointF(toX(low), y), QPointF(toX(high), y));
        painter.setBrush(synthetic ? theme().surface : colour);
        painter.drawEllipse(QPointF(toX(value), y), 5, 5);
    };
    const auto& n = row.numbers;
    draw(n.real, n.realLow, n.realHigh, top + rowHeight / 2. - 6, false);
    draw(n.synthetic, n.syntheticLow, n.syntheticHigh, top + rowHeight / 2. + 7, true);
}

void DotPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(axisFont(font()));
    const int bottom = int(m_rows.size()) * rowHeight;
    const double step = niceStep((1 - m_low) / 5);
    for (double tick = m_low; tick <= 1 + 1e-9; tick += step) {
        painter.setPen(theme().line);
        painter.drawLine(QPointF(toX(tick), 0), QPointF(toX(tick), bottom));
        painter.setPen(theme().text2);
        painter.drawText(QRectF(toX(tick) - 30, bottom + 4, 60, 16), Qt::AlignCenter,
                         tr("%1 %").arg(QLocale().toString(tick * 100, 'f', 0)));
    }
    int top = 0;
    for (const Row& row : m_rows) paintRow(painter, row, top), top += rowHeight;
}

} // namespace phloxine::ui
