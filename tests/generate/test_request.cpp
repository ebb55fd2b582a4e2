// A request is a value: JSON both ways, and everything that it may not be.
#include <set>

#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/generate/GenerateRequest.h"
#include "core/generate/Generator.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

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
    static GenerateRequest composite() {
        auto r = full();
        r.widthPx = 512, r.heightPx = 1024, r.initialImage = "region.png", r.strength = 0.25, r.mask = "mask.png";
        r.initialSha256 = std::string(64, 'b'), r.maskSha256 = std::string(64, 'c');
        r.source = {std::string(32, 'd'), std::string(32, 'e'), 1006.5, 1710, 314, 628};
        return r;
    }

private slots:
    void roundTrip() {
        QVERIFY(generateRequestFromJson(toJson(full()), "x") == full());
        QVERIFY(generateRequestFromJson(parseJson(toJson(full()).dump(), "x"), "x") == full());
        auto known = composite();
        known.initialImage.clear(), known.mask.clear(); // a name may be a patient's: the hash alone is kept
        QVERIFY(generateRequestFromJson(parseJson(toJson(composite()).dump(), "x"), "x") == known);
        QVERIFY(isComposite(known));
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

    // Hashes of plain tiles are names of files: no new key may appear in them.
    void plainRequestReadsAsBefore() {
        GenerateRequest plain;
        plain.classId = "lung_n", plain.seed = 3;
        QCOMPARE(QByteArray::fromStdString(toJson(plain).dump()),
                 QByteArray(R"({"format":"phloxine-request/1","model":"","class":"lung_n","negative":"","count":1,"batch":1,"seed":3,)"
                            R"("sampler":"","steps":0,"guidance":-1.0,"precision":"auto","device":"auto"})"));
        QVERIFY(parametersText(plain).find("Size") == std::string::npos);
    }

    // Before a file is known by its hash its place is needed; afterwards the place is nobody's business.
    void pathsEndWithTheHash() {
        auto r = composite();
        r.initialImage = "/home/someone/Doe_John.png", r.mask = "/home/someone/Doe_mask.png";
        for (const auto& text : {toJson(r).dump(), parametersText(r)})
            for (const char* word : {"someone", "Doe", "mask.png"}) QVERIFY2(text.find(word) == text.npos, text.c_str());
        for (const auto& chunk : provenance(r)) QVERIFY(chunk.text.find("Doe") == std::string::npos);
        QVERIFY(toJson(r)["composite"].get<bool>());
        r.initialSha256.clear(), r.maskSha256.clear();
        QVERIFY(generateRequestFromJson(toJson(r), "x") == r);
    }

    // What a tile of an older version names is still found by that name.
    void namesOfOldTiles() {
        const auto old = generateRequestFromJson(Json::parse(R"({"format":"phloxine-request/1","class":"a","initial_image":"r.png",)"
                                                             R"("initial_sha256":")" +
                                                             std::string(64, 'b') + R"(","strength":0.5})"),
                                                 "x");
        QCOMPARE(QByteArray::fromStdString(old.initialImage.string()), QByteArray("r.png"));
    }

    void hashAloneIsNoFile() {
        auto r = composite();
        r.initialImage.clear(), r.mask.clear();
        std::string message;
        QCOMPARE(errorOf([&] { resolveFiles(r); }, &message), "not-found");
        QVERIFY2(message.find("--initial FILE") != message.npos && message.find("bbbbbbbbbbbb") != message.npos, message.c_str());
    }

    void fileNameThatIsNoText() {
        auto r = composite();
        r.mask = "\xff\xfe.png";
        QCOMPARE(errorOf([&] { validate(r); }), "wrong-use");
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
        row("strength of zero", R"({"initial_image":"a.png","strength":0})", "wrong-use");
        row("strength above one", R"({"initial_image":"a.png","strength":1.01})", "wrong-use");
        row("negative strength", R"({"initial_image":"a.png","strength":-0.5})", "wrong-use");
        row("strength is a text", R"({"initial_image":"a.png","strength":"much"})", "corrupt");
        row("strength without an image", R"({"strength":0.5})", "wrong-use");
        row("mask without an image", R"({"mask":"m.png"})", "wrong-use");
        row("hash without an image", R"({"initial_sha256":"00"})", "wrong-use");
        row("hash without a mask", R"({"initial_image":"a.png","mask_sha256":"00"})", "wrong-use");
        row("hash is a name", R"({"initial_sha256":"Doe_John.png"})", "wrong-use");
        row("source is a name", R"({"initial_image":"a.png","source":{"slide":"Doe_John.svs"}})", "wrong-use");
        row("patient is a name", R"({"initial_image":"a.png","source":{"slide":"dddddddddddddddddddddddddddddddd","patient":"Doe"}})",
            "wrong-use");
        row("source without an image", R"({"source":{"slide":"dddddddddddddddddddddddddddddddd"}})", "wrong-use");
        row("source is a text", R"({"initial_image":"a.png","source":"Doe"})", "corrupt");
        row("source beyond any slide", R"({"initial_image":"a.png","source":{"x":1e12}})", "wrong-use");
        row("image is a number", R"({"initial_image":3})", "corrupt");
        row("mask is a list", R"({"initial_image":"a.png","mask":[]})", "corrupt");
        row("width is a fraction", R"({"width_px":512.5})", "corrupt");
        row("negative width", R"({"width_px":-224})", "wrong-use");
        row("height too large", R"({"height_px":4097})", "wrong-use");
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

PHLOXINE_TEST(generate_request, TestRequest, NoApplication)
#include "test_request.moc"
