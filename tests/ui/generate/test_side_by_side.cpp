// Tiles beside real tissue: how near the training tiles are, real tissue like a tile, several tiles at once.
#include <QAction>
#include <QFileDialog>
#include <QLabel>
#include <QListView>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>

#include "core/slide/SlideSource.h"
#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/generate/FoundTissue.h"
#include "ui/generate/GalleryModel.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/words.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ElidingLabel.h"

#include "page_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

struct Tiles : PageFixture {
    explicit Tiles(int count, bool waitingQueue = true) : PageFixture(waitingQueue) {
        request = addJob(900, count);
        Q_EMIT bridge.started(900);
        for (int i = 0; i < count; ++i) Q_EMIT bridge.tile(900, i, tileOf(forTile(request, i)));
    }
    QListView* gallery() const { return find<QListView>("gallery"); }
    TileView* tile() const { return find<TileView>("tileView"); }
    QString cardText(int row) const { return gallery()->model()->index(row, 0).data(Qt::AccessibleTextRole).toString(); }
    void clickCard(int row, Qt::KeyboardModifiers modifiers = {}) const {
        QTest::mouseClick(gallery()->viewport(), Qt::LeftButton, modifiers,
                          gallery()->visualRect(gallery()->model()->index(row, 0)).center());
    }
    GenerateRequest request;
};

// A page with a worker of its own, the sample slide, and a tile that was cut from it.
struct Search : PageFixture {
    explicit Search(const QString& path = sampleSlide()) : PageFixture(false), jobs(store, bridge) {
        bridge.setQueue(&jobs);
        auto* slide = view();
        QSignalSpy opened(slide, &SlideView::opened);
        page->openSlide(path);
        ok = opened.wait(20000);
        request = addJob(900, 2);
        Q_EMIT bridge.started(900);
        addTile(0, 900, 1200);
    }
    ~Search() { page.reset(); }
    void addTile(int index, int x, int y) {
        const auto slide = phloxine::openSlide(sampleSlide().toStdString());
        ui::TileRecord record = tileOf(forTile(request, index));
        record.image = toQImage(readRegion(*slide, x, y, 224, 224, 1.0));
        record.scale = {1.0, ScaleSource::Model};
        Q_EMIT bridge.tile(900, index, record);
    }
    SlideView* view() const { return find<SlideView>("slideView"); }
    FoundTissueStrip* strip() const { return page->findChild<FoundTissueStrip*>(); }
    QListWidget* list() const { return find<QListWidget>("foundTissue"); }
    QString sentence() const { return find<ElidingLabel>("foundTissueSentence")->whole(); }
    bool searched() {
        QTest::mouseClick(find<QPushButton>("findTissueButton"), Qt::LeftButton);
        return QTest::qWaitFor([this] { return !strip()->searching(); }, 60000);
    }
    // How far the middle of the view is from the middle of the region at (x, y), in tiles.
    double away(double x, double y) const {
        const double side = 224 / view()->micrometresPerLevel0();
        const QPointF d = view()->centre() - QPointF(x + side / 2, y + side / 2);
        return std::max(std::abs(d.x()), std::abs(d.y())) / side;
    }
    JobQueue jobs;
    GenerateRequest request;
    bool ok = false;
};

} // namespace

class SideBySideTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void nearestTrainingTileIsSaid() {
        Tiles f(2);
        auto* label = f.find<QLabel>("tileNearest");
        QVERIFY(!label->isVisibleTo(f.page.get())); // not known yet
        Q_EMIT f.bridge.nearest(900, 1, {{}, 0.41, 0.15, 5000});
        QVERIFY(label->isVisibleTo(f.page.get()));
        QCOMPARE(label->text(), QStringLiteral("Nearest training tile 0.41, not a copy"));
        QVERIFY(label->toolTip().contains(QStringLiteral("no picture")));
        QVERIFY(f.cardText(1).endsWith(QStringLiteral("nearest 0.41, not a copy")));
        QVERIFY(!f.cardText(0).contains(QStringLiteral("nearest")));
        Q_EMIT f.bridge.nearest(900, 1, {{}, 0.08, 0.15, 5000});
        QVERIFY(label->text().startsWith(QStringLiteral("Near copy")));
        QVERIFY(f.cardText(1).endsWith(QStringLiteral("near copy 0.08")));
        Q_EMIT f.bridge.nearest(900, 1, {"This model brings no list of its training tiles.", 0, 0, 0});
        QVERIFY(label->text().contains(QStringLiteral("not checked")));
        QVERIFY(label->text().contains(QStringLiteral("no list of its training tiles")));
        QVERIFY(!f.find<QPushButton>("showNearestButton")->isVisibleTo(f.page.get()));
        Q_EMIT f.bridge.nearest(77, 0, {{}, 0.01, 0.15, 5000}); // of nobody's job
        QVERIFY(label->text().contains(QStringLiteral("not checked")));
    }

    void nearestTrainingTileIsShownFromANamedFolder() {
        Tiles f(1);
        auto* button = f.find<QPushButton>("showNearestButton");
        QVERIFY(!button->isVisibleTo(f.page.get()));
        Q_EMIT f.bridge.nearest(900, 0, {{}, 0.41, 0.15, 5000, 17});
        QVERIFY(button->isVisibleTo(f.page.get()));
        button->click();
        auto* dialog = f.page->findChild<QFileDialog*>(QStringLiteral("trainingFolderDialog"));
        QVERIFY(dialog);
        Q_EMIT dialog->fileSelected(QStringLiteral("/nowhere")); // asks the queue, whose worker waits: its answer is said here
        dialog->reject();
        const quint64 job = f.queue->submit(InspectJob{}) - 1;
        Q_EMIT f.bridge.failed(job, Failure{ErrorCode::WrongUse, QStringLiteral("These are not the training tiles."), {}});
        QVERIFY(f.find<QLabel>("nearestName")->text().contains(QStringLiteral("not the training tiles")));
        QVERIFY(button->isVisibleTo(f.page.get())); // another folder
        QImage picture(64, 64, QImage::Format_RGB32);
        picture.fill(Qt::darkMagenta);
        Q_EMIT f.bridge.nearestPicture(job + 7, picture, QStringLiteral("of nobody"));
        QVERIFY(!f.find<QLabel>("nearestPicture")->isVisibleTo(f.page.get()));
        Q_EMIT f.bridge.nearestPicture(job, picture, QStringLiteral("lung/a.png"));
        QVERIFY(f.find<QLabel>("nearestPicture")->isVisibleTo(f.page.get()));
        QCOMPARE(f.find<QLabel>("nearestName")->text(), QStringLiteral("lung/a.png"));
        QVERIFY(!button->isVisibleTo(f.page.get()));
    }

    void aRunTellsEachTile() {
        QTemporaryDir folder;
        qputenv("PHLOXINE_TILES", folder.path().toUtf8());
        PageFixture f(false);
        JobQueue queue(f.store, f.bridge);
        f.bridge.setQueue(&queue);
        QSignalSpy nearest(&f.bridge, &JobBridge::nearest);
        f.find<QSpinBox>("stepsSpin")->setValue(2);
        f.find<QSpinBox>("tilesSpin")->setValue(2);
        QTest::mouseClick(f.find<QPushButton>("generateButton"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(nearest.count(), 2, 120000);
        const auto told = nearest.back().at(2).value<NearestTraining>();
        QVERIFY2(told.checked(), told.notChecked.c_str());
        QVERIFY(told.distance > 0 && told.distance < 2 && told.trainingTiles > 1000);
        QVERIFY(f.find<QLabel>("tileNearest")->text().contains(distanceText(told.distance)));
        QTRY_VERIFY(!f.page->busy());
        f.page.reset();
    }

    void tissueOfTheTileIsFoundAtItsPlace() {
        Search f;
        QVERIFY(f.ok);
        f.view()->setCentre({50, 50});
        QVERIFY(f.searched());
        QVERIFY2(f.list()->count() >= 4, qPrintable(f.sentence()));
        QVERIFY(f.sentence().contains(QStringLiteral("CMU-1-Small-Region")));
        QVERIFY(f.list()->isVisible());
        QTest::mouseClick(f.list()->viewport(), Qt::LeftButton, {}, f.list()->visualItemRect(f.list()->item(0)).center());
        QVERIFY(f.away(900, 1200) <= 0.25);
        QTest::keyClick(f.list(), Qt::Key_Right); // the next one, which overlaps no other
        QCOMPARE(f.list()->currentRow(), 1);
        QVERIFY(f.away(900, 1200) > 0.7);
        f.view()->setCentre({50, 50});
        QTest::keyClick(f.list(), Qt::Key_Left);
        f.view()->setCentre({50, 50});
        QTest::keyClick(f.list(), Qt::Key_Return);
        QVERIFY(f.away(900, 1200) <= 0.25);
        // The next tile of this scale is found by what was read before.
        f.addTile(1, 420, 2100);
        QSignalSpy progress(&f.bridge, &JobBridge::progress);
        f.page->findTissue();
        QTRY_VERIFY_WITH_TIMEOUT(!f.strip()->searching(), 60000);
        QCOMPARE(progress.count(), 0);
        f.list()->setCurrentRow(0);
        QVERIFY(f.away(420, 2100) <= 0.25);
    }

    void aSearchIsStopped() {
        Search f;
        QVERIFY(f.ok);
        f.page->findTissue();
        QVERIFY(f.strip()->searching());
        QVERIFY(f.find<QPushButton>("stopFindingTissue")->isVisible());
        QTest::mouseClick(f.find<QPushButton>("stopFindingTissue"), Qt::LeftButton);
        QVERIFY(!f.strip()->searching());
        QVERIFY(f.sentence().contains(QStringLiteral("stopped")));
        QTRY_VERIFY_WITH_TIMEOUT(f.jobs.idle(), 20000);
        QVERIFY(!f.list()->isVisible());
    }

    void aSlideThatGoesIsSaid() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("slide.svs"));
        QVERIFY(QFile::copy(sampleSlide(), path));
        Search f(path);
        QVERIFY(f.ok);
        connect(&f.bridge, &JobBridge::progress, &f.bridge, [path] { QFile::remove(path); });
        QVERIFY(f.searched());
        QVERIFY2(f.sentence().contains(QStringLiteral("gone")), qPrintable(f.sentence()));
        QCOMPARE(f.list()->count(), 0);
    }

    void aSlideSmallerThanATileIsSaid() {
        QTemporaryDir folder;
        QImage small(100, 100, QImage::Format_RGB32);
        small.fill(qRgb(200, 120, 180));
        QVERIFY(small.save(folder.filePath(QStringLiteral("small.png"))));
        Search f(folder.filePath(QStringLiteral("small.png")));
        QVERIFY(f.ok);
        QVERIFY(f.searched());
        QVERIFY2(f.sentence().contains(QStringLiteral("smaller than this tile")), qPrintable(f.sentence()));
    }

    void aSlideWithoutScaleIsSearchedPixelForPixel() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("plain.png"));
        const auto slide = phloxine::openSlide(sampleSlide().toStdString());
        QVERIFY(toQImage(readRegion(*slide, 200, 700, 900, 900, 1.4)).save(path));
        Search f(path);
        QVERIFY(f.ok);
        QVERIFY(!f.view()->slideScale().known());
        QVERIFY(f.searched());
        QVERIFY2(f.sentence().contains(QStringLiteral("states no scale")), qPrintable(f.sentence()));
    }

    void withoutASlideThereIsAReason() {
        Tiles f(1);
        auto* button = f.find<QPushButton>("findTissueButton");
        QVERIFY(!button->isEnabled());
        QVERIFY(button->toolTip().contains(QStringLiteral("Open a slide")));
        f.page->findTissue(); // by its key
        QVERIFY(!f.page->findChild<FoundTissueStrip*>()->isVisible());
    }

    // What the model cannot keep of real tissue, on the very pixels that it was read from.
    void tissueGoesThroughTheModelAndBack() {
        Search f;
        QVERIFY(f.ok);
        auto* pair = f.page->findChild<ImagePair*>();
        auto* kind = f.find<Badge>("tileKind");
        QCOMPARE(kind->text(), QStringLiteral("Synthetic"));
        f.view()->setCentre({1100, 1400});
        QSignalSpy done(&f.bridge, &JobBridge::finished);
        f.find<QAction>("roundTrip")->trigger();
        QVERIFY(done.wait(60000));
        QCOMPARE(kind->text(), QStringLiteral("Round trip"));
        const QString said = f.page->regions().panel().said();
        QVERIFY2(said.contains(QStringLiteral("PSNR")) && said.contains(QStringLiteral("SSIM")), qPrintable(said));
        // It lies where it came from: nearer to the slide there than half a tile beside it.
        const auto slide = phloxine::openSlide(sampleSlide().toStdString());
        const QImage came = f.find<TileView>("tileView")->shown();
        const double side = f.view()->tileFrameLevel0().width(), mpp = f.page->card().scale.micronsPerPixel;
        const auto apart = [&](double shift) {
            const QPointF corner = f.view()->centre() - QPointF(side / 2 - shift, side / 2);
            const QImage real = toQImage(
                readRegion(*slide, qint64(std::lround(corner.x())), qint64(std::lround(corner.y())), came.width(), came.height(), mpp));
            double sum = 0;
            for (int y = 0; y < came.height(); ++y)
                for (int x = 0; x < came.width(); ++x) sum += std::abs(qGreen(came.pixel(x, y)) - qGreen(real.pixel(x, y)));
            return sum / (came.width() * came.height());
        };
        QVERIFY2(apart(0) < 0.6 * apart(side / 2), qPrintable(QStringLiteral("%1 %2").arg(apart(0)).arg(apart(side / 2))));
        pair->setMode(PairMode::Difference); // the pixels belong together
        QCOMPARE(pair->mode(), PairMode::Difference);
        pair->setMode(PairMode::SideBySide);
        f.page->activateWindow();
        f.view()->setFocus();
        QTRY_VERIFY(f.view()->hasFocus());
        QTest::keyClick(f.view(), Qt::Key_Escape); // back to the tile
        QCOMPARE(kind->text(), QStringLiteral("Synthetic"));
        pair->setMode(PairMode::Difference);
        QCOMPARE(pair->mode(), PairMode::SideBySide);
        // At the edge of the slide it is moved onto it.
        f.view()->setCentre({0, 0});
        f.find<QAction>("roundTrip")->trigger();
        QVERIFY(done.wait(60000));
        QVERIFY(f.view()->tileFrameLevel0().top() >= -1);
    }

    void aRoundTripThatCannotBeIsSaid() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("plain.png"));
        QImage plain(900, 900, QImage::Format_RGB32);
        plain.fill(qRgb(200, 120, 180));
        QVERIFY(plain.save(path));
        Search f(path);
        QVERIFY(f.ok);
        const auto said = [&] { return f.page->regions().panel().said(); };
        f.find<QAction>("roundTrip")->trigger();
        QTRY_VERIFY2_WITH_TIMEOUT(said().contains(QStringLiteral("states no scale")), qPrintable(said()), 20000);
        f.view()->setUserScale(0.5);
        QFile::remove(path);
        f.find<QAction>("roundTrip")->trigger();
        QTRY_VERIFY2_WITH_TIMEOUT(said().contains(QStringLiteral("plain.png")), qPrintable(said()), 20000);
        QCOMPARE(f.find<Badge>("tileKind")->text(), QStringLiteral("Synthetic"));
        // One that comes back when another slide is open is not shown over that.
        Search g;
        QVERIFY(g.ok);
        g.find<QAction>("roundTrip")->trigger();
        QSignalSpy opened(g.view(), &SlideView::opened), done(&g.bridge, &JobBridge::finished);
        g.page->openSlide(QStringLiteral("synthetic:4000x4000"));
        QVERIFY(opened.count() || opened.wait(20000));
        QVERIFY(done.count() || done.wait(60000));
        QCOMPARE(g.find<Badge>("tileKind")->text(), QStringLiteral("Synthetic"));
    }

    void severalTilesStandTogether() {
        Tiles f(4);
        auto* button = f.find<QPushButton>("togetherButton");
        QVERIFY(!button->isEnabled());
        QVERIFY(!button->toolTip().isEmpty());
        f.clickCard(0);
        f.clickCard(1, Qt::ControlModifier);
        f.clickCard(3, Qt::ControlModifier);
        QVERIFY(button->isEnabled());
        QCOMPARE(f.tile()->tileCount(), 1);
        QTest::keyClick(f.gallery(), Qt::Key_Return);
        QCOMPARE(f.tile()->tileCount(), 3);
        const QRect first = f.tile()->tileRect(0);
        for (int i = 1; i < 3; ++i) { // all as large, none over another
            QCOMPARE(f.tile()->tileRect(i).size(), first.size());
            QVERIFY(!f.tile()->tileRect(i).intersects(first));
        }
        QVERIFY(f.tile()->rect().contains(first));
        QCOMPARE(f.tile()->viewMicronsPerPixel(), f.find<SlideView>("slideView")->viewMicronsPerPixel());
        QVERIFY(f.tile()->accessibleName().contains(QStringLiteral("3")));
        QTest::mouseClick(f.tile(), Qt::LeftButton, {}, f.tile()->tileRect(1).center());
        QCOMPARE(f.tile()->tileCount(), 1);
        QCOMPARE(f.gallery()->currentIndex().row(), 1);
    }

    void escapeReturnsToOne() {
        Tiles f(3);
        f.clickCard(0);
        QTest::keyClick(f.gallery(), Qt::Key_Right, Qt::ShiftModifier);
        f.gallery()->actions().front()->trigger();
        QCOMPARE(f.tile()->tileCount(), 2);
        f.page->activateWindow();
        f.tile()->setFocus();
        QTRY_VERIFY(f.tile()->hasFocus());
        QTest::keyClick(f.tile(), Qt::Key_Escape);
        QCOMPARE(f.tile()->tileCount(), 1);
        QCOMPARE(f.gallery()->currentIndex().row(), 1);
        f.gallery()->actions().front()->trigger(); // both are still selected
        QCOMPARE(f.tile()->tileCount(), 2);
        const GenerateRequest next = f.addJob(901, 2); // a run under way does not push them away
        Q_EMIT f.bridge.started(901);
        Q_EMIT f.bridge.preview(901, tileOf(next).image, 0, 7, 50, 4.0);
        Q_EMIT f.bridge.tile(901, 0, tileOf(forTile(next, 0)));
        QCOMPARE(f.tile()->tileCount(), 2);
        f.gallery()->setFocus();
        QTest::keyClick(f.gallery(), Qt::Key_Left); // one is chosen
        QCOMPARE(f.tile()->tileCount(), 1);
    }
};

PHLOXINE_TEST(ui_side_by_side, SideBySideTest, QApplication)
#include "test_side_by_side.moc"
