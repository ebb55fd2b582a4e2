// Grids in the window: what the fields say becomes jobs, finished tiles find their place, and a variation is part of the request.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QToolButton>

#include "tests/support/test_main.h"
#include "ui/generate/GridDialog.h"
#include "ui/generate/sampling_words.h"

#include "page_fixture.h"

using namespace phloxine;
using namespace phloxine::ui;

namespace {

struct OpenGrid {
    PageFixture f;
    GridDialog* dialog;
    OpenGrid() {
        f.page->openGrid();
        dialog = f.find<GridDialog>("gridDialog");
    }
    template <typename Widget>
    Widget* find(const char* name) const {
        return dialog->findChild<Widget*>(QString::fromLatin1(name));
    }
    void choose(const char* axis, const char* parameter, const QString& values) const {
        auto* combo = find<QComboBox>((QByteArray(axis) + "Parameter").constData());
        combo->setCurrentIndex(combo->findData(QString::fromLatin1(parameter)));
        find<QLineEdit>((QByteArray(axis) + "Values").constData())->setText(values);
    }
    QPushButton* start() const { return find<QPushButton>("gridStart"); }
};

} // namespace

class TestGridDialog : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void classesAreCalledAsTheCardCallsThem() {
        OpenGrid g;
        g.choose("gridX", "class", QStringLiteral("lung_scc, colon_n, not_a_class"));
        g.choose("gridY", "sampler", QStringLiteral("ddim"));
        auto* table = g.dialog->findChild<QTableWidget*>();
        QCOMPARE(table->horizontalHeaderItem(0)->text(), QStringLiteral("Lung, squamous cell carcinoma"));
        QVERIFY(table->horizontalHeaderItem(0)->toolTip().contains(QStringLiteral("lung_scc")));
        QCOMPARE(table->horizontalHeaderItem(1)->text(), QStringLiteral("Colon, benign"));
        QCOMPARE(table->horizontalHeaderItem(2)->text(), QStringLiteral("not_a_class"));
        QCOMPARE(table->verticalHeaderItem(0)->text(), samplerTitle("ddim"));
    }

    void fieldsBecomeJobs() {
        OpenGrid g;
        QVERIFY(g.dialog);
        g.choose("gridX", "guidance", QStringLiteral("1, 2"));
        g.choose("gridY", "steps", QStringLiteral("10..30/10"));
        auto* table = g.dialog->findChild<QTableWidget*>();
        QCOMPARE(table->rowCount() * table->columnCount(), 6);
        QVERIFY(g.find<QLabel>("gridSentence")->text().startsWith(QStringLiteral("6 tiles")));
        QTest::mouseClick(g.start(), Qt::LeftButton);
        const auto& rows = g.f.page->jobs().rows();
        QCOMPARE(rows.size(), std::size_t(6));
        QCOMPARE(g.f.page->pendingTiles(), 6);
        QVERIFY(!g.start()->isEnabled()); // not twice

        auto made = rows[3].request; // resolved by the worker
        made.modelSha256 = std::string(64, 'a'), made.build = "x", made.precision = "fp32", made.device = "cpu";
        g.dialog->takeTile(tileOf(made));
        int shown = 0;
        for (int row = 0; row < table->rowCount(); ++row)
            for (int column = 0; column < table->columnCount(); ++column)
                if (!table->item(row, column)->icon().isNull()) {
                    ++shown;
                    QCOMPARE(table->horizontalHeaderItem(column)->text().toDouble(), made.guidance);
                    QCOMPARE(table->verticalHeaderItem(row)->text().toInt(), made.steps);
                }
        QCOMPARE(shown, 1);
        made.seed += 1000; // of another run
        g.dialog->takeTile(tileOf(made));
        QVERIFY(g.dialog->close());
    }

    void whatIsWrongIsSaid() {
        OpenGrid g;
        g.choose("gridX", "guidance", QStringLiteral("1, two"));
        QVERIFY(!g.start()->isEnabled());
        QVERIFY(g.find<QLabel>("gridSentence")->text().contains(QStringLiteral("two")));
        g.choose("gridX", "seed", QStringLiteral("1..3"));
        g.choose("gridY", "seed", QStringLiteral("4..5"));
        QVERIFY(g.find<QLabel>("gridSentence")->text().contains(QStringLiteral("Both axes")));
        g.choose("gridY", "", QString());
        QVERIFY(g.start()->isEnabled());
        g.choose("gridX", "lora-strength", QStringLiteral("0, 1"));
        QVERIFY(!g.start()->isEnabled());
    }

    void interpolationNeedsNoSecondSeed() {
        OpenGrid g;
        g.choose("gridX", "variation", QStringLiteral("0..1/0.5"));
        g.choose("gridY", "", QString());
        QVERIFY(g.start()->isEnabled());
        QTest::mouseClick(g.start(), Qt::LeftButton);
        const auto& rows = g.f.page->jobs().rows();
        QCOMPARE(rows.size(), std::size_t(3));
        QVERIFY(rows[1].request.variationSeed && rows[1].request.variation == 0.5);
    }

    void variationIsPartOfTheRequest() {
        PageFixture f;
        f.find<QDoubleSpinBox>("variationSpin")->setValue(0.2);
        QVERIFY(f.find<QLabel>("seedRange")->text().contains(QStringLiteral("1")));
        f.page->generateNow();
        const auto request = f.page->jobs().rows().front().request;
        QCOMPARE(request.variation, 0.2);
        QCOMPARE(*request.variationSeed, std::uint64_t(1));
        f.find<QDoubleSpinBox>("variationSpin")->setValue(0);
        f.page->useAll(request);
        QCOMPARE(f.find<QDoubleSpinBox>("variationSpin")->value(), 0.2);
        f.page->generateNow();
        f.page->useSeed(9);
        f.find<QToolButton>("resetSamplingButton")->click();
        QCOMPARE(f.find<QDoubleSpinBox>("variationSpin")->value(), 0.0);
    }
};

PHLOXINE_TEST(ui_grid_dialog, TestGridDialog, QApplication)
#include "test_grid_dialog.moc"
