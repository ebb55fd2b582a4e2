#include <QtTest>

#include "core/measure/learning/judge.h"
#include "tests/measure/learning/toy_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace fs = std::filesystem;

class JudgeTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    fs::path at(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

private slots:
    void judgesClasses() {
        writeToySet(at("real"), 3, 6, 2, 2);
        writeToySet(at("made"), 3, 4, 1, 3);
        fs::create_directories(at("wrong"));
        fs::rename(at("made") / "across", at("wrong") / "along"); // pictures of one class asked for as another
        fs::rename(at("made") / "dots", at("wrong") / "dots");
        auto real = readTileSet(at("real"), {"real", "^g([0-9]+)_"}), made = readTileSet(at("wrong"), {"made", {}});
        JudgeSettings settings;
        settings.folds = 2;
        settings.steps = 40;
        const ClassJudges judges(real, settings);
        const auto adherence = judges.judge(made), again = judges.judge(made);
        QCOMPARE(int(adherence.judges.size()), 2);
        QCOMPARE(adherence.realGroups, 18);
        for (const auto& judge : adherence.judges) {
            QVERIFY2(judge.real.value > 0.85, (judge.id + " " + std::to_string(judge.real.value)).c_str());
            QVERIFY(judge.real.low < judge.real.value && judge.real.groups == 18);
            QVERIFY2(judge.classes[1].synthetic.value < 0.3, (judge.id + " " + std::to_string(judge.classes[1].synthetic.value)).c_str());
            QVERIFY(judge.classes[2].synthetic.value > 0.7);
            QVERIFY(std::isnan(judge.classes[0].synthetic.value)); // none were asked for
            QCOMPARE(judge.syntheticConfusion[1][0] + judge.syntheticConfusion[1][1] + judge.syntheticConfusion[1][2], 4);
            QCOMPARE(judge.realProbability.size(), real.tiles.size());
            QCOMPARE(judge.syntheticProbability.size(), made.tiles.size());
            QVERIFY(again.judges[std::size_t(&judge - adherence.judges.data())].syntheticProbability == judge.syntheticProbability);
        }
        std::string message;
        settings.folds = 7;
        QCOMPARE(errorOf([&] { ClassJudges(real, settings); }, &message), "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("only 6 groups"));
        auto strange = readTileSet(at("wrong"), {"strange", {}});
        strange.tiles[0].className = "unheard of";
        QCOMPARE(errorOf([&] { judges.judge(strange); }, &message), "wrong-use");
        TileSet flat;
        flat.name = "flat";
        flat.tiles.push_back(real.tiles[0]);
        flat.tiles[0].className.clear();
        QCOMPARE(errorOf([&] { ClassJudges(flat, settings); }, &message), "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("without a class"));
    }
};

PHLOXINE_TEST(measure_learning_judge, JudgeTest, QCoreApplication)
#include "test_judge.moc"
