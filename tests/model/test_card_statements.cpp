// What a person says about a model: laid over its card, refused, kept and lost.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/image/colour_difference.h"
#include "core/model/card_statements.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestCardStatements : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_data;

    static ModelEntry embedded() { return ModelStore().find({}); }

private slots:
    void init() {
        m_data = std::make_unique<QTemporaryDir>();
        qputenv("XDG_DATA_HOME", m_data->path().toLocal8Bit());
    }

    void coloursAsThePaletteWasChecked() {
        const auto nearest = [](const std::vector<std::string>& all) {
            double least = 1e9;
            for (const auto& a : all)
                for (const auto& b : all)
                    if (&a < &b) least = std::min(least, leastColourDifference(a, b));
            return least;
        };
        QVERIFY(std::abs(nearest({"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2"}) - 16) < 0.5); // ui.md: tritanopia
        QCOMPARE(leastColourDifference("#123456", "#123456"), 0.0);
        QVERIFY(leastColourDifference("#FF0000", "#008000") < 60); // red and green, for some readers
        QVERIFY(leastColourDifference("#000000", "#ffffff") > 99);
        for (const char* bad : {"", "red", "#12345", "#1234567", "#12345g"}) {
            QVERIFY(!isColour(bad));
            QCOMPARE(errorOf([&] { leastColourDifference(bad, "#000000"); }), "wrong-use");
        }
    }

    void whatIsSaidIsListedAndTheModelStays() {
        const auto entry = embedded();
        const auto before = readFile(entry.path / "model.json");
        const auto own = ownCard(entry);
        auto wanted = own;
        wanted.scale = {0.5, ScaleSource::User};
        wanted.classes[0].code = "C1", wanted.classes[0].colour = "#000000";
        const auto said = statementsFor(own, wanted);
        QCOMPARE(said.classes.size(), std::size_t(1));
        QVERIFY(!said.title && said.micronsPerPixel == 0.5);
        storeStatements(own, said);
        const auto now = embedded().card;
        QCOMPARE(now.scale.micronsPerPixel, 0.5);
        QVERIFY(now.scale.source == ScaleSource::User);
        QCOMPARE(now.classes[0].code, std::string("C1"));
        QCOMPARE(now.classes[1].code, own.classes[1].code);
        QVERIFY(readStatements(statementsFile(own)) == said);
        QVERIFY(toJson(ownCard(embedded())) == toJson(own));
        QCOMPARE(readFile(entry.path / "model.json"), before);
        storeStatements(own, {}); // taken back
        QVERIFY(!isThere(statementsFile(own)) && toJson(embedded().card) == toJson(own));
    }

    void whoMaySayWhat() {
        auto entry = embedded();
        const auto own = ownCard(entry);
        QVERIFY(!rightsOf(entry, own).words && rightsOf(entry, own).scale); // its scale is assumed
        auto measured = own;
        measured.scale.source = ScaleSource::Model;
        QVERIFY(!rightsOf(entry, measured).scale);
        entry.path = ModelStore::userRoot() / "mine";
        QVERIFY(rightsOf(entry, measured).words && rightsOf(entry, measured).scale);
    }

    void faults() {
        const auto own = ownCard(embedded());
        QVERIFY(faultsIn(own).empty() && colourWarnings(own).empty());
        const auto fieldsOf = [](const ModelCard& card) {
            QStringList fields;
            for (const auto& fault : faultsIn(card)) {
                if (!QString::fromStdString(fault.sentence).endsWith(QLatin1Char('.'))) fields << QStringLiteral("no sentence");
                fields << QString::fromStdString(fault.field);
            }
            return fields.join(QLatin1Char(' '));
        };
        auto card = own;
        card.title = "  ", card.scale.micronsPerPixel = 700, card.licence = "two\nlines";
        QCOMPARE(fieldsOf(card), QStringLiteral("title licence scale"));
        card = own;
        card.classes[1].code = card.classes[0].code, card.classes[2].code = "\u00c4", card.classes[3].colour = "green",
        card.classes[4].label.clear();
        QCOMPARE(fieldsOf(card), QStringLiteral("class/colon_n/code class/lung_aca/code class/lung_n/colour class/lung_scc/label"));
        ModelCard many = own; // of a foreign model: numbers, no colours
        many.classes.clear();
        for (int i = 0; i < 1000; ++i) many.classes.push_back({"class_" + std::to_string(i), "Class", std::to_string(i), "#888888", {}, 0});
        QVERIFY(faultsIn(many).empty() && colourWarnings(many).empty());
        card = own;
        card.classes[0].colour = "#0073B3", card.classes[1].colour = "#0072B2";
        QCOMPARE(colourWarnings(card).size(), std::size_t(1));
        QVERIFY(faultsIn(card).empty()); // a warning only
        CardStatements bad;
        bad.classes["lung_n"].code = "much too long";
        QCOMPARE(errorOf([&] { storeStatements(own, bad); }), "wrong-use");
        QVERIFY(!isThere(statementsFile(own)));
    }

    void damagedStatementsLeaveTheCardAndAreKept() {
        const auto own = ownCard(embedded());
        for (const char* text : {"", "no JSON", R"({"format":"phloxine-card/1","mpp":"half"})", R"({"format":"phloxine-request/1"})"}) {
            fs::create_directories(statementsFile(own).parent_path());
            writeFileAtomically(statementsFile(own), std::string_view(text), IfExists::Replace);
            QVERIFY(toJson(embedded().card) == toJson(own));
            CardStatements said;
            said.micronsPerPixel = 0.6;
            storeStatements(own, said);
            QCOMPARE(embedded().card.scale.micronsPerPixel, 0.6);
            QCOMPARE(readFile(fs::path(statementsFile(own)).replace_extension(".damaged")), std::string(text));
        }
    }

    void newerStatementsAreNotReplaced() {
        const auto own = ownCard(embedded());
        fs::create_directories(statementsFile(own).parent_path());
        writeFileAtomically(statementsFile(own), std::string_view(R"({"format":"phloxine-card/2"})"));
        CardStatements said;
        said.micronsPerPixel = 0.6;
        QCOMPARE(errorOf([&] { storeStatements(own, said); }), "unsupported");
        QVERIFY(toJson(embedded().card) == toJson(own));
    }
};

PHLOXINE_TEST(model_card_statements, TestCardStatements, NoApplication)
#include "test_card_statements.moc"
