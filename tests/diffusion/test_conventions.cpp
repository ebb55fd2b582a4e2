// Plans as the three upstream systems make them: where they differ from each other, and what they refuse.
#include <QtTest>

#include "core/diffusion/conventions/compvis.h"
#include "core/diffusion/conventions/diffusers.h"
#include "core/diffusion/conventions/kdiffusion.h"
#include "tests/diffusion/problem.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

const Json sd{{"beta_start", 0.00085}, {"beta_end", 0.012}, {"beta_schedule", "scaled_linear"}, {"steps_offset", 1}};

SamplingPlan planOfSd(const std::string& className, int steps, const Json& more = Json::object(), double eta = 0) {
    auto config = sd;
    config.update(more);
    return diffusersPlan({className + "Scheduler", config}, steps, eta);
}

std::vector<int> timesOf(const SamplingPlan& plan) {
    std::vector<int> times;
    for (const auto& level : networkCalls(plan)) times.push_back(int(level.t));
    return times;
}

} // namespace

class TestConventions : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    // The same words, other times.
    void leadingAndLinspaceDifferPerClass() {
        const Json leading{{"timestep_spacing", "leading"}}, linspace{{"timestep_spacing", "linspace"}};
        QCOMPARE(timesOf(planOfSd("DDIM", 7, leading)).front(), 853);
        QCOMPARE(timesOf(planOfSd("DPMSolverMultistep", 7, leading)).front(), 876);
        QCOMPARE(timesOf(planOfSd("DDIM", 7, linspace))[1], 832);
        QCOMPARE(timesOf(planOfSd("UniPCMultistep", 7, linspace))[1], 856);
    }

    // A step of DDIM goes to t - T div S, which is not the next visited time under linspace.
    void ddimLandsWhereUpstreamLands() {
        const auto plan = planOfSd("DDIM", 13, {{"timestep_spacing", "linspace"}, {"clip_sample", false}});
        QCOMPARE(plan.moves.size(), std::size_t(13));
        QCOMPARE(plan.moves[0].from.t, 999.0);
        QCOMPARE(plan.moves[0].to.t, 923.0);
        QCOMPARE(plan.moves[1].from.t, 916.0);
    }

    void callsPerRun() {
        QCOMPARE(timesOf(planOfSd("PNDM", 20, {{"skip_prk_steps", true}})).size(), std::size_t(21));
        QCOMPARE(timesOf(planOfSd("PNDM", 20)).size(), std::size_t(29));
        QCOMPARE(timesOf(planOfSd("HeunDiscrete", 12)).size(), std::size_t(23));
        QCOMPARE(timesOf(planOfSd("LCM", 4)), (std::vector<int>{999, 759, 499, 259}));
    }

    void startsByItsSpacing() {
        const auto trailing = planOfSd("EulerDiscrete", 10, {{"timestep_spacing", "trailing"}});
        const auto leading = planOfSd("EulerDiscrete", 10, {{"timestep_spacing", "leading"}});
        QCOMPARE(trailing.startScale, trailing.levels.front().sigma);
        QVERIFY(std::abs(leading.startScale - std::hypot(1, leading.levels.front().sigma)) < 1e-6);
        QCOMPARE(planOfSd("DPMSolverMultistep", 10).startScale, 1.0);
    }

    void zeroSnr() {
        const Json zero{{"rescale_betas_zero_snr", true}, {"timestep_spacing", "trailing"}, {"prediction_type", "v_prediction"}};
        QCOMPARE(planOfSd("DDIM", 10, zero).levels.front().alpha, 0.0);
        QVERIFY(std::abs(planOfSd("EulerDiscrete", 10, zero).levels.front().sigma - 4096) < 1);
    }

    // Missing keys, and null, are the defaults of the class.
    void defaults() {
        const SchedulerConfig bare("DDIMScheduler", Json::object()),
            null("DDIMScheduler", Json{{"beta_schedule", nullptr}, {"trained_betas", nullptr}});
        QCOMPARE(diffusersSchedule(bare).alphasCumprod, diffusersSchedule(null).alphasCumprod);
        QVERIFY(std::abs(diffusersBetas(bare).front() - 1e-4) < 1e-9 && std::abs(diffusersBetas(bare).back() - 0.02) < 1e-8);
        QVERIFY(diffusersPlan(bare, 5).limit.clip == 1 && !diffusersPlan(bare, 5).limit.epsFollows);
        QVERIFY(!planOfSd("PNDM", 5).limit.any());
        QVERIFY(diffusersPrediction(bare) == Prediction::Eps);
    }

    void trainedBetas() {
        std::vector<double> betas(50, 0.01);
        const Json config{{"trained_betas", betas}, {"num_train_timesteps", 50}};
        QVERIFY(std::abs(diffusersSchedule({"DDIMScheduler", config}).alphasCumprod.back() - std::pow(0.99, 50)) < 1e-5);
        QCOMPARE(errorOf([&] { diffusersSchedule({"DDIMScheduler", Json{{"trained_betas", betas}}}); }), "corrupt");
    }

    // The mixed family of all spacings on the Gaussian: each class ends near the data.
    void everyClassEndsAtTheData_data() {
        QTest::addColumn<QByteArray>("name");
        for (const char* name :
             {"DDIM", "DDPM", "PNDM", "EulerDiscrete", "EulerAncestralDiscrete", "HeunDiscrete", "LMSDiscrete", "KDPM2Discrete",
              "KDPM2AncestralDiscrete", "DPMSolverMultistep", "UniPCMultistep", "FlowMatchEulerDiscrete"})
            QTest::newRow(name) << QByteArray(name);
    }
    void everyClassEndsAtTheData() {
        QFETCH(QByteArray, name);
        const bool flow = name.startsWith("Flow");
        auto denoise = Problem().denoiser(flow ? Prediction::Flow : Prediction::Eps);
        PhiloxNoise noise(1);
        const auto plan = planOfSd(name.toStdString(), 100, {{"clip_sample", false}, {"timestep_spacing", "linspace"}});
        const auto x = run(plan, denoise, PhiloxNoise(5).draw({64, 1, 16, 16}), noise);
        QVERIFY(std::abs(x.mean().item<double>() - 0.3) < 0.03);
        QVERIFY(std::abs(x.var(false).item<double>() - 0.25) < 0.03);
    }

    void refused_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("setting");
        QTest::addColumn<int>("steps");
        QTest::addColumn<QByteArray>("code");
        const auto row = [](const char* title, const char* name, const char* setting, int steps, const char* code) {
            QTest::newRow(title) << QByteArray(name) << QByteArray(setting) << steps << QByteArray(code);
        };
        row("no steps", "DDIM", "{}", 0, "wrong-use");
        row("steps beyond T", "EulerDiscrete", "{}", 1001, "wrong-use");
        row("LCM beyond its own steps", "LCM", "{}", 51, "wrong-use");
        row("Runge-Kutta with three steps", "PNDM", "{}", 3, "wrong-use");
        row("another class", "DEISMultistep", "{}", 10, "unsupported");
        row("unknown betas", "DDIM", R"({"beta_schedule": "cubic"})", 10, "unsupported");
        row("unknown spacing", "DDIM", R"({"timestep_spacing": "random"})", 10, "unsupported");
        row("unknown prediction", "PNDM", R"({"prediction_type": "w"})", 10, "unsupported");
        row("learned variance", "DDPM", R"({"variance_type": "learned_range"})", 10, "unsupported");
        row("order 4", "DPMSolverMultistep", R"({"solver_order": 4})", 10, "unsupported");
        row("eps form down to zero noise", "DPMSolverMultistep", R"({"algorithm_type": "dpmsolver"})", 10, "unsupported");
        row("two spacings", "EulerDiscrete", R"({"use_karras_sigmas": true, "use_exponential_sigmas": true})", 10, "wrong-use");
        row("a word where a number belongs", "DDIM", R"({"beta_start": "small"})", 10, "corrupt");
        row("half a step", "DDIM", R"({"steps_offset": 0.5})", 10, "corrupt");
        row("no training steps", "DDIM", R"({"num_train_timesteps": 1})", 1, "corrupt");
        row("dynamic shift", "FlowMatchEulerDiscrete", R"({"use_dynamic_shifting": true})", 10, "unsupported");
    }
    void refused() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, setting);
        QFETCH(int, steps);
        QFETCH(QByteArray, code);
        std::string message;
        QCOMPARE(errorOf([&] { planOfSd(name.toStdString(), steps, Json::parse(setting.toStdString())); }, &message), code);
        QVERIFY2(message.size() > 20 && message.back() == '.' && message.find('\n') == std::string::npos, message.c_str());
    }

    void etaOutOfRange() {
        QCOMPARE(errorOf([] { planOfSd("DDIM", 10, Json::object(), -0.1); }), "wrong-use");
        QCOMPARE(errorOf([] { planOfSd("DDIM", 10, Json::object(), 1.1); }), "wrong-use");
        QCOMPARE(errorOf([] { compvisPlan(stableSchedule(), "plms", "exact", 10, 0.5); }), "wrong-use");
        QCOMPARE(errorOf([] { compvisPlan(stableSchedule(), "ddim", "exact", 10, 2); }), "wrong-use");
    }

    void compvisNames() {
        QCOMPARE(errorOf([] { compvisPlan(stableSchedule(), "dpm", "exact", 10); }), "unsupported");
        QCOMPARE(errorOf([] { compvisPlan(stableSchedule(), "ddim", "random", 10); }), "unsupported");
        QCOMPARE(errorOf([] { compvisPlan(stableSchedule(), "ddim", "uniform", 9); }), "wrong-use"); // reaches t = 1000
    }

    void kdiffusionNames() {
        QCOMPARE(errorOf([] { kdiffusionPlan({.sampler = "ddim", .sigmas = {1, 0}}, nullptr); }), "unsupported");
        QCOMPARE(errorOf([] { kdiffusionPlan({.sampler = "euler", .sigmas = {0}}, nullptr); }), "wrong-use");
        QCOMPARE(errorOf([] { kdiffusionSigmas("linear", 10, {0.1, 10}, nullptr); }), "unsupported");
        QCOMPARE(errorOf([] { kdiffusionSigmas("karras", 0, {0.1, 10}, nullptr); }), "wrong-use");
        QCOMPARE(errorOf([] { kdiffusionSigmas("", 10, {}, nullptr); }), "wrong-use");
    }
};

PHLOXINE_TEST(diffusion_conventions, TestConventions, NoApplication)
#include "test_conventions.moc"
