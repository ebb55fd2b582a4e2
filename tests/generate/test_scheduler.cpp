// A model with a scheduler of its own (diffusers): what a request may ask of it, and painting anew from its first level.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestScheduler : public QObject {
    Q_OBJECT
    ModelStore m_store;
    QTemporaryDir m_dir;
    fs::path at(const std::string& name) const { return fs::path(m_dir.path().toStdString()) / name; }

    GenerateRequest requestWith(const std::string& scheduler) const { // of a copy of a small model that brings it
        const auto model = at(scheduler);
        if (!fs::exists(model)) {
            fs::copy(PHLOXINE_TEST_REFERENCE "/models/sd1-tiny", model, fs::copy_options::recursive);
            const auto file = model / "scheduler/scheduler_config.json";
            auto json = readJsonFile(file);
            json["_class_name"] = scheduler;
            writeFileAtomically(file, json.dump(), IfExists::Replace);
        }
        auto request = quickRequest();
        request.model = model.string(), request.classId.clear(), request.prompt = "lung", request.sampler = "scheduler";
        request.steps = 5, request.guidance = 2, request.precision = "fp32";
        return request;
    }

private slots:
    void initTestCase() { writePng(at("real.png"), testPicture(64, 64), {}, IfExists::Replace); }

    void allPaintedAnewIsThePlainTile_data() {
        QTest::addColumn<QByteArray>("scheduler");
        for (const auto* name : {"EulerDiscreteScheduler", "LMSDiscreteScheduler", "HeunDiscreteScheduler", "DPMSolverMultistepScheduler"})
            QTest::newRow(name) << QByteArray(name);
    }
    void allPaintedAnewIsThePlainTile() {
        QFETCH(QByteArray, scheduler);
        auto request = requestWith(scheduler.toStdString());
        const auto plain = tilesOf(m_store, request)[0].image;
        Image mask(plain.width, plain.height);
        fill(mask, 0, 0, plain.width, plain.height, 255, 255, 255);
        writePng(at("mask.png"), mask, {}, IfExists::Replace);
        writePng(at("real.png"), testPicture(plain.width, plain.height), {}, IfExists::Replace);
        request.initialImage = at("real.png"), request.mask = at("mask.png");
        QVERIFY(tilesOf(m_store, request)[0].image == plain);
    }

    void whatASchedulerHasNotIsRefused_data() {
        QTest::addColumn<QByteArray>("scheduler");
        QTest::addColumn<QByteArray>("parameter");
        QTest::newRow("spacing") << QByteArray("EulerDiscreteScheduler") << QByteArray("spacing");
        QTest::newRow("churn") << QByteArray("EulerDiscreteScheduler") << QByteArray("churn");
        QTest::newRow("shift") << QByteArray("DDIMScheduler") << QByteArray("shift");
        QTest::newRow("eta") << QByteArray("EulerDiscreteScheduler") << QByteArray("eta");
        QTest::newRow("eta of DDIM") << QByteArray("DDIMScheduler") << QByteArray();
    }
    void whatASchedulerHasNotIsRefused() {
        QFETCH(QByteArray, scheduler);
        QFETCH(QByteArray, parameter);
        auto request = requestWith(scheduler.toStdString());
        if (parameter == "spacing") request.spacing = "karras";
        if (parameter == "churn") request.churn = 20;
        if (parameter == "shift") request.shift = 3;
        if (parameter == "eta" || parameter.isEmpty()) request.eta = 1;
        std::string sentence;
        const auto error = errorOf([&] { (void)tilesOf(m_store, request); }, &sentence);
        if (parameter.isEmpty()) QCOMPARE(error, QByteArray());
        else QVERIFY2(error == "wrong-use" && sentence.find(parameter.toStdString()) != std::string::npos, sentence.c_str());
    }

    void aStartFarFromNoiseIsSaid() {
        auto request = quickRequest();
        request.sampler = "ddim";
        const auto noticesOf = [&] {
            std::vector<std::string> notices;
            GenerateHooks hooks;
            hooks.notice = [&](const std::string& sentence) { notices.push_back(sentence); };
            hooks.tile = [](int, const Tile&) {};
            generate(m_store, request, hooks);
            return notices;
        };
        QVERIFY(noticesOf().empty());
        request.spacing = "exact", request.steps = 2;
        const auto notices = noticesOf();
        QCOMPARE(notices.size(), std::size_t(1));
        QVERIFY2(notices[0].find("501 of 999") != std::string::npos, notices[0].c_str());
    }

    // Equal weights under other settings make other tiles.
    void settingsArePartOfTheModel() {
        auto request = requestWith("DDIMScheduler");
        auto made = tilesOf(m_store, request)[0];
        QVERIFY(!made.request.modelSettings.empty());
        QVERIFY(tilesOf(m_store, made.request)[0].image == made.image);
        const auto other = tilesOf(m_store, requestWith("EulerDiscreteScheduler"))[0];
        QCOMPARE(other.request.modelSha256, made.request.modelSha256);
        QVERIFY(other.request.modelSettings != made.request.modelSettings);
        const auto file = at("DDIMScheduler/scheduler/scheduler_config.json");
        auto json = readJsonFile(file);
        json["beta_end"] = 0.02;
        writeFileAtomically(file, json.dump(), IfExists::Replace);
        std::string sentence;
        QCOMPARE(errorOf([&] { (void)tilesOf(m_store, made.request); }, &sentence), "not-found");
        QVERIFY2(sentence.find("other settings") != std::string::npos, sentence.c_str());
    }
};

PHLOXINE_TEST(generate_scheduler, TestScheduler, NoApplication)
#include "test_scheduler.moc"
