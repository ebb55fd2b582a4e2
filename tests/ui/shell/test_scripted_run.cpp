// What a pathologist does in the first minute, with real key and mouse events on the real window: open the sample slide, choose a class,
// generate, move the slide meanwhile, export. No handler of the GUI thread may take more than 50 ms of its processor time during it.
#include <cstdio>
#include <memory>

#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "tests/support/machine.h"
#include "ui/bench/MeasuringApplication.h"
#include "ui/bridge/JobBridge.h"
#include "ui/generate/GeneratePage.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"
#include "ui/regions/RegionBench.h"
#include "ui/shell/MainWindow.h"
#include "ui/viewer/SlideView.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr double mostMilliseconds = 50;
constexpr int tiles = 2;

// Wall time between the beats of a 10 ms timer: how long the window was away, for whatever reason.
class Heartbeat : public QObject {
public:
    Heartbeat() {
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, [this] { m_gaps.push_back(double(m_clock.nsecsElapsed()) * 1e-6), m_clock.start(); });
    }
    void start() {
        m_clock.start();
        m_timer.start(10);
    }
    double percentile(double part) {
        if (m_gaps.empty()) return 0;
        std::sort(m_gaps.begin(), m_gaps.end());
        return m_gaps[std::min(m_gaps.size() - 1, std::size_t(part * double(m_gaps.size())))];
    }
    std::size_t count() const { return m_gaps.size(); }

private:
    QTimer m_timer;
    QElapsedTimer m_clock;
    std::vector<double> m_gaps;
};

MeasuringApplication& application() { return *static_cast<MeasuringApplication*>(qApp); }

} // namespace

class TestScriptedRun : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        qputenv("PHLOXINE_SETTINGS_DIR", m_folder.filePath(QStringLiteral("settings")).toLocal8Bit());
        qputenv("PHLOXINE_TILES", m_folder.filePath(QStringLiteral("tiles")).toLocal8Bit());
        applyTheme(ThemeChoice::Light);
        m_store = std::make_shared<ModelStore>();
        m_bridge = std::make_unique<JobBridge>();
        m_queue = std::make_unique<JobQueue>(m_store, *m_bridge, JobQueue::Options{.nice = 10});
        m_bridge->setQueue(m_queue.get());
        m_window = std::make_unique<MainWindow>(m_store, *m_bridge);
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->activateWindow(); // a bare X server has no window manager to do so
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_slide = m_window->findChild<SlideView*>();
        QVERIFY(m_slide);
        m_heartbeat.start();
        application().startMeasuring();
    }

    void opensTheSampleSlideByTheMenu() {
        clickMenu(QStringLiteral("&File"), QStringLiteral("openSampleSlide"));
        QTRY_VERIFY_WITH_TIMEOUT(m_slide->hasSlide() && !m_slide->isOpening(), 30'000);
        QTRY_COMPARE_WITH_TIMEOUT(m_slide->pendingTiles(), 0, 60'000);
    }

    void choosesAClassByClick() {
        auto* list = m_window->findChild<QListWidget*>(QStringLiteral("classList"));
        QVERIFY(list);
        QVERIFY(list->count() >= 2);
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->item(1)).center());
        QVERIFY(list->item(1)->isSelected());
        auto* count = m_window->findChild<QSpinBox*>(QStringLiteral("tilesSpin"));
        QVERIFY(count);
        count->setFocus();
        QTest::keyClick(count, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(count, QString::number(tiles));
        QTest::keyClick(count, Qt::Key_Tab);
        QCOMPARE(count->value(), tiles);
    }

    void generatesAndMovesTheSlideMeanwhile() {
        QCOMPARE(QApplication::activeWindow(), m_window.get()); // else no shortcut works
        QWidget* focused = QApplication::focusWidget();
        QTest::keyClick(focused ? focused : m_window.get(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->page()->busy(), 5'000);
        int drags = 0;
        QElapsedTimer limit;
        limit.start();
        while (m_window->page()->busy() && limit.elapsed() < 600'000) {
            drag(drags % 2 ? QPoint(-90, 60) : QPoint(80, -70));
            zoom(drags % 4 < 2 ? 1 : -1);
            QTest::qWait(30);
            ++drags;
        }
        QVERIFY(!m_window->page()->busy());
        QVERIFY(drags > 3);
        QCOMPARE(m_window->page()->galleryCount(), tiles);
    }

    void marksATileInTheLibrary() {
        QTest::keyClick(m_window.get(), Qt::Key_7, Qt::AltModifier);
        auto& model = m_window->library()->model();
        QTRY_COMPARE_WITH_TIMEOUT(model.count(), tiles, 10'000);
        QTRY_VERIFY(model.record(1));
        auto* gallery = m_window->findChild<TileGallery*>();
        QTest::mouseClick(gallery->viewport(), Qt::LeftButton, {}, gallery->cardRect(1).center());
        QTest::keyClick(gallery, Qt::Key_S);
        QTRY_VERIFY(model.record(1)->star);
        QTRY_VERIFY(m_window->findChild<QPushButton*>(QStringLiteral("remixButton")));
        QTest::keyClick(gallery, Qt::Key_Return);
        QTRY_VERIFY(m_window->findChild<QDialog*>(QStringLiteral("tilesDialog")));
        QTest::keyClick(m_window->findChild<QDialog*>(QStringLiteral("tilesDialog")), Qt::Key_Escape);
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void looksAtTheModels() {
        QTest::keyClick(m_window.get(), Qt::Key_6, Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->findChild<QWidget*>(QStringLiteral("reportLines")), 60'000);
        QTest::mouseClick(m_window->findChild<QPushButton*>(QStringLiteral("useModelButton")), Qt::LeftButton);
        QTRY_VERIFY(m_window->page()->isVisible());
    }

    void movesTheSlide() {
        const QPointF before = m_slide->centre();
        drag(QPoint(120, 80));
        QVERIFY(m_slide->centre() != before);
        QTRY_COMPARE_WITH_TIMEOUT(m_slide->pendingTiles(), 0, 60'000);
    }

    void drawsRegionsAndTakesTheirTissue() {
        auto& regions = m_window->page()->regions();
        m_slide->setFocus();
        QTest::keyClick(m_slide, Qt::Key_R);
        drag(QPoint(90, 70));
        QTest::keyClick(m_slide, Qt::Key_B);
        drag(QPoint(-120, 60)); // from inside the rectangle: it grows
        QTest::keyClick(m_slide, Qt::Key_P);
        for (const QPoint corner : {QPoint(20, 60), QPoint(120, 60), QPoint(70, 160)})
            QTest::mouseClick(m_slide, Qt::LeftButton, {}, corner);
        QTest::keyClick(m_slide, Qt::Key_Return);
        QCOMPARE(regions.document().count(), 2);
        for (const char* action : {"tissueRegion", "useAsInitial", "draftPrompt"}) {
            m_window->findChild<QAction*>(QLatin1String(action))->trigger();
            QTRY_VERIFY_WITH_TIMEOUT(!regions.busy(), 60'000);
        }
        QVERIFY(m_window->findChild<QWidget*>(QStringLiteral("startingPixels"))->isVisible());
        QTest::keyClick(m_slide, Qt::Key_Escape);
        for (int i = 0; i < 4; ++i) QTest::keyClick(m_slide, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(regions.document().count(), 0);
        QTest::mouseClick(m_window->findChild<QPushButton*>(QStringLiteral("removeStartingPixels")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!regions.busy(), 10'000);
    }

    void exportsThroughTheDialog() {
        const QString target = m_folder.filePath(QStringLiteral("export"));
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(m_window->findChild<QDialog*>(QStringLiteral("exportDialog")), 5'000);
        auto* dialog = m_window->findChild<QDialog*>(QStringLiteral("exportDialog"));
        auto* folder = dialog->findChild<QLineEdit*>(QStringLiteral("exportFolder"));
        QVERIFY(folder);
        folder->setFocus();
        QTest::keyClick(folder, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(folder, target);
        auto* run = dialog->findChild<QPushButton*>(QStringLiteral("exportRunButton"));
        QTRY_VERIFY(run->isEnabled());
        QTest::mouseClick(run, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(target + QStringLiteral("/SHA256SUMS")), 60'000);
        auto* result = dialog->findChild<QWidget*>(QStringLiteral("exportResult"));
        QTRY_VERIFY_WITH_TIMEOUT(result && result->isVisible(), 30'000);
        QVERIFY(QFile::exists(target + QStringLiteral("/set/train/metadata.jsonl")));
        QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("exportCloseButton")), Qt::LeftButton);
        QTRY_VERIFY(!m_window->findChild<QDialog*>(QStringLiteral("exportDialog")));
    }

    void noHandlerTookTooLong() {
        application().stopMeasuring();
        std::printf("heartbeat of 10 ms: %zu beats, median %.1f ms, p99 %.1f ms, longest %.1f ms\n", m_heartbeat.count(),
                    m_heartbeat.percentile(0.5), m_heartbeat.percentile(0.99), m_heartbeat.percentile(1));
        std::printf("%ld handlers; processor time of the slowest:\n", application().count());
        for (const auto& handler : application().slowest()) std::printf("  %6.2f ms  %s\n", handler.milliseconds, qPrintable(handler.what));
        std::fflush(stdout);
        QVERIFY(application().count() > 500);
        QVERIFY2(application().slowest().front().milliseconds <= mostMilliseconds * ui::testing::slowness(), qPrintable(application().slowest().front().what));
    }

    void cleanupTestCase() {
        m_window.reset();
        m_queue.reset();
        m_bridge.reset();
    }

private:
    void clickMenu(const QString& title, const QString& actionName) {
        QMenu* menu = nullptr;
        for (QAction* action : m_window->menuBar()->actions())
            if (action->text() == title) {
                menu = action->menu();
                QTest::mouseClick(m_window->menuBar(), Qt::LeftButton, {}, m_window->menuBar()->actionGeometry(action).center());
            }
        QVERIFY(menu);
        QTRY_VERIFY(menu->isVisible());
        auto* action = m_window->findChild<QAction*>(actionName);
        QVERIFY(action);
        QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
        QTRY_VERIFY(!menu->isVisible());
        m_window->activateWindow(); // a display without a window manager does not give it back
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void drag(QPoint way) {
        const QPoint from = m_slide->rect().center();
        QTest::mousePress(m_slide, Qt::LeftButton, {}, from);
        for (int step = 1; step <= 6; ++step) {
            const QPointF at = from + QPointF(way) * step / 6;
            QMouseEvent move(QEvent::MouseMove, at, m_slide->mapToGlobal(at), Qt::NoButton, Qt::LeftButton, {});
            QApplication::sendEvent(m_slide, &move); // QTest::mouseMove does not say that a button is down
            QTest::qWait(8);
        }
        QTest::mouseRelease(m_slide, Qt::LeftButton, {}, from + way);
    }

    void zoom(int notches) {
        const QPointF at = m_slide->rect().center();
        QWheelEvent wheel(at, m_slide->mapToGlobal(at), {}, QPoint(0, 120 * notches), {}, {}, Qt::NoScrollPhase, false);
        QApplication::sendEvent(m_slide, &wheel);
    }

    QTemporaryDir m_folder;
    std::shared_ptr<ModelStore> m_store;
    std::unique_ptr<JobBridge> m_bridge;
    std::unique_ptr<JobQueue> m_queue;
    std::unique_ptr<MainWindow> m_window;
    SlideView* m_slide = nullptr;
    Heartbeat m_heartbeat;
};

int test_ui_scripted_run(int argc, char** argv) {
    MeasuringApplication app(argc, argv);
    TestScriptedRun test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_scripted_run.moc"
