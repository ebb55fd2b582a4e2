// What captions of a study say: nested statements, exact lengths of filler, pairs that never meet their own group; the study as JSON.
#include <map>
#include <set>

#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/condition/report_summary.h"
#include "core/study/study_text.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"
#include "tests/train/small_runs.h"

using namespace phloxine;

namespace {

Json smallStudy() { return {{"format", "phloxine-study/1"}, {"kind", "caption-length"}, {"recipe", smallDiffusion("ae")}}; }

TileFacts allHigh() { return TileFacts(studyFacts().size(), AttributeLevel::High); }

TrainingSet setOf(int groups, int tilesOfGroup) {
    TrainingSet set;
    set.classes = {{"a", "A", {}, {}, {"colon adenocarcinoma"}}, {"b", "B", {}, {}, {"lung squamous cell carcinoma"}}};
    for (int c = 0; c < 2; ++c)
        for (int g = 0; g < groups; ++g)
            for (int i = 0; i < tilesOfGroup; ++i) {
                TrainingTile tile;
                tile.group = std::to_string(c) + "/" + std::to_string(g), tile.classIndex = c, tile.heldOut = g % 4 == 3;
                tile.name = tile.group + "_" + std::to_string(i);
                set.tiles.push_back(tile);
            }
    return set;
}

} // namespace

class StudyTextTest : public QObject {
    Q_OBJECT
private slots:
    void longerCaptionsSayAllOfShorterOnes() {
        const auto study = captionStudyFromJson(smallStudy(), "s");
        std::string last;
        int facts = -1;
        for (const auto& arm : armsOf(study)) {
            if (!arm.id.starts_with("text-")) continue;
            const auto caption = studyCaption(arm, "lung squamous cell carcinoma", allHigh());
            QVERIFY2(caption.tokens <= arm.length && caption.tokens == promptTokens(caption.text), caption.text.c_str());
            QVERIFY2(caption.text.starts_with(last), caption.text.c_str());
            QVERIFY(caption.facts >= facts);
            last = caption.text, facts = caption.facts;
        }
        QCOMPARE(facts, int(studyFacts().size())); // 154 tokens hold all
    }

    void fillerAddsWordsAndNoStatement() {
        const auto study = captionStudyFromJson(smallStudy(), "s");
        const auto arms = armsOf(study);
        const auto shortest = studyCaption(arms.front(), "colon adenocarcinoma", allHigh());
        int fillers = 0, paddings = 0;
        for (const auto& arm : arms) {
            if (!arm.filler && !arm.id.starts_with("padding-")) continue;
            const auto caption = studyCaption(arm, "colon adenocarcinoma", allHigh());
            QCOMPARE(caption.facts, shortest.facts);
            QCOMPARE(attributeLevelsIn(caption.text), attributeLevelsIn(shortest.text));
            if (arm.filler) {
                ++fillers;
                QVERIFY2(caption.tokens == arm.length && caption.text.starts_with(shortest.text + ","), caption.text.c_str());
            } else {
                ++paddings;
                QCOMPARE(caption.text, shortest.text);
            }
            QCOMPARE(caption.tokens, promptTokens(caption.text));
        }
        QCOMPARE(fillers, 4);
        QCOMPARE(paddings, 4);
    }

    void unknownFactsAndControls() {
        auto facts = TileFacts(studyFacts().size());
        QCOMPARE(studyCaption({"x", "x", 20, 20}, "benign lung", facts).text, std::string("benign lung"));
        facts[1] = AttributeLevel::Low;
        QCOMPARE(studyCaption({"x", "x", 20, 20}, "benign lung", facts).text, std::string("benign lung, pale stain"));
        QCOMPARE(studyCaption({"x", "x", 20, 0}, "benign lung", facts).text, std::string("benign lung"));
        QVERIFY(studyCaption({"x", "x", 20, 20, false}, "benign lung", facts).text.empty());
        std::string long_ = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen";
        QCOMPARE(errorOf([&] { (void)studyCaption({"x", "x", 12, 12}, long_, facts); }), "wrong-use");
    }

    void pairsAreOfOtherGroups() {
        const auto set = setOf(8, 3);
        for (const auto pairing : {CaptionPairing::Own, CaptionPairing::OtherGroup, CaptionPairing::OtherGroupOfClass}) {
            const auto source = pairedTiles(set, pairing, 1);
            QCOMPARE(std::set(source.begin(), source.end()).size(), set.tiles.size()); // each caption once
            int otherClass = 0;
            for (std::size_t i = 0; i < source.size(); ++i) {
                const auto &own = set.tiles[i], &other = set.tiles[std::size_t(source[i])];
                QCOMPARE(own.heldOut, other.heldOut);
                QCOMPARE(own.group == other.group, pairing == CaptionPairing::Own);
                otherClass += own.classIndex != other.classIndex;
            }
            QCOMPARE(otherClass > 0, pairing == CaptionPairing::OtherGroup);
            QCOMPARE(pairedTiles(set, pairing, 1), source);
        }
        QVERIFY(pairedTiles(set, CaptionPairing::OtherGroup, 1) != pairedTiles(set, CaptionPairing::OtherGroup, 2));
    }

    void bothWays() {
        const auto study = captionStudyFromJson(smallStudy(), "s");
        QCOMPARE(armsOf(study).size(), std::size_t(17));
        QCOMPARE(toJson(captionStudyFromJson(toJson(study), "s")).dump(), toJson(study).dump());
        const std::filesystem::path folder = std::filesystem::path(qgetenv("PHLOXINE_RESOURCES").constData()) / "recipes";
        const auto shipped = readCaptionStudy(folder / "caption-length.json");
        QVERIFY(std::filesystem::exists(shipped.recipe.model.autoencoder));
    }

    void wrongEntries() {
        const auto fails = [](const char* pointer, const Json& value, const char* named) {
            auto json = smallStudy();
            json[Json::json_pointer(pointer)] = value;
            std::string message;
            const auto code = errorOf([&] { (void)captionStudyFromJson(json, "mine.json"); }, &message);
            return code == "corrupt" && message.find(named) != std::string::npos && message.find("mine.json") != std::string::npos;
        };
        QVERIFY(fails("/lenghts", 1, "lenghts"));
        QVERIFY(fails("/kind", "other", "kind"));
        QVERIFY(fails("/lengths", Json::array(), "lengths"));
        QVERIFY(fails("/lengths", {50, 20}, "lengths"));
        QVERIFY(fails("/lengths", {20, 20}, "lengths"));
        QVERIFY(fails("/lengths", {8, 35}, "lengths"));
        QVERIFY(fails("/lengths", {35, 155}, "lengths"));
        QVERIFY(fails("/lengths", "all", "wrong type"));
        QVERIFY(fails("/control_length", 36, "control_length"));
        QVERIFY(fails("/seeds", Json::array(), "seeds"));
        QVERIFY(fails("/seeds", {1, 1}, "seeds"));
        QVERIFY(fails("/tiles", 3, "tiles"));
        QVERIFY(fails("/guidance", 0.5, "guidance"));
        QVERIFY(fails("/recipe/steps", 0, "steps"));
        QVERIFY(fails("/recipe/data/hold_out", "", "holds nothing out"));
        QVERIFY(fails("/recipe/model/start", "model", "starts from a model"));
        auto json = smallStudy();
        json["format"] = "phloxine-study/2";
        QCOMPARE(errorOf([&] { (void)captionStudyFromJson(json, "s"); }), "unsupported");
    }
};

PHLOXINE_TEST(study_text, StudyTextTest, QCoreApplication)
#include "test_study_text.moc"
