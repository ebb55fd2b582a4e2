// What the viewer costs, on the synthetic slide and on a file, and whether a wrong tile is ever left on the screen. Prints all of it;
// asserts only what does not depend on what else the machine does. PHLOXINE_BENCH_SLIDE names another slide.
#include <array>
#include <atomic>
#include <cstdio>
#include <thread>

#include <QTest>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/bench/pane_bench.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr int jumps = 200;

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

void say(const Json& row) {
    std::printf("%-44s median %8.2f ms, p95 %8.2f ms  %s\n", row.at("name").get<std::string>().c_str(),
                row.value("seconds_median", 0.0) * 1000, row.value("seconds_p95", 0.0) * 1000, row.at("note").get<std::string>().c_str());
    std::fflush(stdout);
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
        auto& application = *static_cast<MeasuringApplication*>(qApp);
        const PaneFigures figures = measurePane(application, path, [] { return std::make_shared<Busy>(); });
        for (const Json& row : toJson(figures, QTest::currentDataTag())) say(row);
        QVERIFY2(figures.slowestHandlerCpu <= handlerBoundMs, qPrintable(figures.slowestHandler));
        QVERIFY(figures.keptBytes <= figures.keptBound);
    }

    void noStaleTileAfterManyJumps() {
        const StaleTiles stale = findStaleTiles(jumps);
        say(toJson(stale));
        QCOMPARE(stale.pictures, jumps / 10);
        QVERIFY(stale.squares > 100 * stale.pictures / 4); // most pictures lie on the slide as a whole
        QCOMPARE(stale.wrong, 0);
    }

    void aSlideThatIsNotThereIsAnError() {
        auto& application = *static_cast<MeasuringApplication*>(qApp);
        QVERIFY_EXCEPTION_THROWN(measurePane(application, QStringLiteral("/nowhere/slide.svs"), [] { return nullptr; }), Error);
    }
};

int test_ui_viewer_speed(int argc, char** argv) {
    MeasuringApplication app(argc, argv);
    ViewerSpeedTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_viewer_speed.moc"
