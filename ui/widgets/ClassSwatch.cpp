#include "ui/widgets/ClassSwatch.h"

#include <cmath>

#include <QApplication>
#include <QPainter>

namespace phloxine::ui {
namespace {

double luminance(const QColor& color) {
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

} // namespace

QColor readableOn(const QColor& ground) {
    const QColor dark(0x1B, 0x1B, 0x1B), light(Qt::white);
    const double y = luminance(ground) + 0.05;
    return y / (luminance(dark) + 0.05) >= 1.05 / y ? dark : light;
}

void paintClassSwatch(QPainter& painter, const QRect& area, const QString& code, const QColor& colour) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(QRectF(area), 3, 3);
    QFont font = QApplication::font();
    font.setPixelSize(11);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(readableOn(colour));
    painter.drawText(area, Qt::AlignCenter, code);
    painter.restore();
}

ClassSwatch::ClassSwatch(const QString& code, const QColor& colour, QWidget* parent) : QWidget(parent) {
    setFixedSize(sizeHint());
    setSwatch(code, colour);
}

void ClassSwatch::setSwatch(const QString& code, const QColor& colour) {
    m_code = code;
    m_colour = colour;
    setAccessibleName(tr("Class %1").arg(code));
    update();
}

void ClassSwatch::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintClassSwatch(painter, rect(), m_code, m_colour);
}

} // namespace phloxine::ui
