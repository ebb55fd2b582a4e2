// Tile and slide one over the other: modes, keys, what they refuse, and that both panes share light and zoom.
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSlider>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/SlidePanel.h"
#include "ui/generate/StainMatch.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {
struct Pair : ImagePair {
    explicit Pair(const QString& path = QStringLiteral("synthetic:20000x16000")) {
        setReducedMotion(false); // of the program: no flicker
        resize(1000, 600);
        QWidget::show();
        QSignalSpy spy(&slide(), &SlideView::opened);
        slide().openSlide(path);
        ok = spy.wait(20000);
        ModelCard card;
        card.tileSizePx = 256;
        card.scale = {0.5, ScaleSource::Model};
        setCard(card);
        QImage red(256, 256, QImage::Format_RGB32);
        red.fill(qRgb(200, 0, 0));
        tile().setTile(red, {0.5, ScaleSource::Model}, false);
        slide().setFocus();
    }
    void key(Qt::Key key) { QTest::keyClick(&slide(), key); }
    QRgb at(double share) { // in the middle row of the box, this share of its width
        slide().repaint();
        const QImage shown = slide().grab().toImage();
        const double side = 128 / slide().viewMicronsPerPixel();
        return shown.pixel(int(slide().width() / 2.0 + (share - 0.5) * side), slide().height() / 2);
    }
    QSlider* amount() { return findChild<QSlider*>(QStringLiteral("pairAmount")); }
    bool ok = false;
};
bool close(QPointF a, QPointF b) { return std::hypot(a.x() - b.x(), a.y() - b.y()) < 1e-6; }
constexpr QRgb red = qRgb(200, 0, 0);
} // namespace

class ImagePairTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wipeShowsBothAndMoves() {
        Pair pair;
        QVERIFY(pair.ok);
        QVERIFY(pair.at(0.8) != red);
        pair.key(Qt::Key_W);
        QCOMPARE(pair.mode(), PairMode::Wipe);
        QVERIFY(!pair.tile().isVisible());
        QTRY_COMPARE(pair.slide().width(), pair.width());
        QCOMPARE(pair.at(0.8), red);
        QVERIFY(pair.at(0.2) != red);
        for (int i = 0; i < 8; ++i) pair.key(Qt::Key_Comma);
        QCOMPARE(pair.amount()->value(), 10);
        QCOMPARE(pair.at(0.2), red);
        const double side = 128 / pair.slide().viewMicronsPerPixel();
        const int left = int(pair.slide().width() / 2.0 - side / 2), y = pair.slide().height() / 2;
        const QPointF centre = pair.slide().centre();
        drag(pair.slide(), {left + int(0.1 * side), y}, {left + int(0.9 * side), y});
        QVERIFY(std::abs(pair.amount()->value() - 90) <= 1);
        QCOMPARE(pair.slide().centre(), centre); // the line moved, not the slide
        pair.key(Qt::Key_V);
        QVERIFY(pair.tile().isVisible());
        QVERIFY(pair.at(0.95) != red);
    }

    void flickerStartsAtOneHertzAndStopsWithEscape() {
        Pair pair;
        QVERIFY(pair.ok);
        auto* timer = pair.findChild<QTimer*>(QString(), Qt::FindDirectChildrenOnly);
        QVERIFY(timer && !timer->isActive()); // never by itself
        pair.key(Qt::Key_F);
        QVERIFY(timer->isActive());
        QCOMPARE(timer->interval(), 500);
        pair.amount()->setValue(pair.amount()->maximum());
        QCOMPARE(timer->interval(), 166); // three times a second, there and back
        pair.key(Qt::Key_Escape);
        QVERIFY(!timer->isActive());
        QCOMPARE(pair.mode(), PairMode::SideBySide);
    }

    void reducedMotionSwapsByHand() {
        Pair pair;
        QVERIFY(pair.ok);
        setReducedMotion(true);
        pair.key(Qt::Key_F);
        auto* timer = pair.findChild<QTimer*>(QString(), Qt::FindDirectChildrenOnly);
        QVERIFY(!timer->isActive());
        QVERIFY(pair.findChild<QComboBox*>(QStringLiteral("pairModes"))->toolTip().contains(QStringLiteral("Space")));
        QVERIFY(pair.at(0.5) != red);
        QTest::keyPress(&pair.slide(), Qt::Key_Space);
        QCOMPARE(pair.at(0.5), red);
        QTest::keyRelease(&pair.slide(), Qt::Key_Space);
        QVERIFY(pair.at(0.5) != red);
    }

    void differenceNeedsCorrespondingPixels() {
        Pair pair;
        QVERIFY(pair.ok);
        auto* modes = pair.findChild<QComboBox*>(QStringLiteral("pairModes"));
        const auto* item = static_cast<QStandardItemModel*>(modes->model())->item(int(PairMode::Difference));
        QVERIFY(!item->isEnabled());
        QVERIFY(!item->toolTip().isEmpty());
        pair.key(Qt::Key_D);
        QCOMPARE(pair.mode(), PairMode::SideBySide);
        pair.setRealPixels(QPointF(3000, 2000));
        QVERIFY(item->isEnabled());
        pair.key(Qt::Key_D);
        QCOMPARE(pair.mode(), PairMode::Difference);
        QCOMPARE(pair.slide().centre(), QPointF(3000, 2000)); // where the pixels are
        pair.key(Qt::Key_Plus);
        QCOMPARE(pair.mode(), PairMode::Difference); // larger, still there
        pair.key(Qt::Key_Left);
        QCOMPARE(pair.mode(), PairMode::SideBySide); // moved away
        pair.key(Qt::Key_D);
        QCOMPARE(pair.mode(), PairMode::Difference);
        pair.setRealPixels({}); // another tile
        QCOMPARE(pair.mode(), PairMode::SideBySide);
    }

    void unlinkedPanesZoomAlone() {
        Pair pair;
        QVERIFY(pair.ok);
        auto* badge = pair.findChild<QWidget*>(QStringLiteral("notLinkedBadge"));
        QVERIFY(!badge->isVisible());
        pair.key(Qt::Key_L);
        QVERIFY(badge->isVisible());
        const double before = pair.tile().viewMicronsPerPixel();
        pair.key(Qt::Key_Plus);
        QCOMPARE(pair.tile().viewMicronsPerPixel(), before);
        pair.key(Qt::Key_L);
        QCOMPARE(pair.tile().viewMicronsPerPixel(), pair.slide().viewMicronsPerPixel());
    }

    void linkedPanesGoTogether() {
        Pair pair;
        QVERIFY(pair.ok);
        auto& slide = pair.slide();
        auto& tile = pair.tile();
        // A tile that is seen whole stays where it is while the slide is looked through.
        drag(slide, {200, 200}, {140, 230});
        QCOMPARE(tile.pan(), QPointF());
        slide.setViewMicronsPerPixel(0.125); // now the tile is larger than the pane
        slide.setCentre({9000, 8000});
        const double zoom = slide.viewMicronsPerPixel(), unit = slide.micrometresPerLevel0();
        const QPointF offset = tile.pan() - slide.centre() * unit;
        pair.key(Qt::Key_Right);
        QVERIFY(close(tile.pan() - slide.centre() * unit, offset));
        const QRect before = tile.tileRect();
        tile.setFocus();
        QTest::keyClick(&tile, Qt::Key_Down);
        QCOMPARE(tile.tileRect().top(), before.top() - 64);
        QVERIFY(close(tile.pan() - slide.centre() * unit, offset));
        drag(tile, {200, 200}, {230, 190});
        QVERIFY(close(tile.pan() - slide.centre() * unit, offset));
        QCOMPARE(tile.tileRect().size(), before.size()); // same micrometres, same pixels
        wheel(slide, {100, 120}, 120);                   // about the pointer: the middle of both panes moves
        QVERIFY(slide.viewMicronsPerPixel() < zoom);
        QVERIFY(close(tile.pan() - slide.centre() * unit, offset));
        // To the next field goes the slide alone.
        const QPointF pan = tile.pan();
        const QPointF centre = slide.centre();
        QTest::keyClick(&tile, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(tile.pan(), pan);
        QVERIFY(close((slide.centre() - centre) * unit, {128, 0}));
        QTest::keyClick(&tile, Qt::Key_0);
        QCOMPARE(tile.pan(), QPointF());
    }

    void theOffsetIsThereAgainWhenTheSlideComesBack() {
        Pair pair;
        QVERIFY(pair.ok);
        auto& tile = pair.tile();
        pair.slide().setViewMicronsPerPixel(0.125);
        pair.key(Qt::Key_Left);
        const QPointF pan = tile.pan();
        for (int i = 0; i < 20; ++i) pair.key(Qt::Key_Right);
        QVERIFY(tile.pan().x() < 64); // held at the edge of the tile
        for (int i = 0; i < 20; ++i) pair.key(Qt::Key_Left);
        QVERIFY(close(tile.pan(), pan));
    }

    void unlinkedPanesPanAlone() {
        Pair pair;
        QVERIFY(pair.ok);
        pair.slide().setViewMicronsPerPixel(0.125);
        pair.key(Qt::Key_L);
        const QPointF centre = pair.slide().centre();
        drag(pair.tile(), {200, 200}, {160, 200});
        QVERIFY(close(pair.tile().pan(), {5, 0}));
        QCOMPARE(pair.slide().centre(), centre);
        pair.key(Qt::Key_Up);
        QVERIFY(close(pair.tile().pan(), {5, 0}));
        QVERIFY(pair.findChild<QWidget*>(QStringLiteral("notLinkedBadge"))->isVisible());
    }

    void stainIsMatchedForViewingAlone() {
        Pair pair(sampleSlide());
        QVERIFY(pair.ok);
        QImage pale(256, 256, QImage::Format_RGB32);
        for (int y = 0; y < 256; ++y)
            for (int x = 0; x < 256; ++x) pale.setPixel(x, y, (x / 16 + y / 16) % 2 ? qRgb(120, 130, 190) : qRgb(190, 200, 235));
        pair.tile().setTile(pale, {0.5, ScaleSource::Model}, false);
        pair.slide().setCentre({900, 1500});
        auto* badge = pair.findChild<Badge*>(QStringLiteral("matchBadge"));
        auto* box = pair.findChild<QCheckBox*>(QStringLiteral("matchStain"));
        QVERIFY(!badge->isVisible() && !box->isChecked()); // off by default
        QCOMPARE(pair.tile().shown().pixel(3, 3), pale.pixel(3, 3));
        QTest::keyClick(&pair.slide(), Qt::Key_H, Qt::ShiftModifier);
        QVERIFY(box->isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(pair.stainMatch().look().has_value(), 20000);
        QVERIFY(badge->isVisible());
        QCOMPARE(badge->text(), QStringLiteral("Stain matched for viewing"));
        const auto shown = stainLook(toImage(pair.tile().shown()));
        for (std::size_t c = 0; c < 3; ++c) QVERIFY(std::abs(shown->mean[c] - pair.stainMatch().look()->mean[c]) < 0.06);
        pair.key(Qt::Key_W); // said over the slide too, where the tile lies now
        QVERIFY(badge->isVisible());
        pair.key(Qt::Key_V);
        QVERIFY(badge->isVisible());
        // Not while the slide is moved, only when it rests.
        QSignalSpy changes(&pair.stainMatch(), &StainMatch::changed);
        for (int i = 0; i < 8; ++i) pair.slide().setCentre({900.0 + 40 * i, 1500});
        QCOMPARE(changes.count(), 0);
        QTRY_COMPARE_WITH_TIMEOUT(changes.count(), 1, 20000);
        pair.slide().setCentre({20, 20}); // glass
        QTRY_COMPARE_WITH_TIMEOUT(changes.count(), 2, 20000);
        if (!pair.stainMatch().look()) {
            QCOMPARE(badge->text(), QStringLiteral("Stain not matched"));
            QVERIFY(!badge->toolTip().isEmpty());
            QCOMPARE(pair.tile().shown().pixel(3, 3), pale.pixel(3, 3));
        }
        box->click();
        QVERIFY(!badge->isVisible());
        QCOMPARE(pair.tile().shown().pixel(3, 3), pale.pixel(3, 3));
    }

    void keysOfTheLightActOnBothPanes() {
        Pair pair;
        QVERIFY(pair.ok);
        pair.key(Qt::Key_H);
        QCOMPARE(pair.light().settings().light.stain, ViewLight::Stain::Density);
        QVERIFY(pair.tile().shown().pixel(9, 9) != red);
        QVERIFY(pair.findChild<QWidget*>(QStringLiteral("stainBadge"))->isVisible());
        pair.key(Qt::Key_BracketRight);
        QCOMPARE(pair.slide().orientation(), (Orientation{1, false}));
        pair.key(Qt::Key_G);
        QVERIFY(pair.light().settings().grid);
        auto* modes = pair.findChild<QComboBox*>(QStringLiteral("pairModes"));
        modes->setFocus();
        QTest::keyClick(modes, Qt::Key_H); // not while another control has the focus
        QCOMPARE(pair.light().settings().light.stain, ViewLight::Stain::Density);
    }

    void absurdPixelSizesAreRefusedInOneSentence() {
        Pair pair;
        QVERIFY(pair.ok);
        SlidePanel panel(pair.slide());
        panel.refresh();
        const Scale before = pair.slide().slideScale();
        panel.findChild<QPushButton*>(QStringLiteral("setScaleButton"))->click();
        auto* dialog = panel.findChild<QDialog*>();
        QVERIFY(dialog);
        auto* field = dialog->findChild<QLineEdit*>(QStringLiteral("scaleField"));
        auto* problem = dialog->findChild<QWidget*>(QStringLiteral("scaleProblem"));
        auto* set = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        for (const char* bad : {"0", "-0.5", "nan", "inf", "1e9", "0.000001", "", "wide"}) {
            field->setText(QString::fromLatin1(bad));
            set->click();
            QVERIFY2(problem->isVisible(), bad);
            QCOMPARE(pair.slide().slideScale(), before);
        }
        field->setText(QStringLiteral("0.3"));
        set->click();
        QCOMPARE(pair.slide().slideScale(), (Scale{0.3, ScaleSource::User}));
        QVERIFY(!dialog->isVisible());
    }

    void slideMayGoWhileComparing() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("slide.svs"));
        QVERIFY(QFile::copy(sampleSlide(), path));
        Pair pair(path);
        QVERIFY(pair.ok);
        pair.key(Qt::Key_W);
        QTRY_VERIFY_WITH_TIMEOUT(pair.slide().pendingTiles() == 0, 20000);
        QVERIFY(QFile::remove(path));
        pair.key(Qt::Key_H);
        pair.slide().setCentre({100, 100});
        QTest::qWait(200);
        QCOMPARE(pair.mode(), PairMode::Wipe);
        QVERIFY(pair.slide().hasSlide());
    }
};

PHLOXINE_TEST(ui_image_pair, ImagePairTest, QApplication)
#include "test_image_pair.moc"
