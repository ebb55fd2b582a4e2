// Text can be read in both themes, changes of theme reach everything without a restart, and icons follow.
#include <cmath>

#include <QApplication>
#include <QPushButton>
#include <QTest>

#include "tests/support/test_main.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

using namespace phloxine::ui;

Q_DECLARE_METATYPE(const Theme*)

namespace {

double luminance(const QColor& color) {
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor inkOf(const QIcon& icon, QIcon::Mode mode = QIcon::Normal) { // the strongest pixel
    const QImage image = icon.pixmap(QSize(48, 48), mode).toImage().convertToFormat(QImage::Format_ARGB32);
    QRgb best = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (qAlpha(image.pixel(x, y)) > qAlpha(best)) best = image.pixel(x, y);
    return QColor::fromRgb(best);
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void textHasContrast_data() {
        QTest::addColumn<const Theme*>("chosen");
        QTest::addColumn<double>("least");
        QTest::newRow("light") << &lightTheme() << 4.5;
        QTest::newRow("dark") << &darkTheme() << 4.5;
        QTest::newRow("contrast on white") << &contrastTheme(false) << 7.0;
        QTest::newRow("contrast on black") << &contrastTheme(true) << 7.0;
    }
    void textHasContrast() {
        QFETCH(const Theme*, chosen);
        QFETCH(double, least);
        const Theme& t = *chosen;
        const std::pair<const char*, QColor> texts[] = {{"text", t.text}, {"text2", t.text2}, {"text3", t.text3}, {"accent", t.accent},
                                                        {"ok", t.ok},     {"warn", t.warn},   {"err", t.err},     {"info", t.info}};
        for (const auto& [name, color] : texts)
            for (const QColor& ground : {t.panel, t.surface}) QVERIFY2(contrast(color, ground) >= least, name);
        for (const auto& [color, ground] : {std::pair(t.ok, t.okBg),
                                            {t.warn, t.warnBg},
                                            {t.err, t.errBg},
                                            {t.info, t.infoBg},
                                            {t.softText, t.soft},
                                            {t.onAccent, t.accent},
                                            {t.onAccent, t.accentHover},
                                            {t.text2, t.rail},
                                            {t.canvasText, t.canvas},
                                            {t.text, t.warnBg},
                                            {t.text, t.errBg}})
            QVERIFY2(contrast(color, ground) >= least, qPrintable(color.name() + QStringLiteral(" on ") + ground.name()));
        for (const QColor& ground : {t.panel, t.surface}) QVERIFY(contrast(t.edge, ground) >= 3); // edges of controls
    }

    void chromeIsGrey() {
        for (const Theme* t : {&lightTheme(), &darkTheme(), &contrastTheme(false), &contrastTheme(true)})
            for (const QColor& c : {t->rail, t->panel, t->surface, t->hover, t->line, t->edge, t->text, t->text2, t->canvas, t->track})
                QVERIFY(c.red() == c.green() && c.green() == c.blue());
    }

    void codesCanBeReadOnTheirColour() {
        for (const char* colour : {"#E69F00", "#56B4E9", "#009E73", "#0072B2", "#F0E442"})
            QVERIFY(contrast(readableOn(QColor(colour)), QColor(colour)) >= 4.5);
    }

    void changesWithoutRestart() {
        applyTheme(ThemeChoice::Light);
        QPushButton button(icon("clock"), QStringLiteral("Wait"));
        button.show();
        QCOMPARE(QApplication::palette().color(QPalette::Window), lightTheme().panel);
        QCOMPARE(inkOf(button.icon()), lightTheme().text);
        applyTheme(ThemeChoice::Dark);
        QVERIFY(theme().dark);
        QCOMPARE(QApplication::palette().color(QPalette::Window), darkTheme().panel);
        QCOMPARE(inkOf(button.icon()), darkTheme().text);
        QCOMPARE(inkOf(button.icon(), QIcon::Disabled), darkTheme().disabled);
        QVERIFY(!qApp->styleSheet().contains(QLatin1Char('@'))); // all tokens known
        QVERIFY(qApp->styleSheet().size() > 1000);
    }

    void everyIconIsThere() {
        for (const char* name : {"sparkles",     "settings", "folder-open", "player-stop", "plus",         "dice-5",      "recycle",
                                 "circle-check", "clock",    "hourglass",   "x",           "microscope",   "photo",       "download",
                                 "link",         "cpu",      "cloud-off",   "refresh",     "chevron-down", "player-play", "alert-triangle",
                                 "alert-circle", "copy",     "info-circle", "shield"})
            QVERIFY2(inkOf(icon(name)).isValid() && qAlpha(inkOf(icon(name)).rgba()) > 0, name);
        QVERIFY(!iconPixmap(QStringLiteral("clock"), 16, Qt::red, 2).isNull());
        QCOMPARE(iconPixmap(QStringLiteral("clock"), 16, Qt::red, 2).size(), QSize(32, 32));
    }
};

PHLOXINE_TEST(ui_theme, TestTheme, QApplication)
#include "test_theme.moc"
