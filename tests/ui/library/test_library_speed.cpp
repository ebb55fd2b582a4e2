// 100,000 tiles in the window: what it costs the GUI thread to scroll through them, to choose all of them and to narrow them down.
#include <cstdio>

#include <QComboBox>
#include <QTemporaryDir>
#include <QTest>

#include "core/bench/library.h"
#include "ui/bench/MeasuringApplication.h"
#include "ui/bench/gallery_bench.h"
#include "ui/bench/pane_bench.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

constexpr int tiles = 100'000;

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

    void framesAreKept() {
        const GalleryFigures figures = measureGallery(m_folder.path(), tiles);
        std::printf(
            "100,000 tiles, %d cards on screen: open %.0f ms; processor time a frame: scrolling median %.1f ms, p95 %.1f ms; jumping "
            "p95 %.1f ms; all pictures there p95 %.1f ms\n",
            figures.cards, figures.openMs, percentile(figures.scrolling.cpu, 0.5), percentile(figures.scrolling.cpu, 0.95),
            percentile(figures.jumping.cpu, 0.95), percentile(figures.still.cpu, 0.95));
        std::fflush(stdout);
        for (const auto* frames : {&figures.scrolling, &figures.jumping, &figures.still})
            QVERIFY2(percentile(frames->cpu, 0.95) <= paintBoundMs, qPrintable(QString::number(percentile(frames->cpu, 0.95))));
        QVERIFY(figures.thumbnailBytes <= 96 << 20);
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
        std::printf("%zu handlers; processor time of the slowest:\n", application().count());
        for (const auto& handler : application().slowest()) std::printf("  %6.2f ms  %s\n", handler.milliseconds, qPrintable(handler.what));
        std::fflush(stdout);
        QVERIFY2(application().slowest().front().milliseconds <= handlerBoundMs, qPrintable(application().slowest().front().what));
    }

    void cleanupTestCase() { m_page.reset(); }

private:
    QTemporaryDir m_folder;
    ProjectBridge m_project;
    std::unique_ptr<LibraryPage> m_page;
    TileGallery* m_gallery = nullptr;
};

int test_ui_library_speed(int argc, char** argv) {
    MeasuringApplication app(argc, argv);
    LibrarySpeedTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_library_speed.moc"
