#include "ui/widgets/Theme.h"

#include <array>
#include <utility>

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QStyleOption>
#include <QWidget>

// Resources of a static library are left out by the linker unless somebody asks for them; Q_INIT_RESOURCE works outside a namespace only.
static void initResources() { Q_INIT_RESOURCE(icons); }

namespace phloxine::ui {
namespace {

QColor rgb(unsigned value) { return QColor::fromRgb(value); }

Theme makeLight() {
    Theme t;
    t.dark = false;
    t.rail = rgb(0xE9E9E9), t.panel = rgb(0xF4F4F4), t.surface = rgb(0xFFFFFF), t.hover = rgb(0xE4E4E4);
    t.line = rgb(0xD8D8D8), t.edge = rgb(0x868686);
    t.text = rgb(0x1B1B1B), t.text2 = rgb(0x545454), t.text3 = rgb(0x6E6E6E), t.disabled = rgb(0x9A9A9A);
    t.accent = rgb(0x0B6770), t.onAccent = rgb(0xFFFFFF), t.accentHover = rgb(0x095860);
    t.soft = rgb(0xD9ECEE), t.softText = rgb(0x0A4D54);
    t.ok = rgb(0x2B6A34), t.okBg = rgb(0xE3F0E4), t.warn = rgb(0x7D4E00), t.warnBg = rgb(0xFBEFD5);
    t.err = rgb(0xA3201D), t.errBg = rgb(0xFAE4E2), t.info = rgb(0x2C5A8C), t.infoBg = rgb(0xE3EDF7);
    t.canvas = rgb(0xA8A8A8), t.canvasText = rgb(0x141414);
    t.track = rgb(0xDADADA), t.plotReal = rgb(0x3A3A3A);
    return t;
}

Theme makeDark() {
    Theme t;
    t.dark = true;
    t.rail = rgb(0x1A1A1A), t.panel = rgb(0x242424), t.surface = rgb(0x2F2F2F), t.hover = rgb(0x383838);
    t.line = rgb(0x3A3A3A), t.edge = rgb(0x868686);
    t.text = rgb(0xEDEDED), t.text2 = rgb(0xB8B8B8), t.text3 = rgb(0x9C9C9C), t.disabled = rgb(0x6C6C6C);
    t.accent = rgb(0x63C5CD), t.onAccent = rgb(0x06272A), t.accentHover = rgb(0x7FD3DA);
    t.soft = rgb(0x1F4145), t.softText = rgb(0xB9E7EB);
    t.ok = rgb(0x8CCB93), t.okBg = rgb(0x22362A), t.warn = rgb(0xEDBE6B), t.warnBg = rgb(0x3D3220);
    t.err = rgb(0xF19A95), t.errBg = rgb(0x452726), t.info = rgb(0x9CC3EC), t.infoBg = rgb(0x24344A);
    t.canvas = rgb(0x454545), t.canvasText = rgb(0xF2F2F2);
    t.track = rgb(0x424242), t.plotReal = rgb(0xD0D0D0);
    return t;
}

Theme makeContrast(bool dark) {
    Theme t = dark ? makeDark() : makeLight();
    const QColor ground = dark ? Qt::black : Qt::white, ink = dark ? Qt::white : Qt::black;
    t.rail = t.panel = t.surface = t.okBg = t.warnBg = t.errBg = t.infoBg = ground;
    t.hover = t.soft = dark ? rgb(0x303030) : rgb(0xE0E0E0);
    t.line = t.edge = t.text = t.text2 = t.text3 = t.softText = t.plotReal = ink;
    t.disabled = dark ? rgb(0x9C9C9C) : rgb(0x6E6E6E);
    t.accent = dark ? rgb(0x7FE9F2) : rgb(0x00484F), t.accentHover = dark ? rgb(0xB8F6FB) : rgb(0x00333A), t.onAccent = ground;
    t.ok = dark ? rgb(0x9BE8A4) : rgb(0x1B5224), t.warn = dark ? rgb(0xFFD98A) : rgb(0x5C3900);
    t.err = dark ? rgb(0xFFB0AC) : rgb(0x8A1512), t.info = dark ? rgb(0xA9D2FF) : rgb(0x1B4470);
    t.track = dark ? rgb(0x505050) : rgb(0xC8C8C8);
    return t;
}

// Fusion, but check boxes have the edges of the theme, and letters of menus and labels are not underlined. Alt and the letter work all the
// same.
class ProgramStyle : public QProxyStyle {
public:
    ProgramStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}
    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* data) const override {
        return hint == SH_UnderlineShortcut ? 0 : QProxyStyle::styleHint(hint, option, widget, data);
    }
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const override {
        if (element != PE_IndicatorCheckBox) return QProxyStyle::drawPrimitive(element, option, painter, widget);
        const bool enabled = option->state & State_Enabled;
        const QRectF box = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(enabled ? theme().edge : theme().line); // Fusion's own edge cannot be seen on a dark ground
        painter->setBrush(enabled ? theme().surface : theme().panel);
        painter->drawRoundedRect(box, 3, 3);
        painter->setPen(QPen(enabled ? theme().text : theme().disabled, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        const auto at = [&](double x, double y) { return box.topLeft() + QPointF(x * box.width(), y * box.height()); };
        if (option->state & State_On) painter->drawPolyline(QPolygonF{{at(0.22, 0.52), at(0.42, 0.72), at(0.78, 0.28)}});
        if (option->state & State_NoChange) painter->drawLine(at(0.25, 0.5), at(0.75, 0.5));
        painter->restore();
    }
};

ThemeChoice chosen = ThemeChoice::System;
bool motionReduced = false;
const Theme* current = nullptr;

// Qt 6.4 does not tell the colour scheme of the system, but the palette it started with does.
bool systemIsDark() {
    static const bool dark = QApplication::palette().color(QPalette::Window).lightness() < 128;
    return dark;
}

QPalette paletteOf(const Theme& t) {
    QPalette p;
    const std::array<std::pair<QPalette::ColorRole, QColor>, 18> roles{{
        {QPalette::Window, t.panel},
        {QPalette::WindowText, t.text},
        {QPalette::Base, t.surface},
        {QPalette::AlternateBase, t.panel},
        {QPalette::Text, t.text},
        {QPalette::PlaceholderText, t.text3},
        {QPalette::Button, t.surface},
        {QPalette::ButtonText, t.text},
        {QPalette::BrightText, t.err},
        {QPalette::Highlight, t.soft},
        {QPalette::HighlightedText, t.softText},
        {QPalette::Link, t.accent},
        {QPalette::LinkVisited, t.accent},
        {QPalette::ToolTipBase, t.surface},
        {QPalette::ToolTipText, t.text},
        {QPalette::Mid, t.edge},
        {QPalette::Dark, t.edge},
        {QPalette::Light, t.surface},
    }};
    for (const auto& [role, color] : roles) p.setColor(role, color);
    p.setColor(QPalette::Midlight, t.line);
    p.setColor(QPalette::Shadow, t.line);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, t.disabled);
    for (const auto role : {QPalette::Base, QPalette::Button}) p.setColor(QPalette::Disabled, role, t.panel);
    return p;
}

QString styleSheetOf(const Theme& t) {
    QFile file(QStringLiteral(":/style/phloxine.qss"));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QString sheet = QString::fromUtf8(file.readAll());
    const std::pair<const char*, QColor> tokens[] = {
        {"rail", t.rail},
        {"panel", t.panel},
        {"surface", t.surface},
        {"hover", t.hover},
        {"line", t.line},
        {"edge", t.edge},
        {"text", t.text},
        {"text2", t.text2},
        {"text3", t.text3},
        {"disabled", t.disabled},
        {"accent", t.accent},
        {"onAccent", t.onAccent},
        {"accentHover", t.accentHover},
        {"soft", t.soft},
        {"softText", t.softText},
        {"ok", t.ok},
        {"okBg", t.okBg},
        {"warn", t.warn},
        {"warnBg", t.warnBg},
        {"err", t.err},
        {"errBg", t.errBg},
        {"info", t.info},
        {"infoBg", t.infoBg},
        {"track", t.track},
        {"canvas", t.canvas},
        {"canvasText", t.canvasText},
    };
    for (const auto& [name, color] : tokens) sheet.replace(QLatin1Char('@') + QLatin1String(name) + QLatin1Char('@'), color.name());
    return sheet.replace(QLatin1String("@mode@"), t.dark ? QLatin1String("dark") : QLatin1String("light"));
}

QFont programFont() {
    QFont font(QStringList{QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("Noto Sans CJK SC")});
    font.setPixelSize(13);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

} // namespace

const Theme& lightTheme() {
    static const Theme light = makeLight();
    return light;
}

const Theme& darkTheme() {
    static const Theme dark = makeDark();
    return dark;
}

const Theme& contrastTheme(bool dark) {
    static const Theme onWhite = makeContrast(false), onBlack = makeContrast(true);
    return dark ? onBlack : onWhite;
}

const Theme& theme() { return current ? *current : lightTheme(); }

ThemeChoice themeChoice() { return chosen; }

bool reducedMotion() { return motionReduced; }
void setReducedMotion(bool reduced) { motionReduced = reduced; }

void applyTheme(ThemeChoice choice) {
    initResources();
    const bool systemDark = systemIsDark(); // asked before the first palette of our own
    chosen = choice;
    const bool dark = choice == ThemeChoice::Dark || (choice != ThemeChoice::Light && systemDark);
    const Theme& wanted = choice == ThemeChoice::Contrast ? contrastTheme(dark) : dark ? darkTheme() : lightTheme();
    const bool first = !current;
    if (!first && current == &wanted) return;
    current = &wanted;
    if (first) {
        QApplication::setStyle(new ProgramStyle);
        QApplication::setFont(programFont());
    }
    QPixmapCache::clear(); // pictures of icons in the old colours
    QApplication::setPalette(paletteOf(wanted));
    qApp->setStyleSheet(styleSheetOf(wanted));
    for (QWidget* widget : QApplication::allWidgets()) widget->update();
}

} // namespace phloxine::ui
