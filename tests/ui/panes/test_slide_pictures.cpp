// Pictures beside the slide: none is shown before it is asked for, and a late answer never stands under another name.
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/viewer/SlidePictures.h"
#include "ui/widgets/Note.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

struct Open {
    explicit Open(const QString& slide) : dialog(slide) {
        dialog.show();
        list = dialog.findChild<QListWidget*>(QStringLiteral("pictureNames"));
        picture = dialog.findChild<QLabel*>(QStringLiteral("slidePicture"));
        button = dialog.findChild<QPushButton*>(QStringLiteral("showPicture"));
        warning = dialog.findChild<Note*>();
    }
    bool shown() const { return !picture->pixmap(Qt::ReturnByValue).isNull(); }
    bool choose(const char* word) {
        for (int i = 0; i < list->count(); ++i)
            if (list->item(i)->text().startsWith(QLatin1String(word))) return list->setCurrentRow(i), true;
        return false;
    }
    SlidePictures dialog;
    QListWidget* list;
    QLabel* picture;
    QPushButton* button;
    Note* warning;
};

} // namespace

class TestSlidePictures : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsShownUnasked() {
        Open f(sampleSlide());
        QTRY_COMPARE(f.list->count(), 3);
        QVERIFY(!f.shown() && !f.button->isEnabled() && !f.warning->isVisible());
        QVERIFY(f.choose("Thumbnail"));
        QVERIFY(!f.shown() && !f.warning->isVisible());
        QTest::mouseClick(f.button, Qt::LeftButton);
        QTRY_VERIFY(f.shown());
        QCOMPARE(f.picture->accessibleName(), QStringLiteral("Thumbnail"));
        QVERIFY(f.choose("Label"));
        QVERIFY(!f.shown() && f.warning->isVisible()); // what was shown is gone
        QVERIFY(f.warning->text().contains(QStringLiteral("name")));
        QTest::keyClick(f.list, Qt::Key_Return);
        QTRY_VERIFY(f.shown());
        QVERIFY(f.choose("Macro"));
        QVERIFY(!f.shown() && f.warning->isVisible());
    }

    void aLateAnswerIsDropped() {
        Open f(sampleSlide());
        QTRY_COMPARE(f.list->count(), 3);
        QVERIFY(f.choose("Label"));
        QTest::mouseClick(f.button, Qt::LeftButton);
        QVERIFY(f.choose("Thumbnail")); // before the answer
        QTest::qWait(400);
        QVERIFY(!f.shown());
    }

    void whatIsMissingIsSaid() {
        Open none(QStringLiteral("synthetic:1000x1000"));
        QTRY_VERIFY(none.picture->text().contains(QStringLiteral("no other picture")));
        Open gone(QStringLiteral("/nowhere/slide.svs"));
        QTRY_VERIFY2(gone.picture->text().contains(QStringLiteral("slide.svs")), qPrintable(gone.picture->text()));
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("here.svs"));
        QVERIFY(QFile::copy(sampleSlide(), path));
        Open later(path);
        QTRY_COMPARE(later.list->count(), 3);
        QVERIFY(later.choose("Macro") && QFile::remove(path));
        QTest::mouseClick(later.button, Qt::LeftButton);
        QTRY_VERIFY2(later.picture->text().contains(QStringLiteral("here.svs")), qPrintable(later.picture->text()));
        QVERIFY(!later.shown());
    }

    void closedWhileReading() {
        for (int i = 0; i < 5; ++i) {
            Open f(sampleSlide());
            if (i % 2) QTest::qWait(20);
        }
    }
};

PHLOXINE_TEST(ui_slide_pictures, TestSlidePictures, QApplication)
#include "test_slide_pictures.moc"
