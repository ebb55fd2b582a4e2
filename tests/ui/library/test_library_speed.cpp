// 100,000 tiles in the window: what it costs the GUI thread to scroll through them, to choose all of them and to narrow them down.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include <QComboBox>
#include <QPainter>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>

#include "core/bench/library.h"
#include "tests/ui/shell/MeasuringApplication.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr int tiles = 100'000, frames = 200;
constexpr double frameMs = 16.7, handlerMs = 50;

double cpuMs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
}

double percentile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, std::size_t(part * double(values.size())))];
}

MeasuringApplication& application() { return *static_cast<MeasuringApplication*>(qApp); }

} // namespace

class LibrarySpeedTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        applyTheme(ThemeChoice::Light);
        makeLibrary(m_folder.path().toStdString(), tiles);
        m_page = std::make_unique<LibraryPage>(m_project);
        m_page->resize(1920, 1000);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
        m_gallery = m_page->findChild<TileGallery*>();
        application().startMeasuring();
        m_project.open(m_folder.path());
        QTRY_COMPARE_WITH_TIMEOUT(m_page->model().count(), tiles, 20'000);
        QTRY_VERIFY(m_page->model().record(0));
    }

    // One frame: the bar moves, records and pictures are asked for, what came meanwhile is taken, and the whole gallery is drawn.
    void scrollingKeepsTheFrames() {
        auto* bar = m_gallery->verticalScrollBar();
        std::vector<double> smooth, far;
        for (int frame = 0; frame < frames; ++frame) {
            const bool jump = frame % 4 == 3;
            const double start = cpuMs();
            bar->setValue(jump ? int(double(bar->maximum()) * (frame * 37 % frames) / frames) : bar->value() + 90);
            QCoreApplication::sendPostedEvents(); // the paint is among them
            (jump ? far : smooth).push_back(cpuMs() - start);
            QTest::qWait(2);
        }
        std::printf(
            "100,000 tiles, %d cards on screen, processor time a frame: scrolling median %.1f ms, p95 %.1f ms; jumping p95 %.1f ms\n",
            m_gallery->shown().second - m_gallery->shown().first, percentile(smooth, 0.5), percentile(smooth, 0.95), percentile(far, 0.95));
        std::fflush(stdout);
        QVERIFY2(percentile(smooth, 0.95) <= frameMs, qPrintable(QString::number(percentile(smooth, 0.95))));
        QVERIFY2(percentile(far, 0.95) <= frameMs, qPrintable(QString::number(percentile(far, 0.95))));
    }

    void picturesComeWhereOneStays() {
        m_gallery->verticalScrollBar()->setValue(m_gallery->verticalScrollBar()->maximum() / 2);
        const auto complete = [&] {
            const auto [first, behind] = m_gallery->shown();
            for (int i = first; i < behind; ++i) {
                bool exact = false;
                const auto* tile = m_page->model().record(i);
                if (!tile || (m_gallery->thumbnails().picture(tile->id, &exact), !exact)) return false;
            }
            return behind > first;
        };
        QTRY_VERIFY_WITH_TIMEOUT(complete(), 10'000);
        QVERIFY(m_gallery->thumbnails().bytes() <= 96 << 20);
        std::vector<double> still;
        for (int i = 0; i < 30; ++i) {
            const double start = cpuMs();
            m_gallery->viewport()->repaint();
            still.push_back(cpuMs() - start);
        }
        std::printf("all pictures there: p95 %.1f ms\n", percentile(still, 0.95));
        QVERIFY(percentile(still, 0.95) <= frameMs);
    }

    void choosingAndNarrowingStayShort() {
        m_gallery->setFocus();
        QTest::keyClick(m_gallery, Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(m_page->model().selection().size(), tiles);
        QTest::qWait(100);
        QTest::keyClick(m_gallery, Qt::Key_End);
        QTest::qWait(100);
        QTest::keyClick(m_gallery, Qt::Key_A, Qt::ControlModifier);
        auto* order = m_page->findChild<QComboBox*>(QStringLiteral("libraryOrder"));
        order->setCurrentIndex(1); // all of them chosen, in another order
        QTest::qWait(600);
        QCOMPARE(m_page->model().selection().size(), tiles);
        TileFilter filter;
        filter.words = "lung sc";
        m_page->model().setFilter(filter);
        QTRY_COMPARE(m_page->model().count(), tiles / 5);
        QTest::qWait(100);
        application().stopMeasuring();
        std::printf("%ld handlers; processor time of the slowest:\n", application().count());
        for (const auto& handler : application().slowest()) std::printf("  %6.2f ms  %s\n", handler.milliseconds, qPrintable(handler.what));
        std::fflush(stdout);
        QVERIFY2(application().slowest().front().milliseconds <= handlerMs, qPrintable(application().slowest().front().what));
    }

    void cleanupTestCase() { m_page.reset(); }

private:
    QTemporaryDir m_folder;
    ProjectBridge m_project;
    std::unique_ptr<LibraryPage> m_page;
    TileGallery* m_gallery = nullptr;
};

int main(int argc, char** argv) {
    MeasuringApplication app(argc, argv);
    LibrarySpeedTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_library_speed.moc"
