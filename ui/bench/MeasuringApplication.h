#pragma once
// An application that measures how much processor time of its own thread each handler of an event takes, and how much time passes: that
// also counts what other threads do on the same cores. Deliveries inside a delivery (a paint event and its children) belong to the outer
// one, so the figure of a handler is what the thread was away from its event loop.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include <QApplication>
#include <QEvent>
#include <QMetaEnum>

namespace phloxine::ui {

inline double threadCpuMs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
}

class MeasuringApplication : public QApplication {
public:
    using QApplication::QApplication;

    struct Handler {
        double milliseconds = 0;
        QString what; // receiver and event
    };

    void startMeasuring() {
        m_slowest.clear();
        m_wall.clear();
        m_measuring = true;
    }
    void stopMeasuring() { m_measuring = false; }
    std::size_t count() const { return m_wall.size(); }
    const std::vector<float>& wallMs() const { return m_wall; }       // of every handler, in their order
    const std::vector<Handler>& slowest() const { return m_slowest; } // at most ten, the slowest first

    bool notify(QObject* receiver, QEvent* event) override {
        if (!m_measuring || m_inside) return QApplication::notify(receiver, event);
        const QEvent::Type type = event->type();
        const QString name = QString::fromLatin1(receiver->metaObject()->className()) + QLatin1Char(' ') + receiver->objectName();
        m_inside = true;
        const auto began = std::chrono::steady_clock::now();
        const double start = threadCpuMs();
        const bool result = QApplication::notify(receiver, event); // the receiver may be gone after it
        const double taken = threadCpuMs() - start;
        m_inside = false;
        m_wall.push_back(std::chrono::duration<float, std::milli>(std::chrono::steady_clock::now() - began).count());
        note(name, type, taken);
        return result;
    }

private:
    void note(const QString& name, QEvent::Type type, double milliseconds) {
        if (m_slowest.size() == 10 && milliseconds <= m_slowest.back().milliseconds) return;
        const char* word = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
        m_slowest.push_back({milliseconds, name + QLatin1Char(' ') + QString::fromLatin1(word ? word : "user event")});
        std::sort(m_slowest.begin(), m_slowest.end(), [](const Handler& a, const Handler& b) { return a.milliseconds > b.milliseconds; });
        if (m_slowest.size() > 10) m_slowest.pop_back();
    }

    bool m_measuring = false, m_inside = false;
    std::vector<float> m_wall;
    std::vector<Handler> m_slowest;
};

} // namespace phloxine::ui
