// The CUDA kernels of networks, emulated, against ATen's operators in double on the same values.
#include <QtTest>

#include "tests/cuda/device_tensors.h"
// after it
#include "core/cuda/kernels/portable.cuh"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

struct NormCase {
    int n = 1, positions = 1, channels = 1, groups = 1;
    at::ScalarType type = at::kFloat, parameterType = at::kFloat;
    bool silu = false;
    std::optional<at::ScalarType> add = std::nullopt;
    double mean = 0, deviation = 1, gradient = 1; // gradient: size of dy
    std::size_t shift = 0;                        // bytes
};

struct NormData {
    at::Tensor x, add, weight, bias, dy;
};

NormData normData(const NormCase& c) {
    NormData d;
    d.x = (noise({c.n, c.positions, c.channels}, 1) * c.deviation + c.mean).to(c.type);
    if (c.add) d.add = noise({c.n, c.channels}, 2).to(*c.add);
    d.weight = (noise({c.channels}, 3) * 0.5 + 1).to(c.parameterType), d.bias = noise({c.channels}, 4).to(c.parameterType);
    d.dy = (noise({c.n, c.positions, c.channels}, 5) * c.gradient).to(c.type);
    return d;
}

// y, mean, rstd, dx, dweight, dbias, dadd.
std::vector<at::Tensor> normByKernels(const NormCase& c, const NormData& d) {
    const auto& k = emulatedKernels();
    const DeviceTensor x(d.x, c.shift), weight(d.weight), bias(d.bias), dy(d.dy, c.shift), add(d.add.defined() ? d.add : at::zeros({1}));
    const auto mean = DeviceTensor::unwritten({c.n, c.groups}, at::kFloat), rstd = DeviceTensor::unwritten({c.n, c.groups}, at::kFloat);
    const auto y = DeviceTensor::unwritten(d.x.sizes(), c.type, c.shift), dx = DeviceTensor::unwritten(d.x.sizes(), c.type, c.shift);
    const auto dweight = DeviceTensor::unwritten({c.channels}, at::kFloat), dbias = DeviceTensor::unwritten({c.channels}, at::kFloat);
    const auto dadd = DeviceTensor::unwritten({c.n, c.channels}, at::kFloat);
    const auto size = k.groupNormScratch(c.n, c.positions, c.channels, c.groups);
    CudaGroupNorm norm;
    norm.n = c.n, norm.positions = c.positions, norm.channels = c.channels, norm.groups = c.groups, norm.silu = c.silu;
    norm.type = cudaType(d.x), norm.parameterType = cudaType(d.weight);
    norm.x = x.data(), norm.weight = weight.data(), norm.bias = bias.data(), norm.mean = mean.data<float>(), norm.rstd = rstd.data<float>();
    if (c.add) norm.add = add.data(), norm.addType = cudaType(d.add);
    const auto scratch = DeviceTensor::unwritten({size}, at::kFloat), more = DeviceTensor::unwritten({size}, at::kFloat);
    if (k.groupNormForward(norm, y.data(), scratch.data<float>(), nullptr) != 0) throw std::runtime_error("forward was refused");
    if (k.groupNormBackward(norm, dy.data(), dx.data(), dweight.data<float>(), dbias.data<float>(), c.add ? dadd.data<float>() : nullptr,
                            more.data<float>(), nullptr) != 0)
        throw std::runtime_error("backward was refused");
    return {y.cpu(), mean.cpu(), rstd.cpu(), dx.cpu(), dweight.cpu(), dbias.cpu(), dadd.cpu()};
}

std::vector<at::Tensor> normByAten(const NormCase& c, const NormData& d) {
    const c10::AutoGradMode on(true);
    const auto leaf = [](const at::Tensor& t) { return t.to(at::kDouble).detach().requires_grad_(true); };
    const auto x = leaf(d.x), weight = leaf(d.weight), bias = leaf(d.bias), add = leaf(c.add ? d.add : at::zeros({c.n, c.channels}));
    const auto u = (x + add.unsqueeze(1)).permute({0, 2, 1}).contiguous();
    auto y = at::group_norm(u, c.groups, weight, bias, 1e-5);
    if (c.silu) y = at::silu(y);
    y = y.permute({0, 2, 1});
    (y * d.dy.to(at::kDouble)).sum().backward();
    const auto groups = u.detach().view({c.n, c.groups, -1});
    const auto mean = groups.mean(2), variance = (groups - mean.unsqueeze(2)).square().mean(2);
    return {y.detach(), mean, (variance + 1e-5).rsqrt(), x.grad(), weight.grad(), bias.grad(), add.grad()};
}

} // namespace

Q_DECLARE_METATYPE(NormCase)

class TestCudaKernels : public QObject {
    Q_OBJECT

    GreatestErrors m_errors;

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }
    void cleanupTestCase() { m_errors.print(); }

    void groupNormIsThatOfAten_data() {
        QTest::addColumn<NormCase>("c");
        const auto bf = at::kBFloat16, fp = at::kFloat;
        const std::pair<const char*, NormCase> rows[] = {
            {"one value", {}},
            {"one position", {.n = 3, .channels = 20, .groups = 2}},
            {"one channel", {.n = 2, .positions = 35}},
            {"7 x 5, groups of 10", {.n = 3, .positions = 35, .channels = 40, .groups = 4}},
            {"7 x 5, groups of 10, bf16", {.n = 3, .positions = 35, .channels = 40, .groups = 4, .type = bf}},
            {"7 x 5, groups of 10, all bf16",
             {.n = 1, .positions = 35, .channels = 40, .groups = 4, .type = bf, .parameterType = bf, .add = bf}},
            {"fp32 maps, bf16 add", {.n = 2, .positions = 35, .channels = 40, .groups = 4, .silu = true, .add = bf}},
            {"bf16 maps, fp32 add", {.n = 2, .positions = 35, .channels = 40, .groups = 4, .type = bf, .silu = true, .add = fp}},
            {"no packs", {.n = 2, .positions = 35, .channels = 30, .groups = 3, .silu = true, .add = fp}},
            {"no packs, bf16", {.n = 2, .positions = 35, .channels = 30, .groups = 3, .type = bf, .silu = true, .add = fp}},
            {"groups of 7", {.n = 1, .positions = 12, .channels = 21, .groups = 3, .silu = true}},
            {"groups of 1", {.n = 2, .positions = 9, .channels = 8, .groups = 8, .silu = true}},
            {"not aligned", {.n = 1, .positions = 35, .channels = 40, .groups = 4, .silu = true, .add = fp, .shift = 4}},
            {"not aligned, bf16", {.n = 1, .positions = 35, .channels = 40, .groups = 4, .type = bf, .silu = true, .add = bf, .shift = 2}},
            {"tiles", {.n = 1, .positions = 15, .channels = 320, .groups = 32, .silu = true, .add = fp}},
            {"tiles, bf16", {.n = 2, .positions = 15, .channels = 168, .groups = 4, .type = bf, .silu = true, .add = bf}},
            {"chunks", {.n = 2, .positions = 391, .channels = 16, .groups = 4, .silu = true, .add = fp}},
            {"chunks, bf16", {.n = 3, .positions = 391, .channels = 16, .groups = 4, .type = bf, .silu = true, .add = bf}},
            {"more chunks than lanes", {.n = 1, .positions = 2601, .channels = 8, .groups = 2, .silu = true, .add = fp}},
            {"as many chunks as can be", {.n = 1, .positions = 16700, .channels = 3, .groups = 1, .silu = true, .add = fp}},
            {"mean of 1000", {.n = 3, .positions = 391, .channels = 40, .groups = 4, .silu = true, .add = fp, .mean = 1000}},
            {"mean of 1000, bf16",
             {.n = 3, .positions = 35, .channels = 40, .groups = 4, .type = bf, .add = bf, .mean = 1000, .deviation = 20}},
            {"mean of -30000, small groups", {.n = 1, .positions = 6, .channels = 4, .groups = 2, .mean = -30000}},
            {"no variance", {.n = 2, .positions = 35, .channels = 20, .groups = 2, .silu = true, .mean = 0.3, .deviation = 0}},
            {"all zero", {.n = 1, .positions = 35, .channels = 20, .groups = 2, .silu = true, .deviation = 0}},
            {"no gradient", {.n = 2, .positions = 35, .channels = 20, .groups = 2, .silu = true, .add = fp, .gradient = 0}},
            {"large values", {.n = 1, .positions = 35, .channels = 20, .groups = 2, .silu = true, .deviation = 1e4, .gradient = 1e4}},
        };
        for (const auto& [name, c] : rows) QTest::newRow(name) << c;
    }

    void groupNormIsThatOfAten() {
        QFETCH(NormCase, c);
        const auto data = normData(c);
        const auto result = inAllOrders([&] { return normByKernels(c, data); }), expected = normByAten(c, data);
        QVERIFY2(!result.empty(), "the order of threads changes the result");
        // Two steps of the mean in float32, with respect to what the values are divided by: what a float32 norm may lose.
        const double ofMean = 2.4e-7 * std::abs(c.mean) / std::sqrt(c.deviation * c.deviation + 1e-5), wide = std::max(2e-6, ofMean);
        const double sum = std::max(2e-6, ofMean * std::sqrt(double(c.n * c.positions)));
        const bool narrow = c.type == at::kBFloat16;
        const double map = narrow ? 4e-3 : wide; // bfloat16 has 8 bits
        const QByteArray kind = narrow ? " bf16" : ofMean > 2e-6 ? " fp32, mean " + QByteArray::number(c.mean) : " fp32";
        QVERIFY(m_errors.within("group norm, y" + kind, errorOver(result[0], expected[0]), map));
        QVERIFY(m_errors.within("group norm, mean" + kind, errorOver(result[1], expected[1]), 1e-6));
        QVERIFY(m_errors.within("group norm, rstd" + kind, errorOver(result[2], expected[2]), std::max(1e-6, ofMean / 10)));
        QVERIFY(m_errors.within("group norm, dx" + kind, errorOver(result[3], expected[3]), map));
        QVERIFY(m_errors.within("group norm, dweight" + kind, errorOver(result[4], expected[4]), sum));
        QVERIFY(m_errors.within("group norm, dbias" + kind, errorOver(result[5], expected[5]), sum));
        if (c.add) QVERIFY(m_errors.within("group norm, dadd" + kind, errorOver(result[6], expected[6]), sum));
        if (c.gradient == 0)
            for (int i = 3; i < 7; ++i) QVERIFY(result[std::size_t(i)].eq(0).all().item<bool>());
    }

    // A frozen norm needs no gradients of its parameters, and memory can be saved.
    void groupNormWorksInPlaceAndWithoutParameterGradients() {
        const NormCase c{.n = 2, .positions = 35, .channels = 40, .groups = 4, .silu = true};
        const auto data = normData(c);
        const auto apart = normByKernels(c, data);
        const auto& k = emulatedKernels();
        const DeviceTensor x(data.x), weight(data.weight), bias(data.bias), dy(data.dy), mean(apart[1]), rstd(apart[2]);
        const auto scratch = DeviceTensor::unwritten({k.groupNormScratch(c.n, c.positions, c.channels, c.groups)}, at::kFloat);
        CudaGroupNorm norm;
        norm.n = c.n, norm.positions = c.positions, norm.channels = c.channels, norm.groups = c.groups, norm.silu = c.silu;
        norm.x = x.data(), norm.weight = weight.data(), norm.bias = bias.data(), norm.mean = mean.data<float>();
        norm.rstd = rstd.data<float>();
        QCOMPARE(k.groupNormBackward(norm, dy.data(), dy.data(), nullptr, nullptr, nullptr, scratch.data<float>(), nullptr), 0);
        QVERIFY(sameBits(dy.cpu(), apart[3]));
        QCOMPARE(k.groupNormForward(norm, x.data(), scratch.data<float>(), nullptr), 0);
        QVERIFY(sameBits(x.cpu(), apart[0]));
    }

    void bf16IsRoundedAsAtenDoes() {
        std::vector<float> values{0.0f, -0.0f, 1.0f, INFINITY, -INFINITY, NAN, -NAN, 1e-40f, 3.4e38f};
        for (std::uint32_t bits = 0x3f7f0000; bits < 0x3f830000; bits += 0x1000) values.push_back(__uint_as_float(bits)); // with halves
        for (const float value : values) {
            kernels::Bf16 rounded{};
            kernels::store(value, rounded);
            const c10::BFloat16 expected(value);
            QVERIFY(value != value ? std::isnan(kernels::wide(rounded)) : rounded.bits == expected.x);
        }
    }

    void whatIsNotANumberStaysSo() {
        NormCase c{.n = 2, .positions = 35, .channels = 16, .groups = 2, .type = at::kBFloat16};
        auto data = normData(c);
        data.x[1][3][2] = NAN;
        const auto y = normByKernels(c, data)[0];
        QVERIFY(y[0].isfinite().all().item<bool>() && y[1].slice(1, 8, 16).isfinite().all().item<bool>());
        QVERIFY(y[1].slice(1, 0, 8).isnan().all().item<bool>());
    }

    void impossibleShapesAreRefused() {
        const auto& k = emulatedKernels();
        const auto launches = emulation::Machine::one().launches;
        CudaGroupNorm norm;
        norm.n = 1, norm.positions = 4, norm.channels = 10, norm.groups = 3;
        QCOMPARE(k.groupNormForward(norm, nullptr, nullptr, nullptr), 1);
        norm.groups = 2, norm.positions = 0;
        QCOMPARE(k.groupNormForward(norm, nullptr, nullptr, nullptr), 1);
        norm.positions = 4, norm.n = 65536;
        QCOMPARE(k.groupNormBackward(norm, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr), 1);
        QCOMPARE(k.gegluForward(CudaType::Float32, nullptr, nullptr, 0, 8, nullptr), 1);
        QCOMPARE(k.gegluBackward(CudaType::Float32, nullptr, nullptr, nullptr, 3, 0, nullptr), 1);
        QCOMPARE(emulation::Machine::one().launches, launches);
        QCOMPARE(k.version, cudaKernelsVersion);
    }

    void gegluIsThatOfAten_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("narrow");
        QTest::addColumn<double>("size");
        QTest::addColumn<int>("shift");
        QTest::newRow("one value") << 1 << 1 << false << 1.0 << 0;
        QTest::newRow("odd width") << 5 << 37 << false << 1.0 << 0;
        QTest::newRow("odd width, bf16") << 5 << 37 << true << 1.0 << 0;
        QTest::newRow("packs") << 9 << 40 << false << 1.0 << 0;
        QTest::newRow("packs, bf16") << 9 << 40 << true << 1.0 << 0;
        QTest::newRow("several blocks") << 33 << 520 << false << 3.0 << 0;
        QTest::newRow("several blocks, bf16") << 33 << 520 << true << 3.0 << 0;
        QTest::newRow("not aligned") << 9 << 40 << false << 1.0 << 4;
        QTest::newRow("not aligned, bf16") << 9 << 40 << true << 1.0 << 2;
        QTest::newRow("large gates") << 9 << 40 << false << 100.0 << 0;
        QTest::newRow("zero") << 3 << 8 << false << 0.0 << 0;
    }

    void gegluIsThatOfAten() {
        QFETCH(int, rows);
        QFETCH(int, width);
        QFETCH(bool, narrow);
        QFETCH(double, size);
        QFETCH(int, shift);
        const auto type = narrow ? at::kBFloat16 : at::kFloat;
        const auto x = (noise({rows, 2 * width}, 1) * size).to(type), dy = noise({rows, width}, 2).to(type);
        const auto result = inAllOrders([&]() -> std::vector<at::Tensor> {
            const auto bytes = std::size_t(shift);
            const DeviceTensor from(x, bytes), given(dy, bytes);
            const auto y = DeviceTensor::unwritten({rows, width}, type, bytes),
                       dx = DeviceTensor::unwritten({rows, 2 * width}, type, bytes);
            const auto& k = emulatedKernels();
            if (k.gegluForward(cudaType(x), from.data(), y.data(), rows, width, nullptr) ||
                k.gegluBackward(cudaType(x), from.data(), given.data(), dx.data(), rows, width, nullptr) ||
                k.gegluBackward(cudaType(x), from.data(), given.data(), from.data(), rows, width, nullptr))
                return {};
            return {y.cpu(), dx.cpu(), from.cpu()};
        });
        QVERIFY2(!result.empty(), "refused, or the order of threads changes the result");
        QVERIFY(sameBits(result[1], result[2])); // in place
        const c10::AutoGradMode on(true);
        const auto leaf = x.to(at::kDouble).detach().requires_grad_(true);
        const auto halves = leaf.chunk(2, 1);
        const auto expected = halves[0] * at::gelu(halves[1]);
        (expected * dy.to(at::kDouble)).sum().backward();
        const QByteArray kind = narrow ? " bf16" : " fp32";
        QVERIFY(m_errors.within("GEGLU, y" + kind, errorOver(result[0], expected.detach()), narrow ? 4e-3 : 1e-6));
        QVERIFY(m_errors.within("GEGLU, dx" + kind, errorOver(result[1], leaf.grad()), narrow ? 4e-3 : 1e-6));
    }
};

PHLOXINE_TEST(cuda_kernels, TestCudaKernels, NoApplication)
#include "test_kernels.moc"
