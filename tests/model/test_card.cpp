// Model cards: what a card must say, what may be missing, and what is refused.
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/model/ModelCard.h"
#include "core/model/ModelStore.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

Json embedded() { return readJsonFile(resourcesFolder() / "models/lc25000/model.json"); }

} // namespace

class TestCard : public QObject {
    Q_OBJECT

private slots:
    void embeddedCardIsHonest() {
        const auto card = modelCardFromJson(embedded(), "model.json");
        QCOMPARE(card.id, std::string("lc25000"));
        QCOMPARE(card.classes.size(), std::size_t(5));
        QCOMPARE(card.tileSizePx, 224);
        for (const auto* text : {&card.licence, &card.dataSource, &card.intendedUse, &card.limits, &card.stain, &card.groupsHeldOut})
            QVERIFY(!text->empty());
        QVERIFY(card.scale.source == ScaleSource::Assumed || card.scale.source == ScaleSource::Unknown); // the data set states none
        for (const auto& c : card.classes) {
            QVERIFY(!c.label.empty() && !c.prompt.empty());
            QCOMPARE(c.code.size(), std::size_t(2));
            QCOMPARE(c.colour.size(), std::size_t(7));
        }
    }

    void roundTrip() {
        const auto card = modelCardFromJson(embedded(), "model.json");
        const auto again = modelCardFromJson(toJson(card), "model.json");
        QVERIFY(toJson(card) == toJson(again));
    }

    void shortCardIsEnough() {
        const auto card = modelCardFromJson({{"format", "phloxine-model/1"}, {"id", "x"}, {"tile_px", 64}}, "model.json");
        QCOMPARE(card.title, std::string("x"));
        QVERIFY(card.classes.empty() && !card.scale.known() && card.scale.source == ScaleSource::Unknown);
        QVERIFY(!card.findClass("a"));
    }

    void unknownKeysAreNoReasonToRefuse() {
        auto json = embedded();
        json["invented_later"] = {1, 2, 3};
        QCOMPARE(modelCardFromJson(json, "model.json").id, std::string("lc25000"));
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("patch"); // merged into the embedded card; null removes
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("no id") << QByteArray(R"({"id":null})") << QByteArray("corrupt");
        QTest::newRow("empty id") << QByteArray(R"({"id":""})") << QByteArray("corrupt");
        QTest::newRow("id is a number") << QByteArray(R"({"id":5})") << QByteArray("corrupt");
        QTest::newRow("no tile size") << QByteArray(R"({"tile_px":null})") << QByteArray("corrupt");
        QTest::newRow("tile size is a text") << QByteArray(R"({"tile_px":"224"})") << QByteArray("corrupt");
        QTest::newRow("tile size is zero") << QByteArray(R"({"tile_px":0})") << QByteArray("corrupt");
        QTest::newRow("tile size is negative") << QByteArray(R"({"tile_px":-224})") << QByteArray("corrupt");
        QTest::newRow("tile size is enormous") << QByteArray(R"({"tile_px":1000000})") << QByteArray("corrupt");
        QTest::newRow("classes are a text") << QByteArray(R"({"classes":"lung"})") << QByteArray("corrupt");
        QTest::newRow("class without id") << QByteArray(R"({"classes":[{"label":"Lung"}]})") << QByteArray("corrupt");
        for (const QByteArray id : {"../../evil", "a/b", ".hidden", "line\\nbreak"})
            QTest::newRow(id) << QByteArray(R"({"classes":[{"label":"Lung","id":"ID"}]})").replace("ID", id) << QByteArray("corrupt");
        QTest::newRow("guidance of 40") << QByteArray(R"({"defaults":{"guidance":40}})") << QByteArray("corrupt");
        QTest::newRow("5,000 steps") << QByteArray(R"({"defaults":{"steps":5000}})") << QByteArray("corrupt");
        QTest::newRow("class is a text") << QByteArray(R"({"classes":["lung"]})") << QByteArray("corrupt");
        QTest::newRow("conditions are numbers") << QByteArray(R"({"conditions":[1]})") << QByteArray("corrupt");
        QTest::newRow("steps are zero") << QByteArray(R"({"defaults":{"steps":0}})") << QByteArray("corrupt");
        QTest::newRow("steps are a text") << QByteArray(R"({"defaults":{"steps":"many"}})") << QByteArray("corrupt");
        QTest::newRow("defaults are a list") << QByteArray(R"({"defaults":[]})") << QByteArray("corrupt");
        QTest::newRow("title is a list") << QByteArray(R"({"title":[]})") << QByteArray("corrupt");
        QTest::newRow("no format") << QByteArray(R"({"format":null})") << QByteArray("corrupt");
        QTest::newRow("another format") << QByteArray(R"({"format":"phloxine-request/1"})") << QByteArray("corrupt");
        QTest::newRow("newer format") << QByteArray(R"({"format":"phloxine-model/2"})") << QByteArray("unsupported");
        QTest::newRow("format is a number") << QByteArray(R"({"format":1})") << QByteArray("corrupt");
    }

    void refused() {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, code);
        auto json = embedded();
        json.merge_patch(parseJson(patch.toStdString(), "the patch"));
        std::string message;
        QCOMPARE(errorOf([&] { modelCardFromJson(json, "folder/model.json"); }, &message), code);
        QVERIFY2(message.find("folder/model.json") != std::string::npos && message.find('\n') == std::string::npos, message.c_str());
    }

    void notAnObject_data() {
        QTest::addColumn<QByteArray>("json");
        for (const auto* json : {"[]", "5", "\"a\"", "null"}) QTest::newRow(json) << QByteArray(json);
    }
    void notAnObject() {
        QFETCH(QByteArray, json);
        QCOMPARE(errorOf([&] { modelCardFromJson(parseJson(json.toStdString(), "x"), "model.json"); }), "corrupt");
    }
};

PHLOXINE_TEST(model_card, TestCard, NoApplication)
#include "test_card.moc"
