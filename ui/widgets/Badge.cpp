#include "ui/widgets/Badge.h"

#include <QLocale>
#include <QPainter>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {
namespace {

constexpr int badgeHeight = 20, padding = 8, iconPx = 14, iconGap = 4;

} // namespace

ToneLook lookOf(Tone tone) {
    const Theme& t = theme();
    switch (tone) {
    case Tone::Neutral:
        return {t.text, t.hover, {}};
    case Tone::Ok:
        return {t.ok, t.okBg, QStringLiteral("circle-check")};
    case Tone::Warn:
        return {t.warn, t.warnBg, QStringLiteral("alert-triangle")};
    case Tone::Err:
        return {t.err, t.errBg, QStringLiteral("alert-circle")};
    case Tone::Info:
        return {t.info, t.infoBg, QStringLiteral("info-circle")};
    case Tone::Synthetic:
        return {t.softText, t.soft, {}};
    case Tone::Real:
        return {t.text, t.surface, {}};
    }
    return {t.text, t.hover, {}};
}

Badge::Badge(const QString& text, Tone tone, QWidget* parent) : QWidget(parent), m_tone(tone) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setText(text);
}

void Badge::setText(const QString& text) {
    m_text = text;
    setAccessibleName(text);
    updateGeometry();
    update();
}

void Badge::setTone(Tone tone) {
    m_tone = tone;
    updateGeometry();
    update();
}

QFont Badge::textFont() const {
    QFont result = font();
    result.setPixelSize(11);
    result.setWeight(m_tone == Tone::Real || m_tone == Tone::Synthetic ? QFont::DemiBold : QFont::Medium);
    return result;
}

QString Badge::shownText() const { return m_tone == Tone::Real || m_tone == Tone::Synthetic ? locale().toUpper(m_text) : m_text; }

QSize Badge::sizeHint() const {
    const int icon = lookOf(m_tone).icon.isEmpty() ? 0 : iconPx + iconGap;
    return {QFontMetrics(textFont()).horizontalAdvance(shownText()) + icon + 2 * padding, badgeHeight};
}

void Badge::paintEvent(QPaintEvent*) {
    const ToneLook look = lookOf(m_tone);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen edge(Qt::NoPen);
    if (m_tone == Tone::Real) edge = QPen(theme().edge, 1);
    if (m_tone == Tone::Synthetic) edge = QPen(theme().accent, 1, Qt::CustomDashLine), edge.setDashPattern({4, 2});
    painter.setPen(edge);
    painter.setBrush(look.ground);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    QRect line = rect().adjusted(padding, 0, -padding, 0);
    if (!look.icon.isEmpty()) {
        painter.drawPixmap(line.left(), (height() - iconPx) / 2, iconPixmap(look.icon, iconPx, look.text, devicePixelRatioF()));
        line.setLeft(line.left() + iconPx + iconGap);
    }
    painter.setFont(textFont());
    painter.setPen(look.text);
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft, shownText());
}

} // namespace phloxine::ui
