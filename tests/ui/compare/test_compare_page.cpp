// The Compare workspace with a real worker on rendered tiles: from two folders to numbers, plots and single tiles; and its failures.
#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/image/ImageFile.h"
#include "core/job/JobQueue.h"
#include "core/measure/tissue/rendered_fields.h"
#include "core/model/ModelStore.h"
#include "tests/support/test_main.h"
#include "ui/bridge/JobBridge.h"
#include "ui/compare/CalibrationDialog.h"
#include "ui/compare/ClickField.h"
#include "ui/compare/ComparePage.h"
#include "ui/compare/DensityPlot.h"
#include "ui/compare/MetricCard.h"
#include "ui/compare/SaveReportDialog.h"
#include "ui/compare/SetCard.h"
#include "ui/compare/TileDialog.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

constexpr int readMs = 60'000, runMs = 240'000;

struct Fixture {
    QTemporaryDir data;
    std::shared_ptr<ModelStore> store = std::make_shared<ModelStore>();
    JobBridge bridge;
    std::unique_ptr<JobQueue> queue = std::make_unique<JobQueue>(store, bridge);
    ComparePage page{bridge};

    Fixture() {
        bridge.setQueue(queue.get());
        page.resize(1360, 820);
        page.show();
    }
    QString render(const char* name, int groups) const {
        for (const char* kind : {"few", "many"})
            for (int g = 0; g < groups; ++g) {
                FieldSettings settings;
                settings.sidePx = 96, settings.nuclei = kind == std::string("few") ? 5 : 20;
                const fs::path folder = fs::path(data.path().toStdString()) / name / kind;
                fs::create_directories(folder);
                writePng(folder / QStringLiteral("g%1.png").arg(g).toStdString(),
                         renderField(settings, std::uint64_t(g) + 100 * std::uint64_t(name[0])));
            }
        return data.filePath(QString::fromLatin1(name));
    }
    template <typename Widget>
    Widget* find(const char* name) const {
        return page.findChild<Widget*>(QString::fromLatin1(name));
    }
};

} // namespace

class TestComparePage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void emptyPageSaysHow() {
        Fixture f;
        QVERIFY(!f.find<QPushButton>("compareButton")->isEnabled());
        QVERIFY(!f.find<QPushButton>("saveReportButton")->isEnabled());
        QVERIFY(f.find<QLabel>("compareCost")->text().contains(QLatin1String("real tiles")));
    }

    void missingFolderIsSaid() {
        Fixture f;
        auto* card = f.find<SetCard>("realCard");
        card->setPath(f.data.filePath(QStringLiteral("nowhere")));
        QTRY_VERIFY_WITH_TIMEOUT(card->problem().contains(QLatin1String("not found")), readMs);
        QVERIFY(!f.find<QPushButton>("compareButton")->isEnabled());
    }

    void comparisonShowsNumbersPlotsAndTiles() {
        Fixture f;
        CompareRequest request;
        request.real = {{}, f.render("real", 24).toStdString(), "^g([0-9]+)"};
        request.synthetic = {{{}, f.render("made", 12).toStdString(), {}}};
        request.metrics = {"distances", "tissue", "copying", "cues"}; // judges take their time
        f.page.setRequest(request);
        auto* run = f.find<QPushButton>("compareButton");
        QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), readMs);
        QSignalSpy status(&f.page, &ComparePage::statusChanged);
        QTest::mouseClick(run, Qt::LeftButton);
        QVERIFY(f.find<QPushButton>("stopCompareButton")->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(f.page.report() && !f.page.running(), runMs);
        QVERIFY(status.count() > 2);
        const auto cards = f.page.findChildren<MetricCard*>();
        QCOMPARE(cards.size(), 4); // KID, precision, recall, near copies
        for (const auto* card : cards) QVERIFY(!card->sentence().isEmpty());
        const auto nearCopies = std::find_if(cards.begin(), cards.end(), [](const MetricCard* card) { return !card->toolTip().isEmpty(); });
        QVERIFY(nearCopies != cards.end() && (*nearCopies)->toolTip().startsWith((*nearCopies)->sentence()));
        QCOMPARE((*nearCopies)->sentence().count(QStringLiteral(". ")), 0); // the whole of it stands under "In short"

        QTest::mouseClick(f.find<QPushButton>("saveReportButton"), Qt::LeftButton);
        auto* save = f.page.findChild<SaveReportDialog*>();
        QVERIFY(save && !save->findChild<QCheckBox*>(QStringLiteral("realPicturesBox"))->isChecked()); // not unless the user says so
        save->reject();
        const auto folder = f.data.filePath(QStringLiteral("report"));
        f.page.saveReportTo(folder, false);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder + QLatin1String("/report.json")), readMs);
        QFile page(folder + QLatin1String("/report.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const auto html = page.readAll();
        QVERIFY(html.contains("real tile not shown") && html.contains("class=\"s\""));
        f.page.saveReportTo(folder, true); // other pictures: that folder is kept as it is, and it is said
        QTRY_VERIFY_WITH_TIMEOUT(f.find<Note>("compareFailure")->isVisible(), readMs);

        auto* plot = f.find<DensityPlot>("plot-haematoxylin");
        QVERIFY(plot);
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->dotPosition(true, 3).toPoint());
        auto* dialog = f.page.findChild<TileDialog*>();
        QVERIFY(dialog);
        const auto* picture = dialog->findChild<QLabel*>(QStringLiteral("tilePicture"));
        QTRY_VERIFY_WITH_TIMEOUT(!picture->pixmap(Qt::ReturnByValue).isNull(), readMs);
        dialog->close();
    }

    void stainAndClicksAreAsked() {
        Fixture f;
        auto* calibrate = f.find<QPushButton>("calibrateButton");
        QVERIFY(!calibrate->isEnabled()); // no real set yet
        CompareRequest request;
        request.real = {{}, f.render("real", 3).toStdString(), {}};
        request.stain = "macenko", request.calibration = fs::path(f.data.path().toStdString()) / "clicks.json";
        f.page.setRequest(request);
        QCOMPARE(f.page.request().stain, std::string("macenko"));
        QVERIFY(f.page.request().calibration == request.calibration);
        QTRY_VERIFY_WITH_TIMEOUT(calibrate->isEnabled(), readMs);
        QTest::mouseClick(calibrate, Qt::LeftButton);
        auto* dialog = f.page.findChild<CalibrationDialog*>();
        QVERIFY(dialog);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->ready(), readMs);
        auto* field = dialog->findChild<ClickField*>();
        QTest::mouseClick(field, Qt::LeftButton, {}, field->placeOf({40, 40}).toPoint());
        dialog->next();
        dialog->reject();
        QVERIFY2(f.find<QLabel>("calibrationText")->text().contains(QLatin1String("1 of 50")),
                 qPrintable(f.find<QLabel>("calibrationText")->text()));
        QTest::mouseClick(f.find<QPushButton>("forgetCalibrationButton"), Qt::LeftButton);
        QVERIFY(f.page.request().calibration.empty() && fs::exists(request.calibration));
    }

    void stopLeavesThePageAsItWas() {
        Fixture f;
        CompareRequest request;
        request.real = {{}, f.render("real", 24).toStdString(), {}};
        request.synthetic = {{{}, f.render("made", 12).toStdString(), {}}};
        f.page.setRequest(request);
        QTRY_VERIFY_WITH_TIMEOUT(f.find<QPushButton>("compareButton")->isEnabled(), readMs);
        f.page.run();
        f.page.stop();
        QTRY_VERIFY_WITH_TIMEOUT(!f.page.running(), runMs);
        QVERIFY(!f.page.report());
        QVERIFY(f.find<QPushButton>("compareButton")->isVisible());
        QVERIFY(!f.find<Note>("compareFailure")->isVisible());
    }
};

PHLOXINE_TEST(ui_compare_page, TestComparePage, QApplication)
#include "test_compare_page.moc"
