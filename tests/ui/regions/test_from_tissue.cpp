// From tissue to tile: real pixels and masks as requests, prompts from measured tissue, results over the slide. Nothing is generated here.
#include <QAction>
#include <QDir>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>

#include "core/base/Sha256.h"
#include "core/base/keyed_hash.h"
#include "core/condition/attributes.h"
#include "core/image/ImageFile.h"
#include "tests/support/test_main.h"
#include "tests/ui/generate/page_fixture.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"
#include "ui/regions/StartingPixelsPanel.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

struct TissuePage : PageFixture {
    explicit TissuePage(const QString& path = sampleSlide()) {
        qputenv("PHLOXINE_TILES", folder.filePath(QStringLiteral("tiles")).toLocal8Bit());
        slide = page->findChild<SlideView*>();
        bench = &page->regions();
        QSignalSpy spy(slide, &SlideView::opened);
        slide->openSlide(path);
        ok = spy.wait(20000) && settle();
    }
    bool settle() {
        return QTest::qWaitFor([this] { return !bench->busy(); }, 60000);
    }
    // What the run foot would submit.
    GenerateRequest submitted() {
        page->generateNow();
        return page->jobs().rows().back().request;
    }
    void addSquare(double left, double top, double side, const char* className = "") {
        Region region;
        region.className = className;
        region.polygons = {{{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}, {}}};
        bench->document().add(region);
    }
    QTemporaryDir folder;
    SlideView* slide = nullptr;
    RegionBench* bench = nullptr;
    bool ok = false;
};

} // namespace

class TestFromTissue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theTileBoxAsInitialImage() {
        TissuePage p;
        QVERIFY(p.ok);
        p.slide->setCentre({1100, 1600});
        p.find<QAction>("useAsInitial")->trigger();
        QVERIFY(p.settle());
        QVERIFY(p.find<QWidget>("startingPixels")->isVisible());
        QCOMPARE(p.find<QSpinBox>("strengthSpin")->value(), 60);
        p.find<QSpinBox>("strengthSpin")->setValue(45);
        const auto request = p.submitted();
        QCOMPARE(request.strength, 0.45);
        QVERIFY(request.mask.empty());
        QCOMPARE(request.widthPx, 0); // a tile
        const Image picture = readImage(request.initialImage);
        const ModelCard& card = p.page->card();
        QCOMPARE(picture.width, card.tileSizePx);
        const QRectF box = p.slide->tileFrameLevel0();
        QVERIFY(std::abs(request.source.x - box.left()) <= 1 && std::abs(request.source.y - box.top()) <= 1);
        const auto slide = phloxine::openSlide(sampleSlide().toStdString());
        QVERIFY(readRegion(*slide, std::int64_t(request.source.x), std::int64_t(request.source.y), card.tileSizePx, card.tileSizePx,
                           card.scale.micronsPerPixel) == picture);
        // No name of the slide, in clear or plainly hashed, anywhere in what is stored.
        auto resolved = request;
        resolveFiles(resolved);
        for (const auto& chunk : provenance(resolved)) {
            for (const char* word : {"CMU", "svs", "inputs", "/"})
                if (chunk.keyword == "phloxine")
                    QVERIFY2(chunk.text.find(word) == chunk.text.npos || QByteArray(word) == "/", chunk.text.c_str());
            QVERIFY(chunk.text.find("CMU-1") == chunk.text.npos);
            QVERIFY(chunk.text.find(sha256("CMU-1-Small-Region").substr(0, 16)) == chunk.text.npos);
        }
        QVERIFY(provenance(resolved).back().text.find("compositeWithTrainedAlgorithmicMedia") != std::string::npos);
        QCOMPARE(resolved.source.slide.size(), keyedHashDigits);
        QCOMPARE(resolved.source.patient.size(), keyedHashDigits);
        QVERIFY(resolved.source.slide != resolved.source.patient);
        p.find<QPushButton>("removeStartingPixels")->click();
        QVERIFY(!p.find<QWidget>("startingPixels")->isVisible());
        QVERIFY(!isComposite(p.submitted()));
    }

    void theInsideOfARegionIsReplaced() {
        TissuePage p;
        p.find<QAction>("replaceInside")->trigger();
        QVERIFY(!p.find<QWidget>("startingPixels")->isVisible()); // no region is chosen: disabled
        p.addSquare(1000, 1500, 120);
        p.find<QAction>("replaceInside")->trigger();
        QVERIFY(p.settle());
        const auto request = p.submitted();
        QCOMPARE(request.strength, 1.0);
        const Image mask = readImage(request.mask);
        QCOMPARE(mask.width, p.page->card().tileSizePx);
        const double pixel = p.page->card().scale.micronsPerPixel / p.slide->slideScale().micronsPerPixel;
        int white = 0;
        for (int y = 0; y < mask.height; ++y)
            for (int x = 0; x < mask.width; ++x) {
                white += mask.pixel(x, y)[0] == 255;
                const double px = request.source.x + (x + 0.5) * pixel, py = request.source.y + (y + 0.5) * pixel;
                const bool inside = px >= 1000 && px < 1120 && py >= 1500 && py < 1620;
                QCOMPARE(int(mask.pixel(x, y)[0]), inside ? 255 : 0);
            }
        QVERIFY(std::abs(white - 120 / pixel * 120 / pixel) < 2 * 120 / pixel);
    }

    void aLargeRegionGivesALargerCanvas() {
        TissuePage p;
        p.addSquare(200, 300, 600);
        p.bench->useAsInitial();
        QVERIFY(p.settle());
        const auto request = p.submitted();
        QVERIFY(request.widthPx > p.page->card().tileSizePx && request.widthPx % 64 == 0);
        const Image picture = readImage(request.initialImage);
        QCOMPARE(picture.width, request.widthPx);
        QVERIFY(request.source.x + request.source.widthPx <= p.slide->slideSize().width());
    }

    void whatCannotBeUsedIsSaidInOneSentence() {
        TissuePage p;
        p.addSquare(50000, 50000, 100); // off the slide
        p.bench->useAsInitial();
        QVERIFY(p.settle());
        QVERIFY2(p.bench->panel().said().contains(QStringLiteral("off the slide")), qPrintable(p.bench->panel().said()));
        p.addSquare(1000.2, 1000.2, 0.4);
        p.bench->replaceInside();
        QVERIFY(p.settle());
        QVERIFY2(p.bench->panel().said().contains(QStringLiteral("smaller than one pixel")), qPrintable(p.bench->panel().said()));
        QVERIFY(!p.find<QWidget>("startingPixels")->isVisible());
    }

    void theBorderOfTheSlideMovesTheCanvas() {
        TissuePage p;
        p.slide->setCentre({0, 0});
        p.bench->useAsInitial();
        QVERIFY(p.settle());
        const auto request = p.submitted();
        QCOMPARE(request.source.x, 0.0);
        QCOMPARE(request.source.y, 0.0);
    }

    void aDraftSpeaksTheModelsWords() {
        TissuePage p;
        p.slide->setCentre({1100, 1600});
        p.find<QAction>("draftPrompt")->trigger();
        QVERIFY(p.settle());
        auto prompt = QString();
        for (const auto* edit : p.page->findChildren<QPlainTextEdit*>())
            if (edit->isVisible() && !edit->isReadOnly()) prompt = edit->toPlainText();
        QVERIFY2(!prompt.contains(QLatin1Char(';')), qPrintable(prompt)); // as the model's captions are
        int stated = 0;
        for (const auto& level : attributeLevelsIn(prompt.toStdString())) stated += level.has_value();
        QVERIFY2(stated >= 3, qPrintable(prompt));
        QVERIFY2(p.bench->panel().said().contains(QStringLiteral("places of this slide")), qPrintable(p.bench->panel().said()));
        p.addSquare(900, 1300, 500, "lung_scc");
        p.bench->draftPrompt();
        QVERIFY(p.settle());
        const auto request = p.submitted();
        QVERIFY2(request.prompt.starts_with("lung squamous cell carcinoma, "), request.prompt.c_str());
    }

    void glassGivesNoDraft() {
        QTemporaryDir dir;
        Image glass(2000, 1500);
        fill(glass, 0, 0, 2000, 1500, 245, 244, 246);
        glass.scale = {0.5, ScaleSource::Property};
        writePng(dir.filePath(QStringLiteral("glass.png")).toStdString(), glass);
        TissuePage p(dir.filePath(QStringLiteral("glass.png")));
        QVERIFY(p.ok);
        p.slide->setUserScale(0.5);
        p.bench->draftPrompt();
        QVERIFY(p.settle());
        QVERIFY2(p.bench->panel().said().contains(QStringLiteral("too little tissue")), qPrintable(p.bench->panel().said()));
    }

    void resultsLieOnTheSlideUntilTheyAreTakenOff() {
        TissuePage p;
        p.slide->setCentre({1100, 1600});
        p.bench->useAsInitial();
        QVERIFY(p.settle());
        GenerateRequest request = p.submitted();
        auto& placed = p.bench->placedTiles();
        const auto grab = [&] { return p.slide->grab().toImage(); };
        QVERIFY(QTest::qWaitFor([&] { return p.slide->pendingTiles() == 0; }, 30000));
        const QImage before = grab();
        QImage tile(224, 224, QImage::Format_RGB32);
        tile.fill(Qt::green);
        p.bench->placeResult(tile, request);
        QCOMPARE(placed.count(), 1);
        QVERIFY(p.find<QToolButton>("tilesShownButton")->isVisibleTo(p.page.get()));
        const QPoint middle =
            p.slide->toScreen({request.source.x + request.source.widthPx / 2, request.source.y + request.source.heightPx / 2}).toPoint();
        QCOMPARE(grab().pixelColor(middle), QColor(Qt::green));
        p.find<QSlider>("tilesOpacity")->setValue(0);
        QCOMPARE(placed.opacity(), 0.2); // never so faint that nobody sees it
        p.find<QToolButton>("tilesShownButton")->click();
        QCOMPARE(grab().pixelColor(middle), before.pixelColor(middle));
        p.find<QToolButton>("tilesShownButton")->click();
        QVERIFY(grab() != before);
        p.find<QToolButton>("clearTilesButton")->click();
        QCOMPARE(placed.count(), 0);
        QCOMPARE(grab().pixelColor(middle), before.pixelColor(middle));
        request.source.slide = std::string(keyedHashDigits, 'a'); // a tile of another slide
        p.bench->placeResult(tile, request);
        QCOMPARE(placed.count(), 0);
    }
};

PHLOXINE_TEST(ui_from_tissue, TestFromTissue, QApplication)
#include "test_from_tissue.moc"
