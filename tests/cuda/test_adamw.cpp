// The optimiser's CUDA kernels, emulated: bit for bit what the CPU's kernel gives without fused products and sums.
#include <QtTest>

#include "tests/cuda/device_tensors.h"
#include "tests/cuda/unfused_adamw.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

struct PartCase {
    std::int64_t count = 1;
    at::ScalarType master = at::kFloat, gradient = at::kFloat;
    bool narrow = false, given = true, outliers = false;
};

struct PartData { // one tensor of the optimiser, on the CPU
    at::Tensor master, first, second, firstScales, secondScales;
    std::vector<at::Tensor> gradients, means; // gradients of each step
    bool narrow = false;
    std::vector<at::Tensor> all() const {
        std::vector<at::Tensor> all{master, first, second};
        if (narrow) all.push_back(firstScales), all.push_back(secondScales);
        all.insert(all.end(), means.begin(), means.end());
        return all;
    }
};

constexpr int steps = 3;
constexpr float shares[] = {0.1f, 0.001f};

std::vector<PartData> partsOf(const std::vector<PartCase>& cases, double gradientSize) {
    std::vector<PartData> parts;
    std::uint64_t seed = 10;
    for (const auto& c : cases) {
        PartData p;
        p.narrow = c.narrow;
        p.master = noise({c.count}, ++seed).to(c.master);
        p.first = at::zeros({c.count}, c.narrow ? at::kChar : at::kFloat);
        p.second = at::zeros({c.count}, c.narrow ? at::kByte : at::kFloat);
        p.firstScales = at::zeros({(c.count + momentBlock - 1) / momentBlock}), p.secondScales = at::zeros_like(p.firstScales);
        for (int i = 0; i < 2; ++i) p.means.push_back(p.master.to(at::kFloat, false, true));
        for (int i = 0; i < steps; ++i) {
            const auto size = gradientSize * std::pow(10.0, i - 1); // so that the scales of the moments change
            auto gradient = noise({c.count}, ++seed) * size;
            if (c.outliers) gradient.slice(0, 0, c.count, 100).mul_(1e5); // beside which the others have the smallest codes
            p.gradients.push_back(c.given ? gradient.to(c.gradient) : at::Tensor());
        }
        parts.push_back(std::move(p));
    }
    return parts;
}

std::vector<PartData> copyOf(std::vector<PartData> parts) {
    for (auto& p : parts) {
        p.master = p.master.clone(), p.first = p.first.clone(), p.second = p.second.clone();
        p.firstScales = p.firstScales.clone(), p.secondScales = p.secondScales.clone();
        for (auto& mean : p.means) mean = mean.clone();
    }
    return parts;
}

AdamwStep stepOf(int step, float gradientScale) {
    AdamwStep s;
    s.stepSize = float(1e-2 / (1 - std::pow(0.9, step + 1))), s.secondScale = float(1 / std::sqrt(1 - std::pow(0.999, step + 1)));
    s.gradientScale = gradientScale, s.means = {shares[0], shares[1]};
    return s;
}
float keepOf(std::size_t part) { return part % 2 ? 1.0f : float(1 - 1e-2 * 0.1); }
std::uint32_t saltOf(std::size_t part, int step) { return std::uint32_t(part * 977 + std::size_t(step) * 131071 + 12345); }

template <class Update>
void updateOnCpu(std::vector<PartData>& parts, int step, float gradientScale, Update update) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto& p = parts[i];
        NarrowBlock b;
        if (p.master.scalar_type() == at::kFloat) b.master = p.master.data_ptr<float>();
        else b.masterBf16 = static_cast<std::uint16_t*>(p.master.data_ptr());
        if (p.narrow) {
            b.firstCodes = p.first.data_ptr<std::int8_t>(), b.secondCodes = p.second.data_ptr<std::uint8_t>();
            b.firstScales = p.firstScales.data_ptr<float>(), b.secondScales = p.secondScales.data_ptr<float>();
        } else b.first = p.first.data_ptr<float>(), b.second = p.second.data_ptr<float>();
        if (const auto& g = p.gradients[std::size_t(step)]; g.defined()) {
            if (g.scalar_type() == at::kFloat) b.gradient = g.const_data_ptr<float>();
            else b.gradientBf16 = static_cast<const std::uint16_t*>(g.const_data_ptr());
        }
        for (auto& mean : p.means) b.means.push_back(mean.data_ptr<float>());
        b.count = p.master.numel(), b.keep = keepOf(i), b.salt = saltOf(i, step);
        update(stepOf(step, gradientScale), b);
    }
}

// The tensors and tables of one run on the emulated device.
class Device {
public:
    explicit Device(const std::vector<PartData>& parts) : m_parts(parts) {
        for (const auto& p : parts) {
            auto& tensors = m_tensors.emplace_back();
            for (const auto& t : {p.master, p.first, p.second, p.firstScales, p.secondScales, p.means[0], p.means[1]}) add(tensors, t);
            for (std::int64_t i = 0; i * cudaAdamwPiece < p.master.numel(); ++i)
                m_pieces.push_back({std::int32_t(m_tensors.size() - 1), std::int32_t(i)});
        }
    }
    // Norm of the gradients, scale by it, update: as a step of training does.
    void step(int step, double clipNorm) {
        std::vector<CudaAdamwTensor> rows;
        std::vector<std::unique_ptr<DeviceTensor>> gradients;
        for (std::size_t i = 0; i < m_parts.size(); ++i) {
            const auto& p = m_parts[i];
            const auto& on = m_tensors[i];
            CudaAdamwTensor row;
            row.master = on[0]->data(), row.first = on[1]->data(), row.second = on[2]->data();
            if (p.narrow) row.firstScales = on[3]->data<float>(), row.secondScales = on[4]->data<float>();
            for (std::size_t k = 0; k < 2; ++k) row.means[k] = on[5 + k]->data<float>();
            row.count = p.master.numel(), row.keep = keepOf(i), row.salt = saltOf(i, step), row.masterType = cudaType(p.master);
            if (const auto& g = p.gradients[std::size_t(step)]; g.defined())
                add(gradients, g), row.gradient = gradients.back()->data(), row.gradientType = cudaType(g);
            rows.push_back(row);
        }
        const emulation::DeviceArray<CudaAdamwTensor> tensors(rows);
        const emulation::DeviceArray<CudaAdamwPiece> pieces(m_pieces);
        const emulation::DeviceArray<double> partial(m_pieces.size()), sum(1);
        const emulation::DeviceArray<float> scale(1);
        const auto host = stepOf(step, 1);
        CudaAdamwStep s;
        s.stepSize = host.stepSize, s.secondScale = host.secondScale, s.means = 2, s.meanShares[0] = shares[0], s.meanShares[1] = shares[1];
        const auto& k = emulatedKernels();
        const auto n = std::int64_t(m_pieces.size());
        if (k.sumOfSquares(tensors.data(), pieces.data(), n, clipNorm, partial.data(), sum.data(), scale.data(), nullptr) ||
            k.adamw(tensors.data(), pieces.data(), n, s, scale.data(), nullptr))
            throw std::runtime_error("refused");
        squares.push_back(*sum.data()), scales.push_back(*scale.data());
    }
    std::vector<at::Tensor> results() const { // in the order of PartData::all()
        std::vector<at::Tensor> all;
        for (std::size_t i = 0; i < m_parts.size(); ++i)
            for (std::size_t k = 0; k < 7; ++k)
                if (m_parts[i].narrow || (k != 3 && k != 4)) all.push_back(m_tensors[i][k]->cpu());
        return all;
    }
    std::vector<double> squares;
    std::vector<float> scales;

private:
    static void add(std::vector<std::unique_ptr<DeviceTensor>>& to, const at::Tensor& t) {
        to.push_back(std::make_unique<DeviceTensor>(t));
    }
    std::vector<PartData> m_parts;
    std::vector<std::vector<std::unique_ptr<DeviceTensor>>> m_tensors;
    std::vector<CudaAdamwPiece> m_pieces;
};

std::vector<at::Tensor> allOf(const std::vector<PartData>& parts) {
    std::vector<at::Tensor> all;
    for (const auto& p : parts)
        for (const auto& t : p.all()) all.push_back(t);
    return all;
}

} // namespace

Q_DECLARE_METATYPE(std::vector<PartCase>)

class TestCudaAdamw : public QObject {
    Q_OBJECT

    GreatestErrors m_errors;

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }
    void cleanupTestCase() { m_errors.print(); }

    void bitsAreThoseOfTheCpu_data() {
        QTest::addColumn<std::vector<PartCase>>("cases");
        QTest::addColumn<double>("size");
        QTest::addColumn<double>("clipNorm");
        const auto bf = at::kBFloat16, fp = at::kFloat;
        using Cases = std::vector<PartCase>;
        QTest::newRow("one value") << Cases{{}} << 1.0 << 0.0;
        QTest::newRow("a part of a piece") << Cases{{300}} << 1.0 << 1.0;
        QTest::newRow("pieces") << Cases{{2 * 4096 + 77}} << 1.0 << 1.0;
        QTest::newRow("bf16 masters") << Cases{{4096 + 300, bf, bf}} << 1.0 << 1.0;
        QTest::newRow("fp32 masters, bf16 gradients") << Cases{{700, fp, bf}} << 1.0 << 1.0;
        QTest::newRow("8-bit moments") << Cases{{4096 + 512, fp, fp, true}} << 1.0 << 1.0;
        QTest::newRow("8-bit moments, a tail") << Cases{{4096 + 3 * 256 + 19, fp, fp, true}} << 1.0 << 0.0;
        QTest::newRow("8-bit moments, only a tail") << Cases{{5, fp, fp, true}} << 1.0 << 0.0;
        QTest::newRow("8-bit moments, bf16") << Cases{{4096 + 255, bf, bf, true}} << 1.0 << 1.0;
        QTest::newRow("8-bit moments, small gradients") << Cases{{1000, bf, bf, true}} << 1e-6 << 1.0;
        QTest::newRow("8-bit moments, outliers") << Cases{{1000, fp, fp, true, true, true}} << 1.0 << 0.0;
        QTest::newRow("no gradient") << Cases{{300, fp, fp, false, false}, {300, bf, bf, true, false}} << 1.0 << 1.0;
        QTest::newRow("gradients of zero") << Cases{{300}, {300, fp, fp, true}, {300, bf, bf, true}} << 0.0 << 1.0;
        QTest::newRow("several tensors") << Cases{{1},
                                                  {257, bf, bf},
                                                  {4097, fp, fp, true},
                                                  {255, fp, fp, false, false},
                                                  {9000, bf, bf, true},
                                                  {4096, fp, bf},
                                                  {256, bf, fp, true}}
                                         << 1.0 << 1.0;
    }

    void bitsAreThoseOfTheCpu() {
        QFETCH(std::vector<PartCase>, cases);
        QFETCH(double, size);
        QFETCH(double, clipNorm);
        const auto start = partsOf(cases, size);
        std::vector<double> squares;
        std::vector<float> scales;
        const auto results = inAllOrders([&] {
            Device device(start);
            for (int i = 0; i < steps; ++i) device.step(i, clipNorm);
            squares = device.squares, scales = device.scales;
            return device.results();
        });
        QVERIFY2(!results.empty(), "the order of threads changes the result");

        auto unfused = copyOf(start), built = copyOf(start);
        for (int i = 0; i < steps; ++i) {
            double sum = 0;
            for (const auto& p : start) {
                const auto& g = p.gradients[std::size_t(i)];
                if (g.defined()) sum += g.to(at::kDouble).square().sum().item<double>();
            }
            const float scale = clipNorm > 0 ? float(std::min(1.0, clipNorm / (std::sqrt(sum) + 1e-6))) : 1.0f;
            const auto which = std::size_t(i);
            QVERIFY(m_errors.within("sum of squares, relative", std::abs(squares[which] - sum) / std::max(sum, 1e-300), 1e-13));
            QVERIFY(m_errors.within("scale, relative", std::abs(scales[which] - scale) / scale, 1.2e-7));
            updateOnCpu(unfused, i, scales[which], unfusedAdamwUpdate);
            updateOnCpu(built, i, scales[which], [](const AdamwStep& s, const NarrowBlock& b) { adamwUpdate(s, b); });
        }
        const auto expected = allOf(unfused), ofProgram = allOf(built);
        QCOMPARE(results.size(), expected.size());
        std::size_t row = 0;
        for (const auto& p : start)
            for (std::size_t k = 0; k < p.all().size(); ++k, ++row) {
                QVERIFY2(sameBits(results[row], expected[row]), qPrintable(QString("tensor %1 of the result").arg(row)));
                // The program's own kernel fuses on most processors: a value may be rounded otherwise, and a code with it.
                const auto& other = ofProgram[row];
                if (other.scalar_type() != at::kFloat)
                    QVERIFY(m_errors.within("share of codes and bf16 masters unlike a fused CPU's",
                                            results[row].ne(other).to(at::kDouble).mean().item<double>(), 0.01));
                else if (!p.narrow && p.master.scalar_type() == at::kFloat)
                    QVERIFY(m_errors.within("fp32 against a fused CPU's", errorOver(results[row], other), 1e-6));
            }
    }

    void whatIsNotANumberChangesNothing() {
        auto start = partsOf({{300}, {300, at::kBFloat16, at::kBFloat16, true}}, 1);
        start[1].gradients[0][7] = INFINITY;
        Device device(start);
        device.step(0, 1);
        QVERIFY(std::isinf(device.squares[0]) && std::isnan(device.scales[0]));
        const auto before = allOf(start), after = device.results();
        for (std::size_t i = 0; i < before.size(); ++i) QVERIFY(sameBits(before[i], after[i]));
    }

    void codesAreRightOnAverage() { // the rounding at random is that of the CPU, also in what it is for
        const PartCase c{256 * 64, at::kBFloat16, at::kBFloat16};
        auto parts = partsOf({c}, 0);
        parts[0].master.fill_(1);
        Device device(parts);
        device.step(0, 0);
        const auto mean = device.results()[0].to(at::kDouble).mean().item<double>();
        QVERIFY(m_errors.within("mean of bf16 masters, less than half a step away", std::abs(mean - double(keepOf(0))), 2e-4));
    }

    void impossibleTablesAreRefused() {
        const auto& k = emulatedKernels();
        CudaAdamwStep step;
        QCOMPARE(k.adamw(nullptr, nullptr, 0, step, nullptr, nullptr), 1);
        step.means = cudaMeans + 1;
        QCOMPARE(k.adamw(nullptr, nullptr, 1, step, nullptr, nullptr), 1);
        QCOMPARE(k.sumOfSquares(nullptr, nullptr, 0, 1, nullptr, nullptr, nullptr, nullptr), 1);
    }
};

PHLOXINE_TEST(cuda_adamw, TestCudaAdamw, NoApplication)
#include "test_adamw.moc"
