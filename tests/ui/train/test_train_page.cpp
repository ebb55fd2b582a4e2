// The Train workspace with a real worker on rendered tiles: from a folder to a model, with a pause, a tile in between and a restart; and
// what goes wrong.
#include <fstream>

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTextBlock>
#include <QTranslator>
#include <QtTest>

#include <cstring>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "tests/train/small_runs.h"
#include "ui/bench/MeasuringApplication.h"
#include "ui/bridge/JobBridge.h"
#include "ui/train/DataCard.h"
#include "ui/train/MemoryBar.h"
#include "ui/train/RecipeDialog.h"
#include "ui/train/RecipePanel.h"
#include "ui/train/SampleTimeline.h"
#include "ui/train/TrainPage.h"
#include "ui/train/recent_runs.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"

using namespace phloxine;
using namespace phloxine::ui;
namespace fs = std::filesystem;

namespace {

constexpr int readMs = 30'000, runMs = 120'000;

struct Fixture {
    std::shared_ptr<ModelStore> store = std::make_shared<ModelStore>();
    JobBridge bridge;
    std::unique_ptr<JobQueue> queue = std::make_unique<JobQueue>(store, bridge);
    std::unique_ptr<TrainPage> page;

    Fixture() {
        bridge.setQueue(queue.get());
        page = std::make_unique<TrainPage>(store, bridge);
        page->resize(1360, 800);
        page->show();
    }
    ~Fixture() { page.reset(); }
    template <typename Widget>
    Widget* find(const char* name) const {
        auto* found = page->findChild<Widget*>(QString::fromLatin1(name));
        if (!found) qFatal("no %s", name);
        return found;
    }
    QPushButton* button(const char* name) const { return find<QPushButton>(name); }
    void click(const char* name) const { QTest::mouseClick(button(name), Qt::LeftButton); }
    QString foot() const { return find<QLabel>("trainFoot")->text(); }
    QString failure() const {
        const auto* note = find<Note>("trainFailure");
        return note->isHidden() ? QString() : note->text();
    }
    RecipePanel& recipes() const { return *page->findChild<RecipePanel*>(); }
    bool choicesAreThere() const { return find<QComboBox>("recipeChoice")->count() > 1; }
};

// The embedded model for small tiles, with a bias that is no number.
fs::path brokenModel(const fs::path& folder) {
    const auto source = fs::path(qgetenv("PHLOXINE_RESOURCES").toStdString()) / "models" / "lc25000", target = folder / "broken";
    fs::create_directories(target);
    for (const auto& entry : fs::directory_iterator(source))
        if (entry.is_regular_file()) fs::copy_file(entry.path(), target / entry.path().filename());
    auto card = readJsonFile(target / "model.json");
    card["tile_px"] = 48;
    writeFileAtomically(target / "model.json", card.dump(), IfExists::Replace);
    auto bytes = readFile(target / "weights.safetensors");
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto place =
        parseJson(std::string_view(bytes).substr(8, header), "the header").at("model.diffusion_model.out.2.bias").at("data_offsets");
    for (auto i = place[0].get<std::size_t>(); i < place[1].get<std::size_t>(); ++i) bytes[8 + header + i] = '\xff';
    writeFileAtomically(target / "weights.safetensors", bytes, IfExists::Replace);
    return target;
}

// Every text 40 % longer, as German may be.
class LongerWords : public QTranslator {
public:
    bool isEmpty() const override { return false; }
    QString translate(const char*, const char* source, const char*, int) const override {
        QString text = QString::fromUtf8(source);
        for (qsizetype left = text.size() * 2 / 5; left > 0; --left) text += left % 6 ? QLatin1Char('n') : QLatin1Char(' ');
        return text;
    }
};

} // namespace

class TestTrainPage : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    fs::path m_tissue, m_autoencoder;

    static QString text(const fs::path& path) { return QString::fromStdString(path.string()); }
    Recipe small(int steps, int samplesEvery = 0) const {
        auto json = smallDiffusion((m_autoencoder / "autoencoder").string(), steps);
        json["watch"]["samples_every"] = samplesEvery;
        return recipeFromText(json.dump(), "small");
    }
    void prepare(Fixture& f, const Recipe& recipe) const {
        QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
        f.recipes().setRecipe(recipe, QStringLiteral("Small"));
        f.page->openPath(text(m_tissue));
        QTRY_VERIFY_WITH_TIMEOUT(f.button("startTrainingButton")->isEnabled(), readMs);
    }

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        const fs::path root = m_folder.path().toStdString();
        qputenv("PHLOXINE_SETTINGS_DIR", (root / "settings").c_str());
        qputenv("PHLOXINE_RUNS", (root / "runs").c_str());
        qputenv("XDG_DATA_HOME", (root / "home").c_str());
        applyTheme(ThemeChoice::Light);
        m_tissue = root / "tissue", m_autoencoder = root / "autoencoder";
        writeTissue(m_tissue);
        makeAutoencoder(m_tissue, m_autoencoder);
    }

    void emptyPageSaysHowToBegin() {
        Fixture f;
        QVERIFY(f.foot().contains(QLatin1String("Choose a folder of tiles")));
        QVERIFY(!f.button("startTrainingButton")->isEnabled());
        QVERIFY(f.button("emptyOpenButton")->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
        QVERIFY(f.find<QComboBox>("recipeChoice")->currentText().contains(QLatin1String("small model"))); // tiny.json
    }

    void tilesAreShownWithWhatMayLeak() {
        Fixture f;
        auto* card = f.page->findChild<DataCard*>();
        QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
        f.recipes().setRecipe(small(4), QStringLiteral("Small"));
        card->setPath(text(m_tissue));
        QTRY_VERIFY_WITH_TIMEOUT(!card->reading(), readMs);
        QVERIFY2(f.find<QLabel>("dataFacts")->text().contains(QLatin1String("24 tiles, 12 groups, 4 tiles held out")),
                 qPrintable(f.find<QLabel>("dataFacts")->text()));
        QVERIFY(card->warning().contains(QLatin1String("Only 10 tiles"))); // the model would learn them by heart
        auto* groups = f.find<QLineEdit>("groupPattern");
        groups->setText({});
        QTest::keyClick(groups, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!card->reading() && !card->problem().isEmpty(), readMs); // "3$" finds no group now
        QVERIFY(!f.button("startTrainingButton")->isEnabled());
        auto* holdOut = f.find<QLineEdit>("holdOut");
        holdOut->setText({});
        QTest::keyClick(holdOut, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!card->reading() && card->problem().isEmpty(), readMs);
        QVERIFY(card->warning().contains(QLatin1String("No group is held out")));
        QVERIFY(dataOf(f.recipes().recipe()).holdOut.empty()); // the recipe follows
        QTRY_VERIFY_WITH_TIMEOUT(f.button("startTrainingButton")->isEnabled(), readMs);
    }

    void wrongTilesAndRecipesAreSaidInPlace() {
        Fixture f;
        auto* card = f.page->findChild<DataCard*>();
        QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
        card->setPath(m_folder.filePath(QStringLiteral("nowhere")));
        QTRY_VERIFY_WITH_TIMEOUT(!card->problem().isEmpty(), readMs);
        QVERIFY(!f.button("startTrainingButton")->isEnabled());
        auto recipe = std::get<TrainRecipe>(small(4));
        recipe.classes = {{"dense", "Dense", "DE", "#E69F00", {"dense"}}, {"stroma", "Stroma", "ST", "#56B4E9", {"stroma"}}};
        f.recipes().setRecipe(recipe, QStringLiteral("Other classes"));
        card->setPath(text(m_tissue));
        QTRY_VERIFY_WITH_TIMEOUT(card->problem().contains(QLatin1String("sparse")), readMs); // a class that the recipe does not list
        recipe.classes = {{"dense", "Dense", "DE", "#E69F00", {"dense"}},
                          {"sparse", "Sparse", "SP", "#56B4E9", {"sparse"}},
                          {"stroma", "Stroma", "ST", "#56B4E9", {"stroma"}}};
        f.recipes().setRecipe(recipe, QStringLiteral("One class too many"));
        QTRY_VERIFY_WITH_TIMEOUT(card->problem().contains(QLatin1String("stroma")), readMs); // a class without tiles
        std::ofstream(m_folder.filePath(QStringLiteral("wrong.json")).toStdString()) << R"({"format": "phloxine-recipe/1", "steps": -4})";
        f.recipes().openFile(m_folder.filePath(QStringLiteral("wrong.json")));
        QTRY_VERIFY_WITH_TIMEOUT(f.recipes().problem().contains(QLatin1String("steps")), readMs);
        QVERIFY(f.foot().contains(QLatin1String("recipe")) || f.foot().contains(QLatin1String("tiles")));
        QVERIFY(f.page->runFolder().isEmpty());
    }

    void fullSettingsNameTheWrongEntry() {
        Fixture f;
        f.recipes().setRecipe(small(4), QStringLiteral("Small"));
        f.click("fullSettingsButton");
        auto* dialog = f.page->findChild<RecipeDialog*>();
        QVERIFY(dialog);
        auto* edit = dialog->findChild<QPlainTextEdit*>(QStringLiteral("recipeText"));
        auto* use = dialog->findChild<QPushButton*>(QStringLiteral("useRecipeButton"));
        const QString right = edit->toPlainText();
        edit->setPlainText(QString(right).replace(QLatin1String("\"clip_norm\": 1"), QLatin1String("\"clip_norm\": -1")));
        QVERIFY(!use->isEnabled());
        QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("recipeProblem"))->text().contains(QLatin1String("optimiser.clip_norm")));
        QCOMPARE(edit->extraSelections().size(), 1);
        QVERIFY(edit->extraSelections().front().cursor.block().text().contains(QLatin1String("clip_norm")));
        edit->setPlainText(right.left(40));
        QVERIFY(!use->isEnabled());
        edit->setPlainText(QString(right).replace(QLatin1String("\"steps\": 4"), QLatin1String("\"steps\": 9")));
        QVERIFY(use->isEnabled());
        QTest::mouseClick(use, Qt::LeftButton);
        QCOMPARE(mainSettings(f.recipes().recipe()).steps, std::int64_t(9));
    }

    void mainSettingsBelongToTheRecipe() {
        Fixture f;
        f.recipes().setRecipe(small(12), QStringLiteral("Small"));
        auto* batch = f.find<QSpinBox>("batchSpin");
        batch->setValue(8);
        QTest::keyClick(batch, Qt::Key_Return);
        QCOMPARE(mainSettings(f.recipes().recipe()).steps, std::int64_t(6)); // as many images as before
        auto* rate = f.find<QLineEdit>("rateEdit");
        rate->setText(QStringLiteral("fast"));
        QTest::keyClick(rate, Qt::Key_Return);
        QVERIFY(f.recipes().problem().contains(QLatin1String("rate")));
        rate->setText(QStringLiteral("2.5e-5"));
        QTest::keyClick(rate, Qt::Key_Return);
        QCOMPARE(mainSettings(f.recipes().recipe()).rate, 2.5e-5);
        QVERIFY(f.recipes().problem().isEmpty());
    }

    void memoryIsEstimatedBeforeTheStart() {
        Fixture f;
        auto* bar = f.page->findChild<MemoryBar*>();
        QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
        f.recipes().setRecipe(small(4), QStringLiteral("Small"));
        QTRY_VERIFY_WITH_TIMEOUT(bar->sentence().contains(QLatin1String("fits")), readMs);
        auto recipe = std::get<TrainRecipe>(small(4));
        recipe.model.autoencoder = "/nowhere/autoencoder";
        f.recipes().setRecipe(recipe, QStringLiteral("Small"));
        f.page->openPath(text(m_tissue));
        QTRY_VERIFY_WITH_TIMEOUT(f.foot().contains(QLatin1String("base model")), readMs);
        QVERIFY2(bar->sentence().contains(QLatin1String("autoencoder")), qPrintable(bar->sentence()));
    }

    void trainsPausesGoesOnAndGivesAModel() {
        QString folder;
        auto& application = *static_cast<MeasuringApplication*>(qApp);
        application.startMeasuring();
        {
            Fixture f;
            prepare(f, small(400, 20));
            QSignalSpy status(f.page.get(), &TrainPage::statusChanged);
            f.click("startTrainingButton");
            folder = f.page->runFolder();
            QVERIFY(folder.startsWith(TrainPage::runsFolder()));
            QTRY_VERIFY_WITH_TIMEOUT(f.page->run().step >= 10, runMs);
            // A tile in between: it is done although the training goes on.
            GenerateJob tile;
            tile.request.classId = "lung_n", tile.request.steps = 1, tile.request.seed = 5, tile.previews = false;
            QSignalSpy made(&f.bridge, &JobBridge::tile);
            QSignalSpy finished(&f.bridge, &JobBridge::finished);
            const auto id = f.queue->submit(tile);
            QTRY_VERIFY_WITH_TIMEOUT(finished.contains(QVariantList{QVariant::fromValue(quint64(id))}), runMs);
            QCOMPARE(made.count(), 1);
            QVERIFY(f.page->running());
            f.click("pauseTrainingButton");
            QTRY_VERIFY_WITH_TIMEOUT(!f.page->running(), runMs);
            QVERIFY(f.failure().isEmpty());
            QTRY_VERIFY_WITH_TIMEOUT(f.foot().startsWith(QLatin1String("Paused")), readMs);
            QVERIFY(f.button("startTrainingButton")->isEnabled());
            QVERIFY(!f.button("useTrainedModelButton")->isEnabled()); // a pause writes no model
            QVERIFY(fs::exists(fs::path(folder.toStdString()) / "sessions.jsonl"));
            QVERIFY(status.count() > 1);
        }
        Fixture f; // as after a restart: the folder is opened, its data is remembered
        f.page->openRun(folder);
        QTRY_VERIFY_WITH_TIMEOUT(f.button("startTrainingButton")->isEnabled(), readMs);
        QCOMPARE(f.button("startTrainingButton")->text(), QStringLiteral("Continue"));
        const auto before = f.page->run().step;
        QVERIFY(before >= 10);
        f.click("startTrainingButton");
        QTRY_VERIFY_WITH_TIMEOUT(f.page->run().step > before + 20, runMs);
        f.click("stopTrainingButton");
        QTRY_VERIFY_WITH_TIMEOUT(!f.page->running(), runMs);
        QVERIFY2(f.failure().isEmpty(), qPrintable(f.failure()));
        QTRY_VERIFY_WITH_TIMEOUT(f.button("useTrainedModelButton")->isEnabled(), readMs);
        QCOMPARE(f.page->run().pauses.size(), std::size_t(1));
        auto* samples = f.page->findChild<SampleTimeline*>();
        QTRY_VERIFY_WITH_TIMEOUT(samples->shownSheets() > 0 && samples->complete(), readMs);
        QCOMPARE(f.page->run().classes.size(), std::size_t(2));
        for (int time = 1; time <= 2; ++time) { // twice: the second gets another name
            QSignalSpy changed(f.page.get(), &TrainPage::modelsChanged);
            f.click("useTrainedModelButton");
            QTRY_COMPARE_WITH_TIMEOUT(changed.count(), 1, readMs);
            QTRY_VERIFY_WITH_TIMEOUT(f.button("useTrainedModelButton")->isEnabled(), readMs);
        }
        QVERIFY2(f.failure().isEmpty(), qPrintable(f.failure()));
        QVERIFY(f.find<Note>("trainModelNote")->isVisible());
        QSignalSpy use(f.page.get(), &TrainPage::useRequested);
        QTest::mouseClick(f.find<Note>("trainModelNote")->actionButton(), Qt::LeftButton);
        QCOMPARE(use.count(), 1);
        QCOMPARE(f.store->find(use[0][0].toString().toStdString()).card.id, std::string("small-2"));
        application.stopMeasuring();
        const auto& slowest = application.slowest().front();
        std::printf("%ld handlers, the slowest %.1f ms: %s\n", application.count(), slowest.milliseconds, qPrintable(slowest.what));
        QVERIFY2(slowest.milliseconds <= 50, qPrintable(slowest.what));
    }

    void finishedTrainingSaysSo() {
        Fixture f;
        prepare(f, small(8));
        f.click("startTrainingButton");
        QTRY_VERIFY_WITH_TIMEOUT(f.foot().startsWith(QLatin1String("Finished")), runMs);
        QVERIFY(!f.page->running());
        QTRY_VERIFY_WITH_TIMEOUT(f.button("useTrainedModelButton")->isEnabled(), readMs);
        f.click("newTrainingButton");
        QVERIFY(f.page->runFolder().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(f.button("startTrainingButton")->isEnabled(), readMs);
    }

    void lockedRunIsNamed() {
        QString folder;
        {
            Fixture f;
            prepare(f, small(4000));
            f.click("startTrainingButton");
            QTRY_VERIFY_WITH_TIMEOUT(f.page->run().step >= 2, runMs);
            f.click("pauseTrainingButton");
            QTRY_VERIFY_WITH_TIMEOUT(!f.page->running(), runMs);
            folder = f.page->runFolder();
            const FolderLock other(folder.toStdString());
            QTRY_VERIFY_WITH_TIMEOUT(f.button("startTrainingButton")->isEnabled(), readMs);
            f.click("startTrainingButton");
            QTRY_VERIFY_WITH_TIMEOUT(!f.failure().isEmpty(), runMs);
            QVERIFY2(f.failure().contains(QLatin1String("another program"), Qt::CaseInsensitive), qPrintable(f.failure()));
            QVERIFY(!f.page->running());
        }
        // Without its data it says what is missing.
        const fs::path settings = qgetenv("PHLOXINE_SETTINGS_DIR").toStdString();
        fs::remove_all(settings);
        Fixture f;
        f.page->openRun(folder);
        QTRY_VERIFY_WITH_TIMEOUT(f.foot().contains(QLatin1String("tiles that this training began with")), readMs);
        f.page->openRun(m_folder.filePath(QStringLiteral("tissue")));
        QTRY_VERIFY_WITH_TIMEOUT(f.foot().contains(QLatin1String("holds no training")), readMs);
    }

    void unstableTrainingOffersASmallerRate() {
        Fixture f;
        auto recipe = std::get<TrainRecipe>(small(4000));
        recipe.model.start = brokenModel(m_folder.path().toStdString()).string(), recipe.model.autoencoder.clear();
        recipe.optimiser.rate = 1;
        prepare(f, recipe);
        f.click("startTrainingButton");
        QTRY_VERIFY_WITH_TIMEOUT(!f.failure().isEmpty(), runMs);
        QVERIFY2(f.failure().contains(QLatin1String("unstable")), qPrintable(f.failure()));
        QTest::mouseClick(f.find<Note>("trainFailure")->actionButton(), Qt::LeftButton);
        QCOMPARE(mainSettings(f.recipes().recipe()).rate, 0.5);
        QVERIFY(f.page->runFolder().isEmpty());
    }

    void longerWordsFit() {
        LongerWords words;
        QCoreApplication::installTranslator(&words);
        {
            Fixture f;
            QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
            f.page->resize(1200, 700); // what the smallest window leaves
            f.page->openPath(text(m_tissue));
            QTRY_VERIFY_WITH_TIMEOUT(f.page->findChild<MemoryBar*>()->needed() > 0, readMs);
            QCOMPARE(f.page->width(), 1200);
            for (const auto* scroll : f.page->findChildren<QScrollArea*>()) // what is too wide could not be reached
                QVERIFY2(scroll->widget()->minimumSizeHint().width() <= scroll->viewport()->width() || !scroll->isVisible(),
                         qPrintable(
                             QStringLiteral("%1 in %2").arg(scroll->widget()->minimumSizeHint().width()).arg(scroll->viewport()->width())));
        }
        QCoreApplication::removeTranslator(&words);
    }

    void everyControlHasAName() {
        Fixture f;
        QTRY_VERIFY_WITH_TIMEOUT(f.choicesAreThere(), readMs);
        for (const auto* widget : f.page->findChildren<QWidget*>()) {
            if (!(widget->focusPolicy() & Qt::TabFocus) || !widget->isVisible()) continue;
            if (qobject_cast<const QAbstractSpinBox*>(widget->parent())) continue; // its field goes by its own name
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            QVERIFY2(!widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()), qPrintable(widget->objectName()));
        }
    }
};

int test_ui_train_page(int argc, char** argv) {
    MeasuringApplication app(argc, argv);
    TestTrainPage test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_train_page.moc"
