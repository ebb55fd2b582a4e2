// The light of the view: it changes what is seen, in the right direction, and never what was read.
#include <QTemporaryDir>
#include <QtTest>

#include "core/measure/tissue/stain.h"
#include "tests/support/profiled_slide.h"
#include "tests/support/test_main.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/viewer/ViewLight.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {
using Stain = ViewLight::Stain;

QImage plain(QRgb color) {
    QImage image(8, 8, QImage::Format_RGB32);
    image.fill(color);
    return image;
}
QRgb seen(QRgb color, const ViewLight& light) { return lit(plain(color), light).pixel(3, 3); }
QRgb stained(double haematoxylin, double eosin) {
    const auto rgb = stainedColour(ruifrokJohnston(), haematoxylin, eosin);
    return qRgb(int(std::lround(rgb[0])), int(std::lround(rgb[1])), int(std::lround(rgb[2])));
}
bool near(QRgb a, QRgb b, int by) {
    return std::abs(qRed(a) - qRed(b)) <= by && std::abs(qGreen(a) - qGreen(b)) <= by && std::abs(qBlue(a) - qBlue(b)) <= by;
}
const QRect inner(50, 50, 300, 300); // of a pane, without chips and focus ring

int worst(const QImage& a, const QImage& b) { // difference of a channel
    int most = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) {
            const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
            most = std::max({most, std::abs(qRed(p) - qRed(q)), std::abs(qGreen(p) - qGreen(q)), std::abs(qBlue(p) - qBlue(q))});
        }
    return most;
}
} // namespace

class ViewLightTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void neutralIsTheSamePicture() {
        const QImage image = plain(qRgb(120, 60, 140));
        QCOMPARE(lit(image, {}), image);
        QVERIFY(lit(QImage(), {Stain::Eosin}).isNull());
    }

    void stainsComeApart() {
        const QRgb both = stained(0.6, 0.4);
        QVERIFY(near(seen(both, {Stain::Haematoxylin}), stained(0.6, 0), 3));
        QVERIFY(near(seen(both, {Stain::Eosin}), stained(0, 0.4), 3));
        QVERIFY(near(seen(both, {Stain::Residual}), qRgb(255, 255, 255), 4)); // nothing else is there
        QVERIFY(qRed(seen(qRgb(200, 200, 20), {Stain::Residual})) < 200);     // ink is no stain
        for (const Stain stain : {Stain::Density, Stain::Haematoxylin, Stain::Eosin, Stain::Residual})
            QVERIFY(near(seen(qRgb(255, 255, 255), {stain}), qRgb(255, 255, 255), 0));
        QCOMPARE(seen(qRgb(0, 0, 0), {Stain::Density}), qRgb(0, 0, 0));
    }

    void lightGoesTheRightWay() {
        const QRgb grey = qRgb(100, 100, 100);
        QVERIFY(qRed(seen(grey, {Stain::All, 30, 0, 1})) > 100);
        QVERIFY(qRed(seen(grey, {Stain::All, 0, 30, 1})) < 100);
        QVERIFY(qRed(seen(grey, {Stain::All, 0, 0, 2})) > 100);
        QCOMPARE(seen(grey, {Stain::All, 900, 0, 1}), seen(grey, {Stain::All, 100, 0, 1}));
        QCOMPARE(seen(grey, {Stain::All, 0, 0, std::nan("")}), grey);
    }

    void allStainsAreRoundInACircle() {
        Stain stain = Stain::All;
        for (int i = 0; i < 5; ++i) stain = nextStain(stain);
        QCOMPARE(stain, Stain::All);
    }

    // The pane in a light shows the lit pixels of the slide; back in the neutral one, the slide's own.
    void paneShowsTheLitSlide() {
        OpenView view;
        QVERIFY(view.ok);
        view.setViewMicronsPerPixel(syntheticMpp);
        QVERIFY(view.sharp());
        const QImage before = view.grab().toImage();
        view.setLight({Stain::Haematoxylin});
        QVERIFY(view.sharp());
        QCOMPARE(worst(view.grab().toImage().copy(inner), lit(before, {Stain::Haematoxylin}).copy(inner)), 0);
        view.setLight({});
        QVERIFY(view.sharp());
        QCOMPARE(worst(view.grab().toImage().copy(inner), before.copy(inner)), 0);
    }

    void turnedPaneShowsTheTurnedSlide() {
        OpenView view;
        QVERIFY(view.ok);
        view.setViewMicronsPerPixel(syntheticMpp);
        QVERIFY(view.sharp());
        const QImage upright = view.grab().toImage().copy(inner);
        view.setOrientation({1, false});
        QVERIFY(view.sharp());
        QCOMPARE(worst(view.grab().toImage().copy(inner), upright.transformed(QTransform().rotate(90))), 0);
        view.setOrientation(Orientation{}.flipped());
        QVERIFY(view.sharp());
        QCOMPARE(worst(view.grab().toImage().copy(inner), upright.mirrored(true, false)), 0);
    }

    void aSlideInTheColoursOfItsScanner() {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("profiled.tiff"));
        writeProfiledSlide(file.toStdString(), 55, profileOfGamma(1.0));
        OpenView view(file);
        QVERIFY(view.ok && view.hasColourProfile());
        const auto shown = [&] { return view.sharp() ? qRed(view.grab().toImage().pixel(200, 120)) : -1; };
        QCOMPARE(shown(), 55);
        const auto overviewRed = [&] { return qRed(view.shownOverview().pixel(10, 10)); };
        QTRY_VERIFY(!view.overview().isNull());
        QCOMPARE(overviewRed(), 55);
        QSignalSpy otherOverview(&view, &SlideView::overviewReady); // for the navigator
        view.setColourProfile(true);
        QVERIFY2(std::abs(shown() - 128) <= 1, qPrintable(QString::number(shown())));
        QVERIFY(std::abs(overviewRed() - 128) <= 1);
        QCOMPARE(qRed(view.overview().pixel(10, 10)), 55); // what is measured
        QCOMPARE(otherOverview.count(), 1);
        ViewLight brighter;
        brighter.brightness = 20;
        view.setLight(brighter); // on top of it
        QVERIFY(shown() > 130);
        view.setLight({});
        view.setColourProfile(false);
        QCOMPARE(shown(), 55);
        view.setColourProfile(true);
        QSignalSpy opened(&view, &SlideView::opened);
        view.openSlide(sampleSlide()); // brings none
        QVERIFY(opened.wait(20'000) && !view.hasColourProfile());
        QVERIFY(view.sharp());
    }
};

PHLOXINE_TEST(ui_view_light, ViewLightTest, QApplication)
#include "test_view_light.moc"
