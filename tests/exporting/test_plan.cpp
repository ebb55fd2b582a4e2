#include <QtTest>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "tests/support/errors.h"
#include "tests/support/exports.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestPlan : public QObject {
    Q_OBJECT
private slots:
    void roundTrip() {
        ExportPlan plan = fakePlan();
        plan.items.push_back({"copied", "val", {}, "tile.png"});
        const ExportPlan read = exportPlanFromJson(parseJson(toJson(plan).dump(), "x"), "x");
        QCOMPARE(read.title, plan.title);
        QCOMPARE(read.items.size(), plan.items.size());
        for (std::size_t i = 0; i < plan.items.size(); ++i) {
            QCOMPARE(read.items[i].className, plan.items[i].className);
            QCOMPARE(read.items[i].split, plan.items[i].split);
            QVERIFY(read.items[i].file == plan.items[i].file);
            if (plan.items[i].file.empty()) QVERIFY(read.items[i].request == plan.items[i].request);
        }
    }

    void unknownKeysAreNoError() {
        QCOMPARE(errorOf([] {
                     exportPlanFromJson(
                         parseJson(R"({"format":"phloxine-export/1","x":1,"items":[{"class":"a","file":"t.png","y":2}]})", "x"), "x");
                 }),
                 "");
    }

    void badPlans_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("code");
        const auto row = [](const char* name, const char* items, const char* code) {
            QTest::newRow(name) << QByteArray("{\"format\":\"phloxine-export/1\",\"items\":") + items + "}" << QByteArray(code);
        };
        row("no items", "[]", "wrong-use");
        row("items is an object", "{}", "corrupt");
        row("item is a number", "[1]", "corrupt");
        row("neither request nor file", R"([{"class":"a"}])", "wrong-use");
        row("both", R"([{"class":"a","file":"x","request":{"format":"phloxine-request/1"}}])", "wrong-use");
        row("empty file", R"([{"class":"a","file":""}])", "wrong-use");
        row("file is a list", R"([{"class":"a","file":[]}])", "corrupt");
        row("no class", R"([{"file":"x"}])", "wrong-use");
        row("class climbs", R"([{"class":"../a","file":"x"}])", "wrong-use");
        row("class with a slash", R"([{"class":"a/b","file":"x"}])", "wrong-use");
        row("upper case", R"([{"class":"Lung","file":"x"}])", "wrong-use");
        row("dot", R"([{"class":".","file":"x"}])", "wrong-use");
        row("split", R"([{"class":"a","split":"training","file":"x"}])", "wrong-use");
        row("split climbs", R"([{"class":"a","split":"..","file":"x"}])", "wrong-use");
        row("request of another kind", R"([{"class":"a","request":{"format":"phloxine-export/1"}}])", "corrupt");
        row("request is text", R"([{"class":"a","request":"x"}])", "corrupt");
        row("count 0", R"([{"class":"a","request":{"format":"phloxine-request/1","count":0}}])", "wrong-use");
        QTest::newRow("other kind") << QByteArray(R"({"format":"phloxine-request/1"})") << QByteArray("corrupt");
        QTest::newRow("newer") << QByteArray(R"({"format":"phloxine-export/2","items":[]})") << QByteArray("unsupported");
        QTest::newRow("no items key") << QByteArray(R"({"format":"phloxine-export/1"})") << QByteArray("corrupt");
        QTest::newRow("a list") << QByteArray("[]") << QByteArray("corrupt");
    }
    void badPlans() {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, code);
        std::string message;
        QCOMPARE(errorOf([&] { exportPlanFromJson(parseJson(json.toStdString(), "plan.json"), "plan.json"); }, &message), code);
        QVERIFY(!message.empty());
    }
};

PHLOXINE_TEST(exporting_plan, TestPlan, QCoreApplication)
#include "test_plan.moc"
