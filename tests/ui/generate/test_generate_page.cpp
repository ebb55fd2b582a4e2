// The Generate page with real mouse and key events; what the worker reports is said by the test.
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>

#include "core/generate/Generator.h"
#include "tests/support/test_main.h"
#include "ui/generate/GalleryModel.h"
#include "ui/generate/QueuePanel.h"
#include "ui/generate/words.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/TokenMeter.h"

#include "page_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

// The memory is full when the worker reports its first steps; all other events pass on.
class FullMemory : public JobEvents {
public:
    FullMemory(JobEvents& to, int failures) : m_to(to), m_failures(failures) {}
    void started(JobId id) override { m_to.started(id); }
    void progress(JobId id, const Progress& progress) override {
        if (progress.stage.starts_with("Tile") && m_failures > 0) --m_failures, throw std::bad_alloc();
        m_to.progress(id, progress);
    }
    void tile(JobId id, int index, const Tile& tile, const std::filesystem::path& file) override { m_to.tile(id, index, tile, file); }
    void notice(JobId id, const std::string& sentence) override { m_to.notice(id, sentence); }
    void finished(JobId id) override { m_to.finished(id); }
    void cancelled(JobId id) override { m_to.cancelled(id); }
    void failed(JobId id, const JobFailure& failure) override { m_to.failed(id, failure); }

private:
    JobEvents& m_to;
    int m_failures;
};

} // namespace

class TestGeneratePage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void clickChoosesClass() {
        PageFixture f;
        f.clickClass(2);
        QTest::mouseClick(f.find<QPushButton>("generateButton"), Qt::LeftButton);
        QCOMPARE(f.page->jobs().rows().size(), std::size_t(1));
        const QString clicked = f.find<QListWidget>("classList")->item(2)->data(Qt::UserRole).toString();
        QCOMPARE(fromUtf8(f.page->jobs().rows()[0].request.classId), clicked);
    }

    void controlClickMakesTwoJobs() {
        PageFixture f;
        f.clickClass(0);
        f.clickClass(3, Qt::ControlModifier);
        f.find<QSpinBox>("tilesSpin")->setValue(5);
        QVERIFY(f.find<QLabel>("costLabel")->text().startsWith(QStringLiteral("10 tiles")));
        QTest::mouseClick(f.find<QPushButton>("generateButton"), Qt::LeftButton);
        const auto& rows = f.page->jobs().rows();
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(rows[0].request.classId != rows[1].request.classId);
        QCOMPARE(f.page->pendingTiles(), 10);
        QVERIFY(f.page->busy());
    }

    void sameRequestAgainGetsNewSeed() {
        PageFixture f;
        f.page->generateNow();
        f.page->generateNow();
        const auto& rows = f.page->jobs().rows();
        QCOMPARE(rows.size(), std::size_t(2));
        QVERIFY(rows[0].request.seed != rows[1].request.seed);
    }

    void textIsCountedAndCutWordsNamed() {
        PageFixture f;
        f.find<SegmentedControl>("conditionSegments")->button(1)->click();
        QVERIFY(!f.find<QPushButton>("generateButton")->isEnabled());
        auto* edit = f.find<QPlainTextEdit>("promptEdit");
        QTest::keyClicks(edit, QStringLiteral("lung adenocarcinoma"));
        auto* meter = f.page->findChild<TokenMeter*>();
        QTRY_COMPARE(meter->tokens(), countTokens("lung adenocarcinoma").count);
        QVERIFY(f.find<QLabel>("cutWords")->isHidden());
        QVERIFY(f.find<QPushButton>("generateButton")->isEnabled());
        edit->setPlainText(QStringLiteral("dark stain ").repeated(40) + QStringLiteral("high lumen"));
        QTRY_VERIFY(!f.find<QLabel>("cutWords")->isHidden());
        QVERIFY(f.find<QLabel>("cutWords")->text().contains(QStringLiteral("stain")));
        QCOMPARE(edit->extraSelections().size(), 1);
        QVERIFY(edit->extraSelections().front().cursor.selectedText().endsWith(QStringLiteral("high lumen")));
        f.page->generateNow();
        QVERIFY(f.page->jobs().rows()[0].request.classId.empty());
    }

    void theFootSaysTimeAndMemory() {
        PageFixture f;
        std::uint64_t free = 0;
        f.page->setFreeMemory([&] { return free; });
        auto* cost = f.find<QLabel>("costLabel");
        auto* warning = f.find<Note>("costWarning");
        QTRY_VERIFY2(cost->text().endsWith(QStringLiteral("GB")), qPrintable(cost->text()));
        QVERIFY(cost->text().startsWith(QStringLiteral("4 tiles, ")) && !warning->isVisible()); // what is free is not known
        free = 100'000'000;
        f.find<QSpinBox>("tilesSpin")->setValue(8);
        QVERIFY(warning->isVisible());
        QVERIFY2(warning->text().contains(QStringLiteral("0.1\u00a0GB are free")), qPrintable(warning->text()));
        QVERIFY(f.find<QPushButton>("generateButton")->isEnabled()); // said, not forbidden
        free = 100'000'000'000;
        f.find<QSpinBox>("tilesSpin")->setValue(9);
        QVERIFY(!warning->isVisible());
        QCOMPARE(memoryText(1), QStringLiteral("0.1\u00a0GB"));
        QCOMPARE(memoryText(612e6), QStringLiteral("0.6\u00a0GB"));
    }

    void fullMemoryIsToldInOneLineAndTheRunGoesOn_data() {
        QTest::addColumn<int>("failures");
        QTest::newRow("once") << 1;
        QTest::newRow("for good") << 100;
    }
    void fullMemoryIsToldInOneLineAndTheRunGoesOn() {
        QFETCH(int, failures);
        QTemporaryDir tiles;
        qputenv("PHLOXINE_TILES", tiles.path().toLocal8Bit());
        PageFixture f(false);
        FullMemory events(f.bridge.events(), failures);
        JobQueue queue(f.store, events);
        f.bridge.setQueue(&queue);
        f.find<QSpinBox>("tilesSpin")->setValue(2);
        f.find<QSpinBox>("stepsSpin")->setValue(2);
        f.page->generateNow();
        QTRY_VERIFY_WITH_TIMEOUT(!f.page->busy(), 60'000);
        auto* notice = f.find<Note>("runNotice");
        QVERIFY(notice->isVisible() && !notice->text().contains(QLatin1Char('\n')));
        QVERIFY2(notice->text().contains(QStringLiteral("memory was full")) &&
                     notice->text().contains(QStringLiteral("seeds did not change")),
                 qPrintable(notice->text()));
        QCOMPARE(f.page->galleryCount(), failures == 1 ? 2 : 0);
        auto* bar = f.find<QWidget>("runErrorBar");
        QCOMPARE(bar->isVisible(), failures > 1);
        f.bridge.setQueue(nullptr);
    }

    void guidanceOneIsOff() {
        PageFixture f;
        auto* spin = f.find<QDoubleSpinBox>("guidanceSpin");
        spin->setValue(1);
        QCOMPARE(spin->text(), QStringLiteral("off"));
        QTest::mouseClick(f.find<QToolButton>("resetSamplingButton"), Qt::LeftButton);
        QCOMPARE(spin->value(), f.store->find({}).card.defaultGuidance);
    }

    void samplersAreOrderedAndExplained() {
        PageFixture f;
        auto* combo = f.find<QComboBox>("samplerCombo");
        int offered = 0;
        for (int row = 0; row < combo->count(); ++row) {
            if (combo->itemText(row).isEmpty()) continue; // a separator
            ++offered;
            QVERIFY2(!combo->itemData(row, Qt::ToolTipRole).toString().isEmpty(), qPrintable(combo->itemText(row)));
        }
        QCOMPARE(offered, int(samplerRows().size()));
        QCOMPARE(combo->currentData().toString(), fromUtf8(f.store->find({}).card.defaultSampler));
        const int flow = combo->findData(QStringLiteral("flow_euler"));
        QVERIFY(!(combo->model()->flags(combo->model()->index(flow, 0)) & Qt::ItemIsEnabled)); // not for this model
        QVERIFY(combo->findData(QStringLiteral("lms")) < combo->findData(QStringLiteral("euler_ancestral")));
    }

    void advancedSamplingReachesTheRequest() {
        PageFixture f;
        auto* combo = f.find<QComboBox>("samplerCombo");
        auto* eta = f.find<QDoubleSpinBox>("etaSpin");
        auto* spacing = f.find<QComboBox>("spacingCombo");
        combo->setCurrentIndex(combo->findData(QStringLiteral("ddim")));
        QVERIFY(!eta->isVisible());
        QTest::mouseClick(f.find<QToolButton>("advancedButton"), Qt::LeftButton);
        QVERIFY(eta->isVisible() && spacing->isVisible());
        f.page->generateNow();
        QVERIFY(!f.page->jobs().rows().back().request.eta && f.page->jobs().rows().back().request.spacing.empty()); // the sampler's own
        eta->setValue(0.5);
        spacing->setCurrentIndex(spacing->findData(QStringLiteral("trailing")));
        f.page->generateNow();
        QCOMPARE(f.page->jobs().rows().back().request.eta.value_or(-1), 0.5);
        QCOMPARE(f.page->jobs().rows().back().request.spacing, std::string("trailing"));
        combo->setCurrentIndex(combo->findData(QStringLiteral("dpmpp_2m")));
        QVERIFY(!eta->isVisible()); // this one has none
        f.page->generateNow();
        QVERIFY(!f.page->jobs().rows().back().request.eta && f.page->jobs().rows().back().request.spacing.empty());
    }

    void seedIsGroupedAndCopiedAsDigits() {
        PageFixture f;
        auto* edit = f.find<QLineEdit>("seedEdit");
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, QStringLiteral("412907733"));
        QTest::keyClick(edit, Qt::Key_Return);
        QCOMPARE(edit->text().size(), 11);
        QVERIFY(edit->text() != QStringLiteral("412907733"));
        edit->selectAll();
        QTest::keyClick(edit, Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("412907733"));
        f.page->generateNow();
        QCOMPARE(f.page->jobs().rows()[0].request.seed, std::uint64_t(412907733));
    }

    void galleryKeepsNoPreview() {
        PageFixture f;
        const GenerateRequest request = f.addJob(900, 2);
        Q_EMIT f.bridge.started(900);
        Q_EMIT f.bridge.preview(900, tileOf(request).image, 0, 7, 50, 4.0);
        auto* gallery = f.find<QListView>("gallery");
        QCOMPARE(f.page->galleryCount(), 0);
        QCOMPARE(gallery->model()->rowCount(), 2);
        QVERIFY(f.find<TileView>("tileView")->hasTile());
        Q_EMIT f.bridge.tile(900, 0, tileOf(forTile(request, 0)));
        QCOMPARE(f.page->galleryCount(), 1);
        Q_EMIT f.bridge.preview(900, tileOf(request).image, 1, 7, 50, 4.0);
        Q_EMIT f.bridge.cancelled(900);
        QCOMPARE(gallery->model()->rowCount(), 1);
        QCOMPARE(f.page->galleryCount(), 1);
        QVERIFY(!f.page->busy());
    }

    void arrowKeysChooseTile() {
        PageFixture f;
        const GenerateRequest request = f.addJob(900, 3);
        Q_EMIT f.bridge.started(900);
        for (int i = 0; i < 3; ++i) Q_EMIT f.bridge.tile(900, i, tileOf(forTile(request, i)));
        Q_EMIT f.bridge.finished(900);
        auto* gallery = f.find<QListView>("gallery");
        QCOMPARE(gallery->currentIndex().row(), 2);
        gallery->setFocus();
        QTest::keyClick(gallery, Qt::Key_Left);
        QCOMPARE(gallery->currentIndex().row(), 1);
        QTest::mouseClick(f.find<QToolButton>("recycleButton"), Qt::LeftButton);
        f.find<QSpinBox>("tilesSpin")->setValue(1);
        f.page->generateNow();
        QCOMPARE(f.page->jobs().rows().back().request.seed, std::uint64_t(412907734));
    }

    void queueShowsOpenJobsFirstAndStops() {
        PageFixture f;
        f.addJob(901, 2);
        f.addJob(902, 3, "colon_n");
        f.addJob(903, 4, "lung_n");
        Q_EMIT f.bridge.started(901);
        Q_EMIT f.bridge.finished(901); // after no tile: it was stopped
        Q_EMIT f.bridge.started(902);
        auto* queue = f.page->findChild<QueuePanel*>();
        QCOMPARE(queue->rows().size(), std::size_t(3));
        QCOMPARE(queue->rows()[0]->id(), quint64(902));
        QCOMPARE(queue->rows()[1]->id(), quint64(903));
        QCOMPARE(queue->rows()[2]->id(), quint64(901));
        QVERIFY(f.find<QPushButton>("stopButton")->isVisible());
        QVERIFY(!f.find<QPushButton>("generateButton")->isVisible());
        Q_EMIT f.bridge.cancelled(903);
        Q_EMIT f.bridge.cancelled(902);
        QVERIFY(f.find<QPushButton>("generateButton")->isVisible());
        QVERIFY(!f.page->busy());
    }

    void failureIsSaidAndStays() {
        PageFixture f;
        f.addJob(900, 4);
        Q_EMIT f.bridge.started(900);
        Q_EMIT f.bridge.failed(900, Failure{ErrorCode::DiskFull, QStringLiteral("The disk is full."), QStringLiteral("ENOSPC")});
        auto* bar = f.find<QWidget>("runErrorBar");
        QVERIFY(bar->isVisible());
        QVERIFY(f.find<QLabel>("runErrorText")->text().contains(QStringLiteral("Finished tiles are saved")));
        QVERIFY(!f.find<QLabel>("runErrorDetails")->isVisible());
        QTest::mouseClick(f.find<QPushButton>("runErrorToggle"), Qt::LeftButton);
        QVERIFY(f.find<QLabel>("runErrorDetails")->text().contains(QStringLiteral("disk-full")));
        QVERIFY(f.find<QLabel>("runErrorDetails")->isVisible());
        QVERIFY(f.find<QPushButton>("generateButton")->isEnabled());
        QTest::mouseClick(f.find<QToolButton>("runErrorClose"), Qt::LeftButton);
        QVERIFY(!bar->isVisible());
    }

    void panesShareTheZoom() {
        PageFixture f;
        auto* slide = f.find<SlideView>("slideView");
        auto* tile = f.find<TileView>("tileView");
        QSignalSpy opened(slide, &SlideView::opened);
        QTest::mouseClick(f.find<QPushButton>("openSampleButton"), Qt::LeftButton);
        QVERIFY(opened.wait(20000));
        f.page->setMagnification(3);
        QCOMPARE(slide->viewMicronsPerPixel(), 0.5);
        QCOMPARE(tile->viewMicronsPerPixel(), 0.5);
        Q_EMIT tile->zoomRequested(0.8);
        QCOMPARE(slide->viewMicronsPerPixel(), 0.8);
        slide->setViewMicronsPerPixel(0.3);
        QCOMPARE(tile->viewMicronsPerPixel(), 0.3);
    }

    void missingSlideIsSaidInThePanel() {
        PageFixture f;
        QSignalSpy failed(f.find<SlideView>("slideView"), &SlideView::failed);
        f.page->openSlide(QStringLiteral("/nowhere/slide.svs"));
        QVERIFY(failed.wait(20000));
        QVERIFY(f.find<QWidget>("slideProblem")->isVisibleTo(f.page.get()));
    }

    void realRunOfTwoSteps() {
        QTemporaryDir folder;
        qputenv("PHLOXINE_TILES", folder.path().toUtf8());
        PageFixture f(false);
        JobQueue queue(f.store, f.bridge);
        f.bridge.setQueue(&queue);
        f.find<QSpinBox>("stepsSpin")->setValue(2);
        f.find<QSpinBox>("tilesSpin")->setValue(2);
        QTest::mouseClick(f.find<QPushButton>("generateButton"), Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(f.page->galleryCount(), 2, 120000);
        QTRY_VERIFY(!f.page->busy());
        QCOMPARE(QDir(folder.path()).entryList({QStringLiteral("*.png")}).size(), 2);
        QCOMPARE(int(f.page->jobs().rows()[0].state), int(JobState::Done));
        QVERIFY(f.find<QPushButton>("exportButton")->isEnabled());
    }
};

PHLOXINE_TEST(ui_generate_page, TestGeneratePage, QApplication)
#include "test_generate_page.moc"
