// The small widgets: their states by mouse and by key, and what a screen reader meets.
#include <QAbstractButton>
#include <QAccessible>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

#include "tests/support/test_main.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/SideDrawer.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/TokenMeter.h"

using namespace phloxine::ui;

class TestWidgets : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void segmentsByMouseAndKeys() {
        SegmentedControl control({QStringLiteral("Low"), QStringLiteral("High"), QStringLiteral("Not stated")});
        QSignalSpy changed(&control, &SegmentedControl::currentChanged);
        control.resize(300, 32);
        control.show();
        QVERIFY(QTest::qWaitForWindowActive(&control));
        QCOMPARE(control.currentIndex(), 0);
        QTest::mouseClick(control.button(1), Qt::LeftButton, {}, QPoint(control.button(1)->width() - 4, 16)); // anywhere on it
        QCOMPARE(control.currentIndex(), 1);
        QCOMPARE(changed.takeLast().value(0).toInt(), 1);
        QTest::keyClick(control.button(1), Qt::Key_Right);
        QCOMPARE(control.currentIndex(), 2);
        QTest::keyClick(control.button(2), Qt::Key_Right); // stays at the end
        QCOMPARE(control.currentIndex(), 2);
        control.setSegmentEnabled(1, false, QStringLiteral("Needs a text model"));
        QTest::keyClick(control.button(2), Qt::Key_Left); // over the disabled one
        QCOMPARE(control.currentIndex(), 0);
        QCOMPARE(control.button(1)->toolTip(), QStringLiteral("Needs a text model"));
        changed.clear();
        control.setCurrentIndex(0);
        control.setCurrentIndex(7);
        QCOMPARE(changed.count(), 0);
    }

    void segmentsAreOneTabStopAndRadioButtons() {
        QWidget window;
        auto* column = new QVBoxLayout(&window);
        auto* before = new QLineEdit(&window);
        auto* control = new SegmentedControl({QStringLiteral("Tissue class"), QStringLiteral("Text")}, &window);
        auto* after = new QLineEdit(&window);
        for (QWidget* widget : std::initializer_list<QWidget*>{before, control, after}) column->addWidget(widget);
        control->setCurrentIndex(1);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        before->setFocus();
        QTest::keyClick(before, Qt::Key_Tab);
        QCOMPARE(QApplication::focusWidget(), control->button(1));
        QTest::keyClick(control->button(1), Qt::Key_Tab);
        QCOMPARE(QApplication::focusWidget(), after);
        QAccessibleInterface* segment = QAccessible::queryAccessibleInterface(control->button(1));
        QVERIFY(segment);
        QCOMPARE(segment->role(), QAccessible::RadioButton);
        QCOMPARE(segment->text(QAccessible::Name), QStringLiteral("Text"));
        QVERIFY(segment->state().checked);
    }

    void badgeSaysItsTextAndFits() {
        Badge badge(QStringLiteral("Synthetic"), Tone::Synthetic);
        QCOMPARE(badge.accessibleName(), QStringLiteral("Synthetic"));
        const int plain = badge.sizeHint().width();
        badge.setTone(Tone::Warn); // an icon comes in
        QVERIFY(badge.sizeHint().width() != plain);
        QCOMPARE(badge.sizeHint().height(), 20);
    }

    void syntheticIsDashedAndRealIsSolid() {
        const auto edgeColours = [](Tone tone) {
            Badge badge(QStringLiteral("A longer text"), tone);
            badge.resize(badge.sizeHint());
            const QImage image = badge.grab().toImage();
            QSet<QRgb> colours;
            for (int x = 8; x < image.width() - 8; ++x) colours.insert(image.pixel(x, 0));
            return colours.size();
        };
        QCOMPARE(edgeColours(Tone::Real), 1);
        QVERIFY(edgeColours(Tone::Synthetic) > 1);
    }

    void noteWrapsActsAndCloses() {
        QWidget window;
        auto* column = new QVBoxLayout(&window);
        auto* note = new Note(Tone::Warn, &window);
        note->setText(QStringLiteral("The file gives no pixel size. Scale bars and side-by-side sizes may be wrong."));
        note->setAction(QStringLiteral("Set scale..."));
        note->setClosable(true);
        column->addWidget(note);
        column->addStretch(1);
        window.resize(280, 400);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QVERIFY(note->height() >= note->heightForWidth(note->width()));
        QCOMPARE(note->accessibleName(), note->text());
        QSignalSpy acted(note, &Note::actionTriggered), closed(note, &Note::closed);
        QTest::mouseClick(note->actionButton(), Qt::LeftButton);
        QCOMPARE(acted.count(), 1);
        auto* cross = note->findChild<QToolButton*>();
        QCOMPARE(cross->accessibleName(), QStringLiteral("Close"));
        QTest::mouseClick(cross, Qt::LeftButton);
        QCOMPARE(closed.count(), 1);
        QVERIFY(note->isHidden());
        note->setAction({});
        QVERIFY(note->actionButton()->isHidden());
        note->setBar(true);
        QCOMPARE(note->text().isEmpty(), false);
    }

    void columnBecomesADrawerOnANarrowPage() {
        QWidget page;
        auto* row = new QHBoxLayout(&page);
        row->setContentsMargins(0, 0, 0, 0); // as those of pages are
        auto* column = new QWidget;
        column->setFixedWidth(280);
        auto* inColumn = new QVBoxLayout(column);
        auto* note = new Note(Tone::Warn, column);
        note->hide();
        auto* field = new QLineEdit(column);
        inColumn->addWidget(note);
        inColumn->addWidget(field);
        auto* drawer = new SideDrawer(column, QStringLiteral("tools"), &page);
        row->addStretch(1);
        row->addWidget(drawer);
        page.resize(1400, 500);
        page.show();
        QVERIFY(QTest::qWaitForWindowExposed(&page));
        auto* button = page.findChild<QToolButton*>(QStringLiteral("drawerButton"));
        QVERIFY(!drawer->isDrawer() && column->isVisible() && !button->isVisible());
        page.resize(1100, 500);
        QVERIFY(drawer->isDrawer() && !drawer->isOpen() && !column->isVisible() && button->isVisible());
        QVERIFY(button->accessibleName().contains(QStringLiteral("tools")));
        QTest::mouseClick(button, Qt::LeftButton);
        QVERIFY(drawer->isOpen() && column->isVisible());
        const QRect place(column->mapTo(&page, QPoint()), column->size());
        QVERIFY(page.rect().contains(place) && place.right() < button->mapTo(&page, QPoint()).x());
        QCOMPARE(column->width(), 280);
        page.activateWindow();
        field->setFocus();
        QTRY_VERIFY(field->hasFocus());
        QTest::keyClick(field, Qt::Key_Escape);
        QVERIFY(!drawer->isOpen() && button->hasFocus());
        note->setText(QStringLiteral("The slide cannot be read."));
        note->show(); // what is to be said is seen
        QVERIFY(drawer->isOpen() && note->isVisible());
        drawer->setOpen(false);
        note->setText(QStringLiteral("Nor can the next one.")); // while the first still stands there
        QVERIFY(drawer->isOpen());
        page.resize(1400, 500);
        QVERIFY(!drawer->isDrawer() && column->isVisible() && !button->isVisible());
        note->hide();
        note->show();
        QVERIFY(!drawer->isOpen());
    }

    void swatchReadsAsItsCode() {
        ClassSwatch swatch(QStringLiteral("LS"), QColor(0xE6, 0x9F, 0x00));
        QCOMPARE(swatch.size(), QSize(30, 20));
        QVERIFY(swatch.accessibleName().contains(QStringLiteral("LS")));
    }

    void tokenSentences_data() {
        QTest::addColumn<int>("count");
        QTest::addColumn<int>("limit");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("short") << 40 << 154 << QStringLiteral("fits one window of this model");
        QTest::newRow("exactly one window") << 77 << 154 << QStringLiteral("fits one window of this model");
        QTest::newRow("two windows") << 78 << 154 << QStringLiteral("uses two windows");
        QTest::newRow("at the limit") << 154 << 154 << QStringLiteral("uses two windows");
        QTest::newRow("one over") << 155 << 154 << QStringLiteral("the last token is cut");
        QTest::newRow("over") << 160 << 154 << QStringLiteral("the last 6 tokens are cut");
        QTest::newRow("one window is all") << 80 << 77 << QStringLiteral("the last 3 tokens are cut");
    }
    void tokenSentences() {
        QFETCH(int, count);
        QFETCH(int, limit);
        QFETCH(QString, sentence);
        TokenMeter meter;
        meter.setTokens(count, 35, 77, limit);
        QCOMPARE(meter.sentence(), sentence);
        QVERIFY(meter.accessibleDescription().contains(sentence));
        meter.resize(meter.minimumSizeHint());
        QVERIFY(!meter.grab().isNull());
    }

    void marksThatAModelDoesNotHaveAreNotDrawn() {
        TokenMeter meter;
        const auto marks = [&](int trained, int limit) {
            meter.setTokens(20, trained, 77, limit);
            QStringList all;
            for (const auto& mark : meter.marks()) all.append(mark.text);
            return all.join(QStringLiteral(", "));
        };
        QCOMPARE(marks(35, 154), QStringLiteral("35 trained, 77 window, 154 limit"));
        QCOMPARE(marks(0, 154), QStringLiteral("77 window, 154 limit"));
        QCOMPARE(marks(0, 77), QStringLiteral("77 limit"));
        QCOMPARE(marks(27, 40), QStringLiteral("27 trained, 40 limit")); // the embedded model: no window of 77
        QCOMPARE(marks(77, 77), QStringLiteral("77 limit"));
        QCOMPARE(marks(120, 154), QStringLiteral("77 window, 120 trained, 154 limit"));
    }
};

PHLOXINE_TEST(ui_widgets, TestWidgets, QApplication)
#include "test_widgets.moc"
