#pragma once
// An application that measures how much processor time of its own thread each handler of an event takes. Wall time would count what other
// threads do on the same cores. A handler that runs an event loop of its own (a dialog) is not counted for what happens inside that loop.
#include <algorithm>
#include <ctime>
#include <vector>

#include <QApplication>
#include <QEvent>
#include <QMetaEnum>

class MeasuringApplication : public QApplication {
public:
    using QApplication::QApplication;

    struct Handler {
        double milliseconds = 0;
        QString what; // receiver and event
    };

    void startMeasuring() { m_measuring = true, m_slowest.clear(), m_count = 0; }
    void stopMeasuring() { m_measuring = false; }
    long count() const { return m_count; }
    const std::vector<Handler>& slowest() const { return m_slowest; } // at most ten, the slowest first

    bool notify(QObject* receiver, QEvent* event) override {
        if (!m_measuring) return QApplication::notify(receiver, event);
        const QEvent::Type type = event->type();
        const QString name = QString::fromLatin1(receiver->metaObject()->className()) + QLatin1Char(' ') + receiver->objectName();
        const double outer = m_inner;
        m_inner = 0;
        const double start = threadMilliseconds();
        const bool result = QApplication::notify(receiver, event);
        const double whole = threadMilliseconds() - start;
        // Handlers inside this one that the event loop of a dialog called are events of their own; nested deliveries of the same
        // handler (a paint event and its children) belong to it. Only posted loops are told apart, by m_loopDepth.
        note(name, type, m_modal ? whole - m_inner : whole);
        m_inner = outer + whole;
        return result;
    }

    // While a dialog of its own loop is open, its opener would otherwise be charged with all that happens in it.
    void setModal(bool modal) { m_modal = modal; }

private:
    static double threadMilliseconds() {
        timespec now{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
    }

    void note(const QString& name, QEvent::Type type, double milliseconds) {
        ++m_count;
        if (m_slowest.size() == 10 && milliseconds <= m_slowest.back().milliseconds) return;
        const char* word = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
        m_slowest.push_back({milliseconds, name + QLatin1Char(' ') + QString::fromLatin1(word ? word : "user event")});
        std::sort(m_slowest.begin(), m_slowest.end(), [](const Handler& a, const Handler& b) { return a.milliseconds > b.milliseconds; });
        if (m_slowest.size() > 10) m_slowest.pop_back();
    }

    bool m_measuring = false, m_modal = false;
    double m_inner = 0;
    long m_count = 0;
    std::vector<Handler> m_slowest;
};
