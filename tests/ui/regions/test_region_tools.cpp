// Regions are drawn and changed by real mouse and key events on the slide, undone, and drawn fast by the thousand.
#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QToolButton>

#include "core/base/Dice.h"
#include "tests/support/machine.h"
#include "tests/support/test_main.h"
#include "tests/ui/regions/bench_fixture.h"
#include "ui/regions/LabelDialog.h"

using namespace phloxine;
using namespace phloxine::ui;

class TestRegionTools : public QObject {
    Q_OBJECT

    static Region square(double left, double top, double side, const char* className = "") {
        Region region;
        region.className = className;
        region.polygons = {{{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}, {}}};
        return region;
    }

private Q_SLOTS:
    void rectangleByDrag() {
        BenchFixture f;
        QVERIFY(f.ok);
        f.key(Qt::Key_R);
        QCOMPARE(f.bench->layer().tool(), RegionTool::Rectangle);
        QVERIFY(f.find<QToolButton>("toolRectangle")->isChecked());
        const QPointF before = f.view.centre();
        drag(f.view, {100, 100}, {300, 220});
        QCOMPARE(f.document().count(), 1);
        QCOMPARE(f.view.centre(), before); // drawn, not panned
        const auto& box = f.document().at(0)->box;
        const QPointF from = f.view.toLevel0({100, 100}), to = f.view.toLevel0({300, 220});
        QVERIFY(near(box.left, from.x(), 1) && near(box.top, from.y(), 1) && near(box.right, to.x(), 1) && near(box.bottom, to.y(), 1));
        QCOMPARE(f.document().chosen(), 0);
        QVERIFY(!f.view.grab().toImage().isNull());
    }

    void nothingWithoutArea() {
        BenchFixture f;
        f.key(Qt::Key_R);
        QTest::mouseClick(&f.view, Qt::LeftButton, {}, {100, 100});
        drag(f.view, {100, 100}, {100, 300});
        f.key(Qt::Key_P);
        for (const QPoint p : {QPoint(50, 50), QPoint(100, 100), QPoint(150, 150)}) QTest::mouseClick(&f.view, Qt::LeftButton, {}, p);
        f.key(Qt::Key_Return);
        QCOMPARE(f.document().count(), 0);
        QVERIFY2(f.said().contains(QStringLiteral("no area")), qPrintable(f.said()));
    }

    void polygonByClicks() {
        BenchFixture f;
        f.key(Qt::Key_P);
        for (const QPoint p : {QPoint(100, 100), QPoint(300, 100), QPoint(400, 390), QPoint(200, 300)})
            QTest::mouseClick(&f.view, Qt::LeftButton, {}, p);
        f.key(Qt::Key_Backspace);
        QVERIFY(f.bench->layer().drawing());
        f.key(Qt::Key_Return);
        QCOMPARE(f.document().count(), 1);
        QCOMPARE(f.document().at(0)->region.polygons[0].outer.size(), std::size_t(3));
        QVERIFY(f.said().isEmpty());
        // A click on the first corner closes too.
        for (const QPoint p : {QPoint(20, 20), QPoint(60, 20), QPoint(60, 60), QPoint(21, 22)})
            QTest::mouseClick(&f.view, Qt::LeftButton, {}, p);
        QCOMPARE(f.document().count(), 2);
        QTest::mouseClick(&f.view, Qt::LeftButton, {}, {200, 200});
        f.key(Qt::Key_Escape);
        QVERIFY(!f.bench->layer().drawing());
        QCOMPARE(f.document().count(), 2);
    }

    void crossingOutlineIsKeptAndTold() {
        BenchFixture f;
        f.key(Qt::Key_P);
        for (const QPoint p : {QPoint(100, 100), QPoint(300, 320), QPoint(300, 100), QPoint(100, 300)})
            QTest::mouseClick(&f.view, Qt::LeftButton, {}, p);
        f.key(Qt::Key_Return);
        QCOMPARE(f.document().count(), 1);
        QVERIFY2(f.said().contains(QStringLiteral("crosses itself")), qPrintable(f.said()));
    }

    void brushPaintsGrowsAndShrinks() {
        BenchFixture f;
        f.key(Qt::Key_B);
        drag(f.view, {150, 200}, {300, 200});
        QCOMPARE(f.document().count(), 1);
        const double first = f.document().at(0)->areaPx;
        const double screenPx = std::hypot(f.view.toLevel0({1, 0}).x() - f.view.toLevel0({0, 0}).x(), 0.0);
        const double expected = (150 * 40 + 3.14159 * 20 * 20) * screenPx * screenPx;
        QVERIFY2(std::abs(first / expected - 1) < 0.03, qPrintable(QString::number(first / expected)));
        drag(f.view, {290, 200}, {290, 300}); // from inside: the same region
        QCOMPARE(f.document().count(), 1);
        QVERIFY(f.document().at(0)->areaPx > 1.3 * first);
        const double second = f.document().at(0)->areaPx;
        QTest::mousePress(&f.view, Qt::LeftButton, Qt::AltModifier, {220, 150});
        QTest::mouseMove(&f.view, {220, 200});
        QTest::mouseMove(&f.view, {220, 250});
        QTest::mouseRelease(&f.view, Qt::LeftButton, Qt::AltModifier, {220, 250});
        QCOMPARE(f.document().count(), 1);
        QVERIFY(f.document().at(0)->areaPx < second);
        QCOMPARE(f.document().at(0)->region.polygons.size(), std::size_t(2)); // cut in two
        f.key(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(near(f.document().at(0)->areaPx, second, 1));
    }

    void brushOffTheSlide() {
        BenchFixture f;
        f.view.setCentre({0, 0});
        f.key(Qt::Key_B);
        drag(f.view, {20, 20}, {60, 30}); // left of and above the slide
        QCOMPARE(f.document().count(), 0);
        QVERIFY2(f.said().contains(QStringLiteral("did not touch the slide")), qPrintable(f.said()));
        drag(f.view, {200, 150}, {300, 250}); // over its corner
        QCOMPARE(f.document().count(), 1);
        QVERIFY(f.document().at(0)->box.left >= 0 && f.document().at(0)->box.top >= 0);
    }

    void cornersMoveComeAndGo() {
        BenchFixture f;
        const QRectF box = f.view.tileFrameLevel0();
        f.document().add(square(box.left() + 50, box.top() + 50, 300));
        const SlidePoint corner = f.document().at(0)->region.polygons[0].outer[2];
        const QPoint from = f.at(corner.x, corner.y);
        drag(f.view, from, from + QPoint(30, 20));
        const SlidePoint moved = f.document().at(0)->region.polygons[0].outer[2];
        const QPointF wanted = f.view.toLevel0(from + QPoint(30, 20));
        QVERIFY(near(moved.x, wanted.x(), 2) && near(moved.y, wanted.y(), 2));
        f.key(Qt::Key_Delete); // the corner that was grabbed
        QCOMPARE(f.document().at(0)->region.polygons[0].outer.size(), std::size_t(3));
        f.key(Qt::Key_Delete); // no corner is chosen now: the region
        QCOMPARE(f.document().count(), 0);
        for (int i = 0; i < 3; ++i) f.key(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(f.document().at(0)->region == [&] {
            auto r = square(box.left() + 50, box.top() + 50, 300);
            r.id = "1";
            return r;
        }());
        f.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(near(f.document().at(0)->region.polygons[0].outer[2].x, wanted.x(), 2));
        // A side gets a corner by a double click, and loses it so.
        f.document().choose(0);
        const auto& ring = f.document().at(0)->region.polygons[0].outer;
        const QPoint middle = f.at((ring[0].x + ring[1].x) / 2, (ring[0].y + ring[1].y) / 2);
        QTest::mouseDClick(&f.view, Qt::LeftButton, {}, middle);
        QCOMPARE(f.document().at(0)->region.polygons[0].outer.size(), std::size_t(5));
        QTest::mouseDClick(&f.view, Qt::LeftButton, {}, middle);
        QCOMPARE(f.document().at(0)->region.polygons[0].outer.size(), std::size_t(4));
    }

    void aWholeRegionMovesAndStaysOnTheSlide() {
        BenchFixture f;
        const QRectF box = f.view.tileFrameLevel0();
        f.document().add(square(box.left() + 100, box.top() + 100, 200));
        const QPoint inside = f.at(box.left() + 200, box.top() + 200);
        const QPointF before = f.view.centre();
        drag(f.view, inside, inside + QPoint(40, 0));
        QCOMPARE(f.view.centre(), before);
        QVERIFY(f.document().at(0)->box.left > box.left() + 110);
        QVERIFY(near(f.document().at(0)->box.right - f.document().at(0)->box.left, 200, 1e-6));
        drag(f.view, {480, 380}, {440, 340}); // outside it: the slide
        QVERIFY(f.view.centre() != before);
    }

    void clicksChooseTheSmallest() {
        BenchFixture f;
        const QRectF box = f.view.tileFrameLevel0();
        f.document().add(square(box.left() + 50, box.top() + 50, 400));
        f.document().add(square(box.left() + 150, box.top() + 150, 100));
        f.document().choose(-1);
        QTest::mouseClick(&f.view, Qt::LeftButton, {}, f.at(box.left() + 200, box.top() + 200));
        QCOMPARE(f.document().chosen(), 1);
        QTest::mouseClick(&f.view, Qt::LeftButton, {}, f.at(box.left() + 80, box.top() + 300));
        QCOMPARE(f.document().chosen(), 0);
        QCOMPARE(f.find<QListView>("regionList")->currentIndex().row(), 0);
        QTest::mouseClick(&f.view, Qt::LeftButton, {}, {5, 5});
        QCOMPARE(f.document().chosen(), -1);
    }

    void regionWithoutAMouse() {
        BenchFixture f;
        f.key(Qt::Key_Right);
        f.key(Qt::Key_R);
        f.key(Qt::Key_Return);
        QCOMPARE(f.document().count(), 1);
        const QRectF box = f.view.tileFrameLevel0();
        QVERIFY(near(f.document().at(0)->box.left, box.left(), 1e-6) && near(f.document().at(0)->box.right, box.right(), 1e-6));
        f.key(Qt::Key_Escape);
        QCOMPARE(f.bench->layer().tool(), RegionTool::Select);
        f.key(Qt::Key_Escape);
        QCOMPARE(f.document().chosen(), -1);
    }

    void keysActOnTheSlideAlone() {
        BenchFixture f;
        QLineEdit edit(&f.window);
        edit.show();
        edit.setFocus();
        QTest::keyClicks(&edit, QStringLiteral("rpbm"));
        QCOMPARE(edit.text(), QStringLiteral("rpbm"));
        QCOMPARE(f.bench->layer().tool(), RegionTool::Select);
        // A menu's Ctrl+Z is for other panels: the slide takes it first.
        int menus = 0;
        QAction undo(&f.view);
        undo.setShortcut(QKeySequence::Undo);
        f.view.addAction(&undo);
        connect(&undo, &QAction::triggered, this, [&] { ++menus; });
        f.document().add(square(10, 10, 100));
        f.view.setFocus();
        f.key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(f.document().count(), 0);
        QCOMPARE(menus, 0);
    }

    void labelsOfTheModelAndOnesOwn() {
        BenchFixture f;
        auto* box = f.find<QComboBox>("regionClass");
        QCOMPARE(box->count(), int(f.card.classes.size()) + 3); // none, classes, line, new
        QVERIFY(!box->accessibleName().isEmpty());
        f.document().add(square(1000, 1000, 500));
        box->setCurrentIndex(1);
        Q_EMIT box->activated(1);
        QCOMPARE(f.document().at(0)->region.className, f.card.classes[0].id);
        QCOMPARE(QString::fromStdString(f.document().at(0)->region.colour), QString::fromStdString(f.card.classes[0].colour).toUpper());
        Q_EMIT box->activated(box->count() - 1);
        auto* dialog = f.window.findChild<LabelDialog*>();
        QVERIFY(dialog);
        QTest::keyClicks(dialog->findChild<QLineEdit*>(QStringLiteral("labelName")), QStringLiteral("necrosis"));
        QTest::keyClick(dialog, Qt::Key_Return);
        QCOMPARE(f.document().at(0)->region.className, std::string("necrosis"));
        QCOMPARE(f.bench->panel().chosenClass(), QStringLiteral("necrosis"));
        f.key(Qt::Key_R); // new regions get it too
        drag(f.view, {100, 100}, {200, 200});
        QCOMPARE(f.document().at(1)->region.className, std::string("necrosis"));
    }

    void everyControlHasAName() {
        BenchFixture f;
        f.document().add(square(10, 10, 100));
        f.bench->layer().setTool(RegionTool::Brush);
        for (const QWidget* w : f.bench->panel().findChildren<QWidget*>()) {
            if (!(w->focusPolicy() & Qt::TabFocus) || !w->isVisibleTo(&f.bench->panel())) continue;
            const auto* button = qobject_cast<const QAbstractButton*>(w);
            QVERIFY2(!w->accessibleName().isEmpty() || (button && !button->text().isEmpty()) ||
                         w->objectName().startsWith(QLatin1String("qt_")),
                     qPrintable(w->objectName() + QLatin1Char(' ') + QLatin1String(w->metaObject()->className())));
        }
    }

    void tenThousandRegionsDrawSmoothly() {
        BenchFixture f;
        RegionList many;
        Dice dice(3);
        for (int i = 0; i < 10000; ++i) {
            Region region;
            region.id = std::to_string(i);
            region.className = f.card.classes[std::size_t(i) % f.card.classes.size()].id;
            const double x = dice.uniform(200, 19800), y = dice.uniform(200, 15800), r = dice.uniform(20, 150);
            Ring ring;
            for (int k = 0; k < 24; ++k) {
                const double angle = k * 2 * 3.14159265 / 24, away = r * dice.uniform(0.7, 1.1);
                ring.push_back({x + away * std::cos(angle), y + away * std::sin(angle)});
            }
            region.polygons = {{std::move(ring), {}}};
            many.push_back(shownRegion(std::move(region), f.view.slideSize()));
        }
        f.document().addAll(many);
        f.view.resize(700, 600);
        QTest::qWait(50);
        const double slow = ui::testing::slowness();
        std::vector<double> paints;
        QImage target(700, 600, QImage::Format_RGB32);
        for (const double zoom : {8.0, 3.0, 1.0, 0.5})
            for (int i = 0; i < 25; ++i) {
                f.view.setViewMicronsPerPixel(zoom);
                f.view.setCentre({10000.0 + 40 * i, 8000.0 + 25 * i}); // a pan: the cached picture is of no use
                const double before = threadCpuMs();
                f.bench->layer().render(&target, {}, {}, QWidget::DrawChildren);
                paints.push_back(threadCpuMs() - before);
            }
        std::sort(paints.begin(), paints.end());
        const double p95 = paints[std::size_t(0.95 * double(paints.size()))];
        qInfo("10,000 regions: %zu paints, median %.1f ms, p95 %.1f ms, most %.1f ms of processor time", paints.size(),
              paints[paints.size() / 2], p95, paints.back());
        QVERIFY2(p95 < 50 * slow, qPrintable(QString::number(p95)));
        const double before = threadCpuMs();
        f.document().remove(17);
        f.document().undo();
        QVERIFY(threadCpuMs() - before < 50 * slow);
    }
};

PHLOXINE_TEST(ui_region_tools, TestRegionTools, QApplication)
#include "test_region_tools.moc"
