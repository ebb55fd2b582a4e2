// The known part of a latent under every sampler, and where a strength begins.
#include <QtTest>

#include "core/diffusion/samplers/samplers.h"
#include "core/generate/inpainting.h"
#include "core/verify/closed_form.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestInpainting : public QObject {
    Q_OBJECT

    static NoiseSchedule schedule() { return scheduleFromBetas(compvisBetas("cosine", 1000, 0, 0)); }
    static KnownLatent halfKnown() { // the left half is to be painted
        auto paint = at::zeros({1, 1, 4, 8}, at::kBool);
        paint.narrow(3, 0, 4).fill_(true);
        return {at::linspace(-3, 3, 64).view({1, 2, 4, 8}), paint};
    }

private slots:
    void strengthTakesTheEndOfThePath() {
        const std::vector<Level> path{{0, 1, 4}, {0.3, 0.9, 3}, {0.6, 0.8, 2}, {0.8, 0.6, 1}, {1, 0, 0}};
        QCOMPARE(levelsFrom(path, 1).size(), std::size_t(5));
        QCOMPARE(levelsFrom(path, 0.75).front().t, 3.0);
        QCOMPARE(levelsFrom(path, 0.6).front().t, 2.0);           // 1.6 steps are left out: two
        QCOMPARE(levelsFrom(path, 0.001).size(), std::size_t(2)); // one step at least
    }

    void start() {
        const auto known = halfKnown();
        const auto noise = at::randn({3, 2, 4, 8});
        const Level level{0.6, 0.8, 2};
        QVERIFY(at::allclose(startFrom(known, noise, level, 0.5), 0.6 * known.latent + 0.8 * noise));
        QVERIFY(startFrom({known.latent, {}}, noise, level, 1).equal(noise));
        const auto anew = startFrom(known, noise, level, 1);
        QVERIFY(anew.narrow(3, 0, 4).equal(noise.narrow(3, 0, 4)));
        QVERIFY(startFrom(known, noise, level, 1, 14.6).narrow(3, 0, 4).equal((14.6 * noise).narrow(3, 0, 4)));
        QVERIFY(at::allclose(anew.narrow(3, 4, 4), (0.6 * known.latent + 0.8 * noise).narrow(3, 4, 4)));
    }

    void knownPartStays_data() {
        QTest::addColumn<QByteArray>("sampler");
        for (const auto& row : samplers())
            if (fits(row, Prediction::Eps)) QTest::newRow(row.id) << QByteArray(row.id);
    }
    void knownPartStays() {
        QFETCH(QByteArray, sampler);
        GaussianDenoiser gaussian(at::full({1}, 5.0), at::full({1}, 0.01));
        const auto known = halfKnown();
        InpaintingDenoiser denoise(gaussian, known);
        PhiloxNoise noise(3);
        for (const double strength : {1.0, 0.5}) {
            auto plan = planFor(schedule(), Prediction::Eps, {.sampler = sampler.toStdString(), .steps = 50});
            plan.levels = levelsFrom(plan.levels, strength);
            const auto x = startFrom(known, noise.draw({2, 2, 4, 8}), plan.levels.front(), strength);
            // Half way, the state is the known latent with the noise of that level: nothing else has crept in.
            const auto out = run(plan, denoise, x, noise);
            const auto right = (out / plan.levels.back().alpha - known.latent).narrow(3, 4, 4).abs().max().item<double>();
            QVERIFY2(right < 0.05, QByteArray::number(right)); // DDIM ends at abar[0], which is not quite noiseless
            QVERIFY((out.narrow(3, 0, 4) - 5).abs().max().item<double>() < 1);
        }
    }
};

PHLOXINE_TEST(generate_inpainting, TestInpainting, NoApplication)
#include "test_inpainting.moc"
