// Philox4x32-10 against its published vectors, and the normals made from it.
#include <QtTest>

#include "core/tensor/noise.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestNoise : public QObject {
    Q_OBJECT

private slots:
    // Known answers of Random123 (kat_vectors).
    void knownAnswers_data() {
        QTest::addColumn<QList<quint32>>("input"); // four words of the counter, two of the key
        QTest::addColumn<QList<quint32>>("output");
        QTest::newRow("zeros") << QList<quint32>{0, 0, 0, 0, 0, 0} << QList<quint32>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
        QTest::newRow("ones") << QList<quint32>(6, 0xffffffff) << QList<quint32>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
        QTest::newRow("pi") << QList<quint32>{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0}
                            << QList<quint32>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    }

    void knownAnswers() {
        QFETCH(QList<quint32>, input);
        QFETCH(QList<quint32>, output);
        const auto block = philox({input[0], input[1], input[2], input[3]}, input[4], input[5]);
        for (int i = 0; i < 4; ++i) QCOMPARE(block.word[i], output[i]);
    }

    void momentsAreThoseOfANormal() {
        const auto x = PhiloxNoise(7).draw({200000}).to(at::kDouble);
        const double n = 200000;
        QVERIFY(std::abs(x.mean().item<double>()) < 4 / std::sqrt(n));
        QVERIFY(std::abs(x.square().mean().item<double>() - 1) < 4 * std::sqrt(2 / n));
        QVERIFY(std::abs(x.pow(3).mean().item<double>()) < 4 * std::sqrt(15 / n));
        QVERIFY(std::abs(x.pow(4).mean().item<double>() - 3) < 4 * std::sqrt(96 / n));
        QVERIFY(std::abs((x.abs() > 1.959964).to(at::kDouble).mean().item<double>() - 0.05) < 4 * std::sqrt(0.05 * 0.95 / n));
        QVERIFY(at::isfinite(x).all().item<bool>());
    }

    // Cosine and sine of one angle must not show: neighbours, draws and seeds are uncorrelated.
    void neighboursAreUncorrelated() {
        const auto correlation = [](const at::Tensor& a, const at::Tensor& b) { return (a * b).mean().item<double>(); };
        PhiloxNoise source(1);
        const auto a = source.draw({100000}), b = source.draw({100000}), c = PhiloxNoise(2).draw({100000});
        const double limit = 4 / std::sqrt(100000.0);
        QVERIFY(std::abs(correlation(a.slice(0, 0, 99999), a.slice(0, 1, 100000))) < limit);
        QVERIFY(std::abs(correlation(a.slice(0, 0, 100000, 2).square() - 1, a.slice(0, 1, 100000, 2).square() - 1)) <
                2 * 4 / std::sqrt(50000.0));
        QVERIFY(std::abs(correlation(a, b)) < limit);
        QVERIFY(std::abs(correlation(a, c)) < limit);
    }

    // Lengths stay those of noise on the whole way, and the way begins and ends where it should.
    void greatCircle() {
        const auto a = PhiloxNoise(1).draw({4, 2000}), b = PhiloxNoise(2).draw({4, 2000});
        QVERIFY(at::equal(slerp(a, b, 0), a) && at::equal(slerp(a, b, 1), b));
        double before = 0;
        for (const double t : {0.1, 0.25, 0.5, 0.75, 0.9}) {
            const auto c = slerp(a, b, t);
            QVERIFY(std::abs(c.norm().item<double>() / ((1 - t) * a.norm().item<double>() + t * b.norm().item<double>()) - 1) < 1e-6);
            const double angle = std::acos(((a * c).sum() / (a.norm() * c.norm())).item<double>());
            QVERIFY(angle > before);
            before = angle;
        }
        QVERIFY(at::allclose(slerp(a, a, 0.5), a));
        QVERIFY(at::isfinite(slerp(a, -a, 0.5)).all().item<bool>() &&
                at::isfinite(slerp(at::zeros({3}), at::zeros({3}), 0.5)).all().item<bool>());
    }

    void sameSeedSameNoise() {
        PhiloxNoise a(42), b(42);
        QVERIFY(at::equal(a.draw({3, 5}), b.draw({3, 5})));
        QVERIFY(at::equal(a.draw({3, 5}), b.draw({3, 5})));
        QVERIFY(!at::equal(a.draw({8}), PhiloxNoise(43).draw({8})));
    }

    // The whole seed counts, also above 32 bits.
    void highBitsOfTheSeedCount() { QVERIFY(!at::equal(PhiloxNoise(5).draw({8}), PhiloxNoise(5 + (1ull << 40)).draw({8}))); }

    // An element depends on its place alone, not on how many are drawn with it, nor on what other sources drew before.
    void elementDependsOnItsPlaceAlone() {
        const auto many = PhiloxNoise(9).draw({1001}), few = PhiloxNoise(9).draw({10});
        QVERIFY(at::equal(many.slice(0, 0, 10), few));
        QVERIFY(at::equal(PhiloxNoise(9).draw({2, 5}).flatten(), few));
        std::vector<PhiloxNoise> forward, backward;
        for (int i = 0; i < 4; ++i) forward.emplace_back(100 + i), backward.emplace_back(100 + i);
        std::vector<at::Tensor> a(4), b(4);
        for (std::size_t i = 0; i < 4; ++i) a[i] = forward[i].draw({16});
        for (std::size_t i = 4; i-- > 0;) b[i] = backward[i].draw({16});
        for (std::size_t i = 0; i < 4; ++i) QVERIFY(at::equal(a[i], b[i]));
    }

    void emptyDrawIsFine() { QCOMPARE(PhiloxNoise(1).draw({0, 4}).numel(), 0); }

    // Files made today must be recreated by every later build: these numbers never change.
    void valuesOfSeedZeroStay() {
        const auto x = PhiloxNoise(0).draw({2});
        const double u1 = (double(((0x6627e8d5ull << 32) | 0xe169c58dull) >> 11) + 0.5) * 0x1p-53,
                     u2 = (double(((0xbc57ac4cull << 32) | 0x9b00dbd8ull) >> 11) + 0.5) * 0x1p-53;
        const double pi = 3.14159265358979323846;
        QCOMPARE(x[0].item<float>(), float(std::sqrt(-2 * std::log(u1)) * std::cos(2 * pi * u2)));
        QCOMPARE(x[1].item<float>(), float(std::sqrt(-2 * std::log(u1)) * std::sin(2 * pi * u2)));
    }
};

PHLOXINE_TEST(tensor_noise, TestNoise, NoApplication)
#include "test_noise.moc"
