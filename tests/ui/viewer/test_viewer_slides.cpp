// Slides that open, do not open, are damaged, go away or are left in a hurry, and how long the GUI thread is kept.
#include <random>
#include <vector>

#include <QMimeData>
#include <QPushButton>
#include <QtTest>

#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"

using namespace phloxine;
using namespace phloxine::ui;

class TestViewerSlides : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void startsEmpty();
    void opensASlide();
    void opensTheSample();
    void badFileSaysSoAndLivesOn_data();
    void badFileSaysSoAndLivesOn();
    void failedOpeningKeepsTheOpenSlide();
    void latestOpeningWins();
    void closesAndReopens();
    void slideDeletedWhileOpen();
    void corruptTileIsHatched();
    void dropOpens();
    void manyJumpsEndSharp();
    void handlersAndPaintingAreQuick();
    void destroyedWhileReading();
};

void TestViewerSlides::startsEmpty() {
    SlideView view;
    view.resize(400, 400);
    QVERIFY(!view.hasSlide());
    QCOMPARE(view.pendingTiles(), 0);
    QVERIFY(view.overview().isNull());
    const auto buttons = view.findChildren<QPushButton*>();
    QCOMPARE(buttons.size(), 2);
    QSignalSpy open(&view, &SlideView::openRequested), sample(&view, &SlideView::openSampleRequested);
    QTest::mouseClick(buttons[0], Qt::LeftButton);
    QTest::mouseClick(buttons[1], Qt::LeftButton);
    QCOMPARE(open.size(), 1);
    QCOMPARE(sample.size(), 1);
    QVERIFY(!view.grab().isNull());
}

void TestViewerSlides::opensASlide() {
    OpenView view;
    QVERIFY(view.ok);
    QVERIFY(view.hasSlide());
    QCOMPARE(view.slideScale().micronsPerPixel, syntheticMpp);
    QCOMPARE(view.centre(), QPointF(10000, 8000));
    QVERIFY(view.sharp());
    QVERIFY(QTest::qWaitFor([&] { return !view.overview().isNull(); }));
}

void TestViewerSlides::opensTheSample() {
    OpenView view(sampleSlide());
    QVERIFY(view.ok);
    QCOMPARE(view.slideName(), QStringLiteral("CMU-1-Small-Region.svs"));
    QCOMPARE(view.slideSize(), QSizeF(2220, 2967));
    QVERIFY(view.slideScale().source == ScaleSource::Property);
    QVERIFY(std::abs(view.slideScale().micronsPerPixel - 0.499) < 1e-6);
    QCOMPARE(view.objectivePower(), 20.0);
    QVERIFY(view.sharp());
}

void TestViewerSlides::badFileSaysSoAndLivesOn_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("name");
    QTest::newRow("missing") << QByteArray() << QStringLiteral("nothing-here.svs");
    QTest::newRow("text") << QByteArray("this is a letter, not a slide\n") << QStringLiteral("letter.svs");
    QTest::newRow("empty") << QByteArray("") << QStringLiteral("empty.tiff");
    QTest::newRow("half a tiff") << QByteArray("II*\0\x10\0\0\0\xff\xff", 10) << QStringLiteral("half.tif");
    QTest::newRow("half a png") << QByteArray("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) << QStringLiteral("half.png");
}

void TestViewerSlides::badFileSaysSoAndLivesOn() {
    QFETCH(QByteArray, content);
    QFETCH(QString, name);
    QTemporaryDir folder;
    const QString path = folder.filePath(name);
    if (!content.isNull()) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    SlideView view;
    view.resize(400, 400);
    view.show();
    QSignalSpy failed(&view, &SlideView::failed);
    view.openSlide(path);
    QVERIFY(failed.wait(10000));
    QCOMPARE(failed.size(), 1);
    const QString sentence = failed[0][0].toString();
    QVERIFY2(sentence.endsWith('.') && sentence.contains(name), qPrintable(sentence));
    QVERIFY(!sentence.contains(folder.path()));
    QVERIFY(!view.hasSlide());
    QVERIFY(!view.grab().isNull());
    QSignalSpy opened(&view, &SlideView::opened);
    view.openSlide(synthetic);
    QVERIFY(opened.wait(10000));
}

void TestViewerSlides::failedOpeningKeepsTheOpenSlide() {
    OpenView view;
    QSignalSpy failed(&view, &SlideView::failed);
    view.openSlide(QStringLiteral("/nowhere/other.svs"));
    QVERIFY(failed.wait(10000));
    QVERIFY(view.hasSlide());
    QCOMPARE(view.slidePath(), synthetic);
    view.setCentre({300, 300});
    QVERIFY(view.sharp());
}

void TestViewerSlides::latestOpeningWins() {
    SlideView view;
    view.resize(300, 300);
    QSignalSpy opened(&view, &SlideView::opened);
    for (int n = 1; n <= 20; ++n) view.openSlide(QStringLiteral("synthetic:%1x1000").arg(1000 + n));
    QVERIFY(QTest::qWaitFor([&] { return view.hasSlide() && !view.isOpening(); }, 20000));
    QCOMPARE(view.slideSize().width(), 1020.0);
    QTest::qWait(100);
    QCOMPARE(opened.size(), 1);
}

void TestViewerSlides::closesAndReopens() {
    OpenView view;
    view.closeSlide();
    QVERIFY(!view.hasSlide());
    QCOMPARE(view.pendingTiles(), 0);
    QVERIFY(view.slideName().isEmpty());
    view.openSlide(synthetic);
    view.closeSlide(); // before it has opened
    QTest::qWait(200);
    QVERIFY(!view.hasSlide());
    QSignalSpy opened(&view, &SlideView::opened);
    view.openSlide(sampleSlide());
    QVERIFY(opened.wait(10000));
    QVERIFY(QTest::qWaitFor([&] { return view.pendingTiles() == 0; }));
}

void TestViewerSlides::slideDeletedWhileOpen() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("goes.svs"));
    QVERIFY(QFile::copy(sampleSlide(), path));
    OpenView view(path);
    QVERIFY(view.ok);
    view.setViewMicronsPerPixel(0.499);
    view.setCentre({600, 600});
    QVERIFY(view.sharp());
    const QColor before = view.grab().toImage().pixelColor(200, 200);
    QSignalSpy failed(&view, &SlideView::failed);
    QVERIFY(QFile::remove(path));
    for (QPointF at : {QPointF(1800, 2600), QPointF(200, 2600), QPointF(1800, 300)}) {
        view.setCentre(at);
        QVERIFY(view.sharp()); // ends, one way or the other
    }
    QCOMPARE(failed.size(), 1); // said once
    QVERIFY(failed[0][0].toString().contains(QStringLiteral("goes.svs")));
    QVERIFY(view.hasSlide());
    view.setCentre({600, 600});
    QCOMPARE(view.grab().toImage().pixelColor(200, 200), before); // what was read stays
    view.setCentre({1800, 300});
    const QImage hatched = view.grab().toImage();
    QVERIFY(QFile::copy(sampleSlide(), path)); // the share is there again
    OpenView whole(sampleSlide());
    whole.setViewMicronsPerPixel(0.499);
    whole.setCentre({1800, 300});
    QVERIFY(whole.sharp());
    QTRY_COMPARE_WITH_TIMEOUT(view.grab().toImage().copy(100, 100, 200, 200), whole.grab().toImage().copy(100, 100, 200, 200), 15000);
    QVERIFY(hatched.copy(100, 100, 200, 200) != view.grab().toImage().copy(100, 100, 200, 200));
    QCOMPARE(failed.size(), 1);
}

void TestViewerSlides::corruptTileIsHatched() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("hurt.svs"));
    QVERIFY(QFile::copy(sampleSlide(), path));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    file.seek(file.size() / 2);
    file.write(QByteArray(100000, '\0'));
    file.close();
    OpenView view(path);
    QVERIFY(view.ok);
    QSignalSpy bad(&view, &SlideView::badTiles), failed(&view, &SlideView::failed);
    view.fitSlide();
    QVERIFY(view.sharp());
    QVERIFY(bad.size() > 0);
    QVERIFY(bad.last()[0].toInt() > 0);
    QCOMPARE(failed.size(), 0);
    QVERIFY(view.hasSlide());
    view.setViewMicronsPerPixel(0.5);
    view.setCentre({300, 300}); // clean tissue is still read
    QVERIFY(view.sharp());
}

void TestViewerSlides::dropOpens() {
    SlideView view;
    view.resize(400, 400);
    view.show();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(sampleSlide())});
    QDragEnterEvent enter({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&view, &enter);
    QVERIFY(enter.isAccepted());
    QSignalSpy opened(&view, &SlideView::opened);
    QDropEvent drop({200, 200}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&view, &drop);
    QVERIFY(opened.wait(10000));
    QMimeData text;
    text.setText(QStringLiteral("no file"));
    QDragEnterEvent other({200, 200}, Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
    other.ignore();
    QCoreApplication::sendEvent(&view, &other);
    QVERIFY(!other.isAccepted());
}

void TestViewerSlides::manyJumpsEndSharp() {
    OpenView view(QStringLiteral("synthetic:200000x150000"));
    QVERIFY(view.ok);
    std::mt19937 random(7);
    const auto uniform = [&](double low, double high) { return low + (high - low) * double(random()) / double(random.max()); };
    for (int n = 0; n < 200; ++n) {
        view.setViewMicronsPerPixel(0.25 * std::exp2(uniform(-2, 5)));
        view.setCentre({uniform(0, 200000), uniform(0, 150000)});
        if (n % 10 == 0) view.grab();
        QCoreApplication::processEvents();
    }
    view.setViewMicronsPerPixel(0.25);
    view.setCentre({123456, 65432});
    QVERIFY(view.sharp());
    QCOMPARE(view.pendingTiles(), 0);
    const auto slide = syntheticSlide(200000, 150000);
    const QRect area(40, 40, 320, 280);
    const Image expected = slide->read(0, 123456 - 160, 65432 - 160, 320, 280);
    QCOMPARE(difference(view.grab().toImage(), area, expected).largest, 0);
}

void TestViewerSlides::handlersAndPaintingAreQuick() {
    OpenView view(QStringLiteral("synthetic:200000x150000"));
    view.resize(960, 1000);
    view.setTileFrame(256, 0.5);
    view.setViewMicronsPerPixel(0.4);
    QVERIFY(view.sharp());
    std::vector<double> paints, handlers;
    QImage screen(view.size(), QImage::Format_RGB32);
    const auto timed = [](std::vector<double>& into, auto action) {
        const double before = threadCpuMs();
        action();
        into.push_back(threadCpuMs() - before);
    };
    for (int n = 0; n < 150; ++n) {
        timed(handlers, [&] {
            if (n % 5 == 4) wheel(view, {300, 300}, n % 2 ? 120 : -120);
            else drag(view, {500, 500}, {500 - 13 * (n % 7), 520});
        });
        timed(paints, [&] { view.render(&screen); });
        timed(handlers, [] { QCoreApplication::processEvents(); }); // tiles that arrive
    }
    for (auto* times : {&paints, &handlers}) std::sort(times->begin(), times->end());
    const double paint95 = paints[paints.size() * 95 / 100], handler95 = handlers[handlers.size() * 95 / 100];
    qInfo("painting 960 x 1000: median %.1f, p95 %.1f, largest %.1f ms CPU", paints[paints.size() / 2], paint95, paints.back());
    qInfo("handlers: p95 %.2f, largest %.1f ms CPU", handler95, handlers.back());
    QVERIFY(paint95 < 50);
    QVERIFY(handlers.back() < 50);
}

void TestViewerSlides::destroyedWhileReading() {
    for (int n = 0; n < 10; ++n) {
        SlideView view;
        view.resize(800, 800);
        view.openSlide(QStringLiteral("synthetic:100000x100000"));
        QTest::qWait(n * 5);
    }
}

PHLOXINE_TEST(ui_viewer_slides, TestViewerSlides, QApplication)
#include "test_viewer_slides.moc"
