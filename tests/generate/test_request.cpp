// A request is a value: JSON both ways, and everything that it may not be.
#include <set>

#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/generate/GenerateRequest.h"
#include "core/generate/Generator.h"
#include "tests/support/errors.h"

using namespace phloxine;

class TestRequest : public QObject {
    Q_OBJECT

    static GenerateRequest full() {
        GenerateRequest r;
        r.model = "m", r.prompt = "a \"quoted\"\nprompt \xc3\xa9", r.negative = "blur", r.count = 7, r.batch = 2, r.seed = (1ull << 53) - 8,
        r.sampler = "ddim", r.steps = 12, r.guidance = 1.75, r.precision = "fp32", r.device = "cpu";
        r.modelSha256 = std::string(64, 'a'), r.build = "0.1";
        return r;
    }

private slots:
    void roundTrip() {
        QVERIFY(generateRequestFromJson(toJson(full()), "x") == full());
        QVERIFY(generateRequestFromJson(parseJson(toJson(full()).dump(), "x"), "x") == full());
        GenerateRequest plain;
        plain.classId = "lung_scc";
        QVERIFY(generateRequestFromJson(toJson(plain), "x") == plain);
    }

    void defaultsFillWhatIsMissing() {
        const auto r =
            generateRequestFromJson({{"format", "phloxine-request/1"}, {"class", "lung_n"}, {"steps", nullptr}, {"later", true}}, "x");
        QCOMPARE(r.count, 1);
        QCOMPARE(r.steps, 0);
        QCOMPARE(r.guidance, -1.0);
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("codes");
        const auto row = [](const char* name, const char* patch, const char* codes) {
            QTest::newRow(name) << QByteArray(patch) << QByteArray(codes);
        };
        row("class and prompt", R"({"class":"a","prompt":"b"})", "wrong-use");
        row("no tile", R"({"count":0})", "wrong-use");
        row("negative count", R"({"count":-3})", "wrong-use");
        row("too many tiles", R"({"count":1000001})", "wrong-use");
        row("count beyond an int", R"({"count":99999999999})", "wrong-use|corrupt");
        row("count is a fraction", R"({"count":1.5})", "wrong-use|corrupt");
        row("count is a text", R"({"count":"two"})", "corrupt");
        row("batch of zero", R"({"batch":0})", "wrong-use");
        row("batch too large", R"({"batch":257})", "wrong-use");
        row("negative seed", R"({"seed":-1})", "wrong-use");
        row("fractional seed", R"({"seed":0.5})", "wrong-use");
        row("seed is a text", R"({"seed":"1"})", "wrong-use|corrupt");
        row("seed of 2^53", R"({"seed":9007199254740992})", "wrong-use");
        row("last seed of 2^53", R"({"seed":9007199254740990,"count":8})", "wrong-use");
        row("largest seed", R"({"seed":18446744073709551615,"count":2})", "wrong-use");
        row("negative steps", R"({"steps":-1})", "wrong-use");
        row("too many steps", R"({"steps":1001})", "wrong-use");
        row("negative guidance", R"({"guidance":-2})", "wrong-use");
        row("too much guidance", R"({"guidance":31})", "wrong-use");
        row("guidance is a text", R"({"guidance":"strong"})", "corrupt");
        row("prompt is a list", R"({"prompt":["a"]})", "corrupt");
        row("newer format", R"({"format":"phloxine-request/2"})", "unsupported");
        row("another format", R"({"format":"phloxine-export/1"})", "corrupt");
    }
    void refused() {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, codes);
        Json json{{"format", "phloxine-request/1"}};
        json.merge_patch(Json::parse(patch.toStdString()));
        std::string message;
        const auto code = errorOf([&] { generateRequestFromJson(json, "the file"); }, &message);
        QVERIFY2(!code.isEmpty() && codes.split('|').contains(code), code + ": " + message.c_str());
        QVERIFY(message.find('\n') == std::string::npos);
    }

    void notANumberIsNoGuidance() {
        GenerateRequest r;
        r.guidance = std::nan("");
        QCOMPARE(errorOf([&] { validate(r); }), "wrong-use");
    }

    void promptOfTwoMegabytes() {
        GenerateRequest r;
        r.prompt = std::string(2 << 20, 'a');
        QCOMPARE(errorOf([&] { validate(r); }), "wrong-use");
    }

    void notAnObject() {
        for (const auto* text : {"[]", "5", "null", "\"a\""})
            QCOMPARE(errorOf([&] { generateRequestFromJson(parseJson(text, "x"), "x"); }), "corrupt");
    }

    void tileOfARequest() {
        const auto r = forTile(full(), 3);
        QCOMPARE(r.count, 1);
        QCOMPARE(r.seed, full().seed + 3);
        QCOMPARE(r.batch, 2);
        QCOMPARE(tileFileName(r), "prompt-" + std::to_string(r.seed) + ".png");
    }

    void textForOtherTools() {
        const auto text = parametersText(full());
        for (const auto* part :
             {"Negative prompt: blur", "Steps: 12", "Sampler: ddim", "CFG scale: 1.75", "Seed: 9007199254740984", "Model: m"})
            QVERIFY2(text.find(part) != std::string::npos, part);
    }

    void randomSeedsDiffer() {
        std::set<std::uint64_t> seeds;
        for (int i = 0; i < 100; ++i) seeds.insert(randomSeed());
        QVERIFY(seeds.size() > 98 && *seeds.rbegin() < (1ull << 53));
    }

    void tokenMeter() {
        QCOMPARE(countTokens("").count, 2);
        QCOMPARE(countTokens("lung adenocarcinoma").cut, std::string());
        std::string longText;
        for (int i = 0; i < 100; ++i) longText += "lung ";
        QCOMPARE(countTokens(longText).count, 102);
        QVERIFY(!countTokens(longText).cut.empty());
    }
};

QTEST_APPLESS_MAIN(TestRequest)
#include "test_request.moc"
