// The Models page on the embedded model and a data folder of its own, with a real worker: table, details, adding, inspecting, failures.
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "tests/support/model_folder.h"
#include "tests/support/test_main.h"
#include "ui/bridge/JobBridge.h"
#include "ui/generate/GeneratePage.h"
#include "ui/models/AddModelDialog.h"
#include "ui/models/CardEditor.h"
#include "ui/models/ModelQuestions.h"
#include "ui/models/ModelTable.h"
#include "ui/models/ModelsPage.h"
#include "ui/shell/MainWindow.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

constexpr int readMs = 120'000;

// A window on a data folder that holds nothing yet.
struct Fixture {
    Fixture() {
        qputenv("XDG_DATA_HOME", data.path().toLocal8Bit());
        qputenv("PHLOXINE_SETTINGS_DIR", data.path().toLocal8Bit());
        store = std::make_shared<ModelStore>();
        queue = std::make_unique<JobQueue>(store, bridge);
        bridge.setQueue(queue.get());
        window = std::make_unique<MainWindow>(store, bridge);
        window->resize(1440, 900);
        window->show();
        window->showWorkspace(window->models());
    }
    template <typename Widget>
    Widget* find(const char* name) const {
        return window->findChild<Widget*>(QString::fromLatin1(name));
    }
    QString cell(int row, int column, int role = Qt::DisplayRole) const {
        const ModelTable& table = window->models()->table();
        return table.data(table.index(row, column), role).toString();
    }
    QString userFolder() const { return data.filePath(QStringLiteral("phloxine/models")); }
    // The embedded model as a stranger's file: weights, configuration and no card.
    QString foreignCheckpoint(const char* name = "tissue-net") const {
        const fs::path folder = data.filePath(QStringLiteral("download")).toStdString();
        fs::create_directories(folder);
        for (const auto* file : {"config.yaml", "text_config.json"})
            fs::copy_file(resourcesFolder() / "models/lc25000" / file, folder / file, fs::copy_options::overwrite_existing);
        const fs::path weights = folder / (std::string(name) + ".safetensors");
        fs::copy_file(resourcesFolder() / "models/lc25000/weights.safetensors", weights, fs::copy_options::overwrite_existing);
        return QString::fromStdString(weights.string());
    }
    AddModelDialog* openDialog(const char* button) const {
        QTest::mouseClick(find<QPushButton>(button), Qt::LeftButton);
        return window->findChild<AddModelDialog*>();
    }

    CardEditor* openEditor() const {
        QTest::mouseClick(find<QPushButton>("editCardButton"), Qt::LeftButton);
        for (auto* editor : window->findChildren<CardEditor*>())
            if (editor->isVisible()) return editor;
        return nullptr;
    }

    QTemporaryDir data;
    std::shared_ptr<ModelStore> store;
    JobBridge bridge;
    std::unique_ptr<JobQueue> queue;
    std::unique_ptr<MainWindow> window;
};

void type(QWidget* dialog, const char* field, const QString& text) {
    auto* edit = dialog->findChild<QLineEdit*>(QString::fromLatin1(field));
    QVERIFY(edit);
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, text);
}

bool isShown(const QWidget* widget) { return widget && widget->isVisible(); }

QString said(const QWidget* parent, const char* label) { return parent->findChild<QLabel*>(QString::fromLatin1(label))->text(); }

} // namespace

class TestModelsPage : public QObject {
    Q_OBJECT

    static void saysWhatItsFileDidNot(Fixture& f) {
        const auto file = (f.userFolder() + QStringLiteral("/my-tissue-v2/model.json")).toStdString();
        const auto before = readFile(file);
        auto* editor = f.openEditor();
        QVERIFY(editor && editor->findChild<QLineEdit*>(QStringLiteral("cardTitle"))->isEnabled());
        type(editor, "cardLicence", QStringLiteral("CC0 1.0"));
        type(editor, "cardTitle", QStringLiteral(" "));
        auto* save = editor->findChild<QPushButton*>(QStringLiteral("saveCard"));
        QVERIFY(!save->isEnabled() && isShown(editor->findChild<QLabel*>(QStringLiteral("problem-title"))));
        type(editor, "cardTitle", QStringLiteral("My Tissue (v2)"));
        QTest::mouseClick(save, Qt::LeftButton);
        QTRY_COMPARE(f.cell(1, ModelTable::Licence), QStringLiteral("CC0 1.0"));
        QCOMPARE(readFile(file), before);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(ThemeChoice::Light); }

    void tableSaysWhatTheCardSays() {
        Fixture f;
        QCOMPARE(f.window->models()->table().rowCount(), 1);
        QVERIFY(f.cell(0, ModelTable::Title).contains(QStringLiteral("LC25000")));
        QVERIFY(f.cell(0, ModelTable::Title, secondLineRole).contains(QStringLiteral("Phloxine")));
        QCOMPARE(f.cell(0, ModelTable::Condition, secondLineRole), QStringLiteral("5 classes"));
        QVERIFY(f.cell(0, ModelTable::TileSize).startsWith(QStringLiteral("224")));
        QVERIFY(f.cell(0, ModelTable::ScaleOfTile).contains(QStringLiteral("0.7")));
        QCOMPARE(f.cell(0, ModelTable::ScaleOfTile, secondLineRole), QStringLiteral("Assumed"));
        QVERIFY(f.cell(0, ModelTable::Size).endsWith(QStringLiteral("MB")));
        QVERIFY(f.cell(0, ModelTable::ScaleOfTile, Qt::AccessibleTextRole).contains(QStringLiteral("Assumed")));
        for (int column = 0; column < ModelTable::columns; ++column)
            QVERIFY(!f.window->models()->table().headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    }

    void emptyStateOffersToAdd() {
        Fixture f;
        QVERIFY(isShown(f.find<QPushButton>("emptyAddButton")));
        QVERIFY(said(f.window.get(), "dropText").contains(QStringLiteral("No models of your own yet")));
    }

    void columnsFitAtBothSizes_data() {
        QTest::addColumn<QSize>("size");
        QTest::newRow("usual") << QSize(1440, 900);
        QTest::newRow("small") << QSize(1280, 800);
    }
    void columnsFitAtBothSizes() {
        QFETCH(QSize, size);
        Fixture f;
        f.window->resize(size);
        QTest::qWait(50);
        auto* view = f.find<QTableView>("modelTable");
        QVERIFY(view->horizontalHeader()->length() <= view->viewport()->width());
        const QFontMetrics metrics(view->font());
        for (int column : {ModelTable::Condition, ModelTable::TileSize, ModelTable::ScaleOfTile, ModelTable::Size})
            QVERIFY2(metrics.horizontalAdvance(f.cell(0, column)) + 24 <= view->columnWidth(column), qPrintable(f.cell(0, column)));
        QVERIFY(view->columnWidth(ModelTable::Title) >= 160);
    }

    void choiceShowsCardAndReport() {
        Fixture f;
        QTRY_VERIFY_WITH_TIMEOUT(f.find<QWidget>("reportLines"), readMs);
        auto* details = f.find<QWidget>("modelDetails");
        QVERIFY(said(details, "detailsTitle").contains(QStringLiteral("LC25000")));
        QStringList texts;
        for (const QLabel* label : details->findChildren<QLabel*>()) texts += label->text();
        const QString all = texts.join(QLatin1Char('\n'));
        const auto weights =
            readJsonFile(resourcesFolder() / "models/lc25000/model.json").at("weights_sha256").get<std::string>().substr(0, 12);
        for (const char* word :
             {"Lung, squamous cell carcinoma", "not for diagnosis", "group number mod 5", weights.c_str(), "million parameters"})
            QVERIFY2(all.contains(QLatin1String(word)), word);
        QCOMPARE(f.find<Note>("reportNote")->tone(), Tone::Ok);
        QVERIFY(f.find<QPushButton>("useModelButton")->isEnabled());
    }

    void addsAForeignCheckpoint() {
        Fixture f;
        AddModelDialog* dialog = f.openDialog("addModelButton");
        QVERIFY(dialog && dialog->isVisible());
        auto* run = dialog->findChild<QPushButton*>(QStringLiteral("addModelRunButton"));
        QVERIFY(!run->isEnabled());
        type(dialog, "modelSource", f.foreignCheckpoint());
        auto* title = dialog->findChild<QLineEdit*>(QStringLiteral("modelTitle"));
        QTRY_VERIFY_WITH_TIMEOUT(title->isVisible(), readMs);
        QCOMPARE(title->text(), QStringLiteral("tissue-net"));
        type(dialog, "modelTitle", QStringLiteral("My Tissue (v2)"));
        QCOMPARE(dialog->findChild<QLineEdit*>(QStringLiteral("modelId"))->text(), QStringLiteral("my-tissue-v2"));
        type(dialog, "modelScale", QStringLiteral("0.02.1"));
        QVERIFY(!run->isEnabled() && said(dialog, "addModelReason").contains(QStringLiteral("number")));
        type(dialog, "modelScale", QStringLiteral("0.5"));
        type(dialog, "modelLicence", QStringLiteral("CC BY 4.0"));
        QVERIFY(run->isEnabled());
        QTest::mouseClick(run, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(f.window->models()->table().rowCount(), 2, readMs);
        QTRY_VERIFY(!f.window->findChild<AddModelDialog*>());
        QCOMPARE(f.cell(1, ModelTable::Title), QStringLiteral("My Tissue (v2)"));
        QCOMPARE(f.cell(1, ModelTable::ScaleOfTile, secondLineRole), QStringLiteral("Set by you"));
        QCOMPARE(f.cell(1, ModelTable::Licence), QStringLiteral("CC BY 4.0"));
        QVERIFY(QFile::exists(f.userFolder() + QStringLiteral("/my-tissue-v2/model.json")));
        QVERIFY(isShown(f.find<Note>("modelsNote")));
        QCOMPARE(f.find<QTableView>("modelTable")->currentIndex().row(), 1);
        QVERIFY(!isShown(f.find<QPushButton>("emptyAddButton")));
        saysWhatItsFileDidNot(f);
        usesTheAddedModel(f);
    }

    void cardOfTheEmbeddedModelIsEditedWhereItIsOpen() {
        Fixture f;
        auto* editor = f.openEditor();
        QVERIFY(editor);
        for (const char* stated : {"cardTitle", "cardStain", "cardLicence", "label-lung_scc"})
            QVERIFY2(!editor->findChild<QLineEdit*>(QString::fromLatin1(stated))->isEnabled(), stated);
        QVERIFY(!editor->findChild<QWidget*>(QStringLiteral("cardDataSets"))->isEnabled());
        auto* save = editor->findChild<QPushButton*>(QStringLiteral("saveCard"));
        type(editor, "cardScale", QStringLiteral("seven"));
        QVERIFY(!save->isEnabled() && isShown(editor->findChild<QLabel*>(QStringLiteral("problem-scale"))));
        type(editor, "cardScale", QStringLiteral("0.5"));
        QVERIFY(save->isEnabled() && !isShown(editor->findChild<QLabel*>(QStringLiteral("problem-scale"))));
        type(editor, "code-lung_scc", QStringLiteral("CA")); // another class has it
        QVERIFY(!save->isEnabled() && isShown(editor->findChild<QLabel*>(QStringLiteral("problem-class/lung_scc/code"))));
        type(editor, "code-lung_scc", QStringLiteral("SQ"));
        type(editor, "colour-lung_scc", QStringLiteral("#0073B3")); // nearly that of CA
        QVERIFY(save->isEnabled() && isShown(editor->findChild<Note*>(QStringLiteral("colourWarning"))));
        type(editor, "colour-lung_scc", QStringLiteral("#000000"));
        QVERIFY(!isShown(editor->findChild<Note*>(QStringLiteral("colourWarning"))));
        QTest::mouseClick(save, Qt::LeftButton);
        QTRY_VERIFY(!f.window->findChild<CardEditor*>());
        QVERIFY(f.cell(0, ModelTable::ScaleOfTile).contains(QStringLiteral("0.5")));
        QCOMPARE(f.cell(0, ModelTable::ScaleOfTile, secondLineRole), QStringLiteral("Set by you"));
        const auto& inGenerate = f.window->page()->card(); // at once
        QCOMPARE(inGenerate.scale.micronsPerPixel, 0.5);
        QCOMPARE(inGenerate.findClass("lung_scc")->code, std::string("SQ"));
        QVERIFY(!isThere(f.userFolder().toStdString())); // no model was made
        editor = f.openEditor();                         // an empty scale is the model's own again
        auto* scale = editor->findChild<QLineEdit*>(QStringLiteral("cardScale"));
        QCOMPARE(scale->text(), QStringLiteral("0.5"));
        scale->clear();
        QTest::mouseClick(editor->findChild<QPushButton*>(QStringLiteral("saveCard")), Qt::LeftButton);
        QTRY_VERIFY(f.cell(0, ModelTable::ScaleOfTile).contains(QStringLiteral("0.7")));
        QCOMPARE(f.window->page()->card().findClass("lung_scc")->code, std::string("SQ"));
    }

    void cancelLeavesTheCard() {
        Fixture f;
        auto* editor = f.openEditor();
        type(editor, "cardScale", QStringLiteral("0.25"));
        QTest::keyClick(editor, Qt::Key_Escape);
        QTRY_VERIFY(!f.window->findChild<CardEditor*>());
        QVERIFY(f.cell(0, ModelTable::ScaleOfTile).contains(QStringLiteral("0.7")));
        QVERIFY(!isThere(f.data.filePath(QStringLiteral("phloxine/cards")).toStdString()));
    }

    void whatCannotBeKeptIsSaid() {
        Fixture f;
        fs::create_directories(f.data.filePath(QStringLiteral("phloxine")).toStdString());
        writeFileAtomically(f.data.filePath(QStringLiteral("phloxine/cards")).toStdString(), std::string_view("a file in the way"));
        auto* editor = f.openEditor();
        type(editor, "cardScale", QStringLiteral("0.25"));
        QTest::mouseClick(editor->findChild<QPushButton*>(QStringLiteral("saveCard")), Qt::LeftButton);
        QVERIFY(editor->isVisible() && isShown(editor->findChild<Note*>(QStringLiteral("cardFailure"))));
    }

    void inspectsWithoutAdding() {
        Fixture f;
        AddModelDialog* dialog = f.openDialog("inspectModelButton");
        dialog->setSource(f.foreignCheckpoint());
        QTRY_VERIFY_WITH_TIMEOUT(dialog->findChild<QWidget*>(QStringLiteral("reportLines")), readMs);
        QVERIFY(!dialog->findChild<QLineEdit*>(QStringLiteral("modelTitle"))->isVisible());
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!f.window->findChild<AddModelDialog*>());
        QCOMPARE(f.window->models()->table().rowCount(), 1);
        QVERIFY(!QFile::exists(f.userFolder()));
    }

    void brokenFileSaysSo() {
        Fixture f;
        const QString path = f.data.filePath(QStringLiteral("broken.safetensors"));
        writeFileAtomically(path.toStdString(), std::string_view("this is a letter, not a model"));
        AddModelDialog* dialog = f.openDialog("addModelButton");
        dialog->setSource(path);
        auto* note = dialog->findChild<Note*>(QStringLiteral("reportNote"));
        QTRY_COMPARE_WITH_TIMEOUT(note->tone(), Tone::Err, readMs);
        QVERIFY2(note->text().endsWith(QLatin1Char('.')) && note->text().contains(QStringLiteral("broken")), qPrintable(note->text()));
        QVERIFY(isShown(note->actionButton()));
        QVERIFY(!dialog->findChild<QPushButton*>(QStringLiteral("addModelRunButton"))->isEnabled());
        QVERIFY(f.window->isEnabled() && dialog->isVisible());
    }

    void missingWeightsAreNamed() {
        Fixture f;
        AddModelDialog* dialog = f.openDialog("inspectModelButton");
        dialog->setSource(QStringLiteral(PHLOXINE_TEST_DATA "/bad-models/vae-only.ckpt"));
        auto* note = dialog->findChild<Note*>(QStringLiteral("reportNote"));
        QTRY_COMPARE_WITH_TIMEOUT(note->tone(), Tone::Err, readMs);
        QVERIFY2(note->text().contains(QStringLiteral("no denoiser")), qPrintable(note->text()));
    }

    void aNameCannotBeTakenTwice() {
        Fixture f;
        QVERIFY(QDir().mkpath(f.userFolder() + QStringLiteral("/taken")));
        ModelQuestions questions;
        questions.setSource(QStringLiteral("/x/taken.safetensors"));
        QVERIFY(questions.whyNotReady().contains(QStringLiteral("already")));
        questions.findChild<QLineEdit*>(QStringLiteral("modelId"))->setText(QStringLiteral("../taken"));
        QVERIFY(questions.whyNotReady().contains(QStringLiteral("short name")));
        questions.findChild<QLineEdit*>(QStringLiteral("modelId"))->setText(QStringLiteral("free"));
        QVERIFY(questions.whyNotReady().isEmpty());
        questions.setClasses(2);
        questions.findChild<QPlainTextEdit*>(QStringLiteral("modelClasses"))->setPlainText(QStringLiteral("Tumour\n\n Stroma \n"));
        QCOMPARE(questions.options().classLabels, (std::vector<std::string>{"Tumour", "Stroma"}));
        questions.setClasses(1);
        QVERIFY(questions.whyNotReady().contains(QStringLiteral("more names")));
        auto* power = questions.findChild<QComboBox*>(QStringLiteral("modelPower"));
        power->setCurrentIndex(2);
        Q_EMIT power->activated(2);
        QCOMPARE(questions.options().micronsPerPixel, 0.5);
        QCOMPARE(shortNameOf(QStringLiteral("  PathLDM BRCA (v2)")), QStringLiteral("pathldm-brca-v2"));
    }

    void damagedModelCannotBeUsed() {
        Fixture f;
        const fs::path folder = copyEmbeddedModel((f.userFolder() + QStringLiteral("/hurt")).toStdString());
        changeCard(folder, {{"id", "hurt"}, {"title", "Hurt"}, {"weights_sha256", std::string(64, 'a')}});
        f.window->models()->refresh();
        auto* view = f.find<QTableView>("modelTable");
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(f.window->models()->table().index(1, 0)).center());
        auto* note = f.find<Note>("reportNote");
        QTRY_COMPARE_WITH_TIMEOUT(note->tone(), Tone::Err, readMs);
        QVERIFY(!f.find<QPushButton>("useModelButton")->isEnabled());
        QVERIFY(said(f.window.get(), "useReason").contains(QStringLiteral("cannot be used")));
        QTest::keyClick(view, Qt::Key_Up);
        QTRY_VERIFY_WITH_TIMEOUT(f.find<QPushButton>("useModelButton")->isEnabled(), readMs);
    }

    void vectorModelAsksForAFile() {
        Fixture f;
        const fs::path folder = copyEmbeddedModel((f.userFolder() + QStringLiteral("/vectors")).toStdString());
        changeCard(folder, {{"id", "vectors"},
                            {"conditions", {"vector"}},
                            {"classes", Json::array()},
                            {"defaults", {{"sampler", "ddim"}, {"steps", 7}, {"guidance", 1}}}});
        f.window->models()->refresh();
        auto* page = f.window->page();
        QVERIFY(page->useModel(QString::fromStdString(folder.string())));
        f.window->showWorkspace(page);
        auto* edit = f.find<QLineEdit>("vectorFile");
        QVERIFY(isShown(edit) && !isShown(f.find<QListWidget>("classList")));
        QCOMPARE(f.find<QSpinBox>("stepsSpin")->value(), 7);
        QCOMPARE(f.find<QComboBox>("samplerCombo")->currentData().toString(), QStringLiteral("ddim"));
        QVERIFY(!f.find<QPushButton>("generateButton")->isEnabled());
        const QString vectors = f.data.filePath(QStringLiteral("v.npy"));
        writeFileAtomically(vectors.toStdString(), std::string_view("x"));
        edit->setFocus();
        QTest::keyClicks(edit, vectors);
        QVERIFY(f.find<QPushButton>("generateButton")->isEnabled());
        page->generateNow();
        QCOMPARE(page->jobs().rows().back().request.vector, fs::path(vectors.toStdString()));
        QCOMPARE(page->jobs().rows().back().request.model, std::string("vectors"));
        QTRY_VERIFY_WITH_TIMEOUT(!page->busy(), readMs); // fails, and says so
    }

private:
    // In Generate it is the chosen one, and the chooser there leads back.
    void usesTheAddedModel(Fixture& f) {
        QTest::mouseClick(f.find<QPushButton>("useModelButton"), Qt::LeftButton);
        QVERIFY(f.window->page()->isVisible());
        QCOMPARE(f.window->page()->card().id, std::string("my-tissue-v2"));
        QVERIFY(isShown(f.find<QPlainTextEdit>("promptEdit"))); // a file without a card offers its text encoder only
        auto* combo = f.find<QComboBox>("modelCombo");
        QCOMPARE(combo->count(), 2);
        QCOMPARE(combo->currentIndex(), 1);
        combo->setFocus();
        QTest::keyClick(combo, Qt::Key_Up);
        QCOMPARE(f.window->page()->card().id, std::string("lc25000"));
        QVERIFY(isShown(f.find<QListWidget>("classList")) || isShown(f.find<QPlainTextEdit>("promptEdit")));
    }
};

PHLOXINE_TEST(ui_models_page, TestModelsPage, QApplication)
#include "test_models_page.moc"
