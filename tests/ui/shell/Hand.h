#pragma once
// A hand on the mouse and the keyboard. On an X server with xdotool its events come from the server, as a person's do; elsewhere Qt makes
// them. What a key or click opens is served by the event loop that follows.
#include <QApplication>
#include <QKeySequence>
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

namespace phloxine::ui {

class Hand {
public:
    Hand()
        : m_xdotool(QGuiApplication::platformName() == QLatin1String("xcb") ? QStandardPaths::findExecutable(QStringLiteral("xdotool"))
                                                                            : QString()) {}
    bool isReal() const { return !m_xdotool.isEmpty(); }

    void click(QWidget* widget, QPoint at, bool control = false) {
        if (!isReal()) return QTest::mouseClick(widget, Qt::LeftButton, control ? Qt::ControlModifier : Qt::NoModifier, at);
        const QPoint place = widget->mapToGlobal(at);
        QStringList words{QStringLiteral("mousemove"), QString::number(place.x()), QString::number(place.y())};
        if (control) words << QStringLiteral("keydown") << QStringLiteral("ctrl");
        words << QStringLiteral("click") << QStringLiteral("1");
        if (control) words << QStringLiteral("keyup") << QStringLiteral("ctrl");
        send(words);
    }
    void click(QWidget* widget) { click(widget, widget->rect().center()); }

    void drag(QWidget* widget, QPoint from, QPoint to) {
        if (!isReal()) {
            QTest::mousePress(widget, Qt::LeftButton, {}, from);
            QTest::mouseMove(widget, (from + to) / 2);
            QTest::mouseMove(widget, to);
            return QTest::mouseRelease(widget, Qt::LeftButton, {}, to);
        }
        move(widget, from);
        send({QStringLiteral("mousedown"), QStringLiteral("1")});
        move(widget, (from + to) / 2);
        move(widget, to);
        send({QStringLiteral("mouseup"), QStringLiteral("1")});
    }

    void wheel(QWidget* widget, QPoint at, int steps) { // > 0: away from the user
        if (isReal()) {
            move(widget, at);
            for (int i = 0; i < std::abs(steps); ++i)
                send({QStringLiteral("click"), steps > 0 ? QStringLiteral("4") : QStringLiteral("5")});
            return;
        }
        QWheelEvent event(at, widget->mapToGlobal(at), {}, {0, 120 * steps}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(widget, &event);
    }

    void key(const char* keys) { // "Ctrl+Return", to what has the focus
        const QKeyCombination combination = QKeySequence(QString::fromLatin1(keys), QKeySequence::PortableText)[0];
        if (!isReal()) return QTest::keyClick(target(), combination.key(), combination.keyboardModifiers());
        QStringList parts = QString::fromLatin1(keys).split(QLatin1Char('+'));
        for (QString& part : parts)
            for (const auto& [ours, theirs] : {std::pair{"Ctrl", "ctrl"},
                                               {"Shift", "shift"},
                                               {"Alt", "alt"},
                                               {"Del", "Delete"},
                                               {"Esc", "Escape"},
                                               {"]", "bracketright"},
                                               {"[", "bracketleft"},
                                               {",", "comma"}})
                if (part == QLatin1String(ours)) part = QString::fromLatin1(theirs);
        if (parts.last().size() == 1) parts.last() = parts.last().toLower(); // an upper case letter would mean Shift
        send({QStringLiteral("key"), parts.join(QLatin1Char('+'))});
    }

    void type(const QString& text) {
        if (!isReal()) return QTest::keyClicks(target(), text);
        send({QStringLiteral("type"), QStringLiteral("--delay"), QStringLiteral("5"), text});
    }

private:
    static QWidget* target() {
        QWidget* focus = QApplication::focusWidget();
        return focus ? focus : QApplication::activeWindow();
    }
    void move(QWidget* widget, QPoint at) {
        const QPoint place = widget->mapToGlobal(at);
        send({QStringLiteral("mousemove"), QString::number(place.x()), QString::number(place.y())});
    }
    void send(const QStringList& words) {
        if (QProcess::execute(m_xdotool, words) != 0)
            throw std::runtime_error("xdotool did not do " + words.join(QLatin1Char(' ')).toStdString());
        QTest::qWait(30); // the server sends the events back
    }

    QString m_xdotool;
};

} // namespace phloxine::ui
