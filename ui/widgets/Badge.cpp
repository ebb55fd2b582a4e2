#include "ui/widgets/Badge.h"

#include <QLocale>
#include <QPainter>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {
namespace {

constexpr int badgeHeight = 20, padding = 8, iconPx = 14, iconGap = 4;

bool saysKind(Tone tone) { return tone == Tone::Real || tone == Tone::Synthetic; } // what a picture is, in capitals

QFont badgeFont(QFont font, Tone tone) {
    font.setPixelSize(11);
    font.setWeight(saysKind(tone) ? QFont::DemiBold : QFont::Medium);
    return font;
}

QString shownText(const QString& text, Tone tone) { return saysKind(tone) ? QLocale().toUpper(text) : text; }

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

QSize badgeSize(const QString& text, Tone tone, const QFont& font) {
    const int icon = lookOf(tone).icon.isEmpty() ? 0 : iconPx + iconGap;
    return {QFontMetrics(badgeFont(font, tone)).horizontalAdvance(shownText(text, tone)) + icon + 2 * padding, badgeHeight};
}

void paintBadge(QPainter& painter, QPoint corner, const QString& text, Tone tone, const QFont& font) {
    const ToneLook look = lookOf(tone);
    const QRect area(corner, badgeSize(text, tone, font));
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPen edge(Qt::NoPen);
    if (tone == Tone::Real) edge = QPen(theme().edge, 1);
    if (tone == Tone::Synthetic) edge = QPen(theme().accent, 1, Qt::CustomDashLine), edge.setDashPattern({4, 2});
    painter.setPen(edge);
    painter.setBrush(look.ground);
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    QRect line = area.adjusted(padding, 0, -padding, 0);
    if (!look.icon.isEmpty()) {
        const double ratio = painter.device()->devicePixelRatioF();
        painter.drawPixmap(line.left(), area.top() + (area.height() - iconPx) / 2, iconPixmap(look.icon, iconPx, look.text, ratio));
        line.setLeft(line.left() + iconPx + iconGap);
    }
    painter.setFont(badgeFont(font, tone));
    painter.setPen(look.text);
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft, shownText(text, tone));
    painter.restore();
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

QSize Badge::sizeHint() const { return badgeSize(m_text, m_tone, font()); }

void Badge::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintBadge(painter, {0, 0}, m_text, m_tone, font());
}

} // namespace phloxine::ui
