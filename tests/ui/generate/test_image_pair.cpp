// Tile and slide one over the other: modes, keys, what they refuse, and that both panes share light and zoom.
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSlider>
#include <QStandardItemModel>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/ui/viewer/viewer_support.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/SlidePanel.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/TileView.h"
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

QTEST_MAIN(ImagePairTest)
#include "test_image_pair.moc"
