// What the viewer costs: painting, jumping, opening, the GUI thread's handlers, the cache, and whether a wrong tile is ever left on the
// screen. Prints all of it; asserts only what does not depend on what else the machine does. PHLOXINE_BENCH_SLIDE names another slide.
#include <atomic>
#include <cstdio>
#include <thread>

#include <QElapsedTimer>
#include <QTest>

#include "core/base/Dice.h"
#include "tests/ui/shell/MeasuringApplication.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr QSize paneSize(1920, 1080);
constexpr int frames = 60, jumps = 200, timedJumps = 12;
constexpr double handlerMs = 50;
constexpr std::size_t cacheBytes = (std::size_t(256) + 64) << 20;

MeasuringApplication& application() { return *static_cast<MeasuringApplication*>(qApp); }

double percentile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, std::size_t(part * double(values.size())))];
}

struct Pane : SlideView {
    Pane() {
        resize(paneSize);
        show();
    }
    double open(const QString& path) { // milliseconds to the first picture
        QElapsedTimer clock;
        clock.start();
        bool there = false;
        const auto one = connect(this, &SlideView::overviewReady, this, [&] { there = true; });
        openSlide(path);
        const bool came = QTest::qWaitFor([&] { return there || (!isOpening() && pendingTiles() == 0); }, 20'000);
        repaint();
        disconnect(one);
        return came ? double(clock.nsecsElapsed()) * 1e-6 : -1;
    }
    bool sharp() {
        return QTest::qWaitFor([this] { return pendingTiles() == 0; }, 30'000);
    }
    void jump(Dice& dice) {
        const QSizeF all = slideSize();
        setCentre({std::floor(dice.uniform() * all.width()), std::floor(dice.uniform() * all.height())});
    }
    // Repaints with small moves, all tiles in the cache.
    struct Paints {
        std::vector<double> wall, cpu;
    };
    Paints paints() {
        Paints out;
        const QPointF middle = centre();
        for (int i = 0; i < frames; ++i) {
            setCentre(middle + QPointF(i % 3, i % 2)); // no new tile is needed
            QElapsedTimer clock;
            clock.start();
            const double cpu = threadCpuMs();
            repaint();
            out.cpu.push_back(threadCpuMs() - cpu);
            out.wall.push_back(double(clock.nsecsElapsed()) * 1e-6);
        }
        setCentre(middle);
        return out;
    }
};

struct Busy { // what a generation does to the cores
    Busy() {
        for (auto& thread : threads)
            thread = std::thread([this] {
                volatile double x = 1;
                while (!stop) x = x * 1.0000001 + 1e-9;
            });
    }
    ~Busy() {
        stop = true;
        for (auto& thread : threads) thread.join();
    }
    std::atomic<bool> stop = false;
    std::array<std::thread, 2> threads;
};

void say(const char* what, const std::vector<double>& ms) {
    std::printf("  %-44s median %6.2f ms, p95 %6.2f ms, worst %6.2f ms (n = %zu)\n", what, percentile(ms, 0.5), percentile(ms, 0.95),
                percentile(ms, 1), ms.size());
}

void say(const char* what, const Pane::Paints& paints) {
    say(what, paints.wall);
    say("  processor time", paints.cpu);
}

// Squares of 64 px of the pane that do not show what the slide has there, at one slide pixel per screen pixel.
int wrongSquares(Pane& pane, SlideSource& source) {
    const QRectF seen = pane.visibleLevel0();
    const QPoint corner(int(std::lround(seen.left())), int(std::lround(seen.top())));
    const QImage shown = pane.grab().toImage();
    const Image expected = source.read(0, corner.x(), corner.y(), pane.width(), pane.height());
    int wrong = 0;
    for (int top = 64; top + 128 < pane.height(); top += 64)         // the chips lie at the lower edge,
        for (int left = 64; left + 128 < pane.width(); left += 64) { // and the pane may look over the slide's edge
            const QPoint at = corner + QPoint(left, top);
            if (at.x() < 0 || at.y() < 0 || at.x() + 64 > pane.slideSize().width() || at.y() + 64 > pane.slideSize().height()) continue;
            bool same = true;
            for (int y = 0; y < 64 && same; y += 7)
                for (int x = 0; x < 64 && same; x += 7) {
                    const QRgb a = shown.pixel(left + x, top + y);
                    const auto* b = expected.pixel(left + x, top + y);
                    same = qRed(a) == b[0] && qGreen(a) == b[1] && qBlue(a) == b[2];
                }
            wrong += !same;
        }
    return wrong;
}

} // namespace

class ViewerSpeedTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void slide_data() {
        QTest::addColumn<QString>("path");
        QTest::newRow("synthetic") << QStringLiteral("synthetic:100000x100000");
        const QString named = qEnvironmentVariable("PHLOXINE_BENCH_SLIDE");
        QTest::newRow("file") << (named.isEmpty() ? sampleSlide() : named);
    }

    void slide() {
        QFETCH(QString, path);
        std::printf("%s, %d x %d px:\n", qPrintable(path), paneSize.width(), paneSize.height());
        application().startMeasuring();
        Pane pane;
        const double first = pane.open(path);
        QVERIFY(first >= 0);
        std::printf("  %-44s %6.1f ms\n", "first picture", first);
        const double mpp = pane.slideScale().micronsPerPixel;
        QVERIFY(mpp > 0);
        pane.setViewMicronsPerPixel(mpp * 1.3);
        QVERIFY(pane.sharp());
        say("paint", pane.paints());
        {
            const Busy busy;
            say("paint, two threads busy", pane.paints());
        }
        pane.setOrientation({1, true});
        QVERIFY(pane.sharp());
        say("paint, turned and flipped", pane.paints());
        pane.setOrientation({});
        timeJumps(pane);
        application().stopMeasuring();
        std::printf("  %-44s %6.2f ms: %s\n", "slowest handler, processor time", application().slowest().front().milliseconds,
                    qPrintable(application().slowest().front().what));
        std::printf("  %-44s %6.1f MiB\n", "tiles kept", double(pane.cachedBytes()) / (1 << 20));
        std::fflush(stdout);
        QVERIFY(application().slowest().front().milliseconds <= handlerMs);
        QVERIFY(pane.cachedBytes() <= cacheBytes);
    }

    void noStaleTileAfterManyJumps() {
        const QString other = QStringLiteral("synthetic:40000x30000");
        const QString last = QStringLiteral("synthetic:100000x100000");
        Pane pane;
        pane.resize(801, 601); // odd: the middle of the pane is the middle of a pixel, and the corner of the view a whole pixel
        pane.resize(800, 600);
        int wrong = 0, checked = 0;
        Dice dice(7);
        for (int i = 0; i < jumps; ++i) {
            if (i % 50 == 0) QVERIFY(pane.open(i % 100 == 0 ? other : last) >= 0);
            pane.setViewMicronsPerPixel(syntheticMpp);
            pane.jump(dice);
            QTest::qWait(i % 3);
            if (i % 40 != 39) continue; // after a while of jumps the picture must be that of the last one
            QVERIFY(pane.sharp());
            const auto source = i < 50 || (i >= 100 && i < 150) ? syntheticSlide(40000, 30000) : syntheticSlide(100000, 100000);
            wrong += wrongSquares(pane, *source);
            ++checked;
        }
        std::printf("%d jumps, %d pictures compared with the slide: %d squares of another place\n", jumps, checked, wrong);
        std::fflush(stdout);
        QCOMPARE(wrong, 0);
        QVERIFY(pane.cachedBytes() <= cacheBytes);
    }

private:
    void timeJumps(Pane& pane) {
        std::vector<double> there;
        Dice dice(3);
        for (int i = 0; i < timedJumps; ++i) {
            QElapsedTimer clock;
            clock.start();
            pane.jump(dice);
            if (!pane.sharp()) break;
            there.push_back(double(clock.nsecsElapsed()) * 1e-6);
        }
        QCOMPARE(int(there.size()), timedJumps);
        say("all tiles there after a jump", there);
    }
};

int main(int argc, char** argv) {
    MeasuringApplication app(argc, argv);
    ViewerSpeedTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_viewer_speed.moc"
