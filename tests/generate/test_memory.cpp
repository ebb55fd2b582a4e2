// The estimate of memory before a run, against peaks that were measured.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/generate/Generator.h"
#include "core/generate/memory_estimate.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

// PathLDM and Stable Diffusion 1 as their YAML has them.
constexpr const char* pathldm = R"(model:
  params:
    {linear_start: 0.0015, linear_end: 0.0195, timesteps: 1000, image_size: 64,
     unet_config: {target: ldm.modules.diffusionmodules.openaimodel.UNetModel, params: {image_size: 64, in_channels: 3, out_channels: 3,
       model_channels: 192, attention_resolutions: [8, 4, 2], num_res_blocks: 2, channel_mult: [1, 2, 3, 5], num_heads: 1,
       use_spatial_transformer: true, context_dim: 512}},
     first_stage_config: {target: ldm.models.autoencoder.VQModelInterface, params: {embed_dim: 3, n_embed: 8192, ddconfig: {z_channels: 3,
       resolution: 256, in_channels: 3, out_ch: 3, ch: 128, ch_mult: [1, 2, 4], num_res_blocks: 2, attn_resolutions: []}}},
     cond_stage_config: {target: ldm.modules.encoders.modules.FrozenCLIPEmbedder}}
)";
constexpr const char* sd1 = R"(model:
  params:
    {linear_start: 0.00085, linear_end: 0.012, timesteps: 1000, image_size: 64, scale_factor: 0.18215,
     unet_config: {target: ldm.modules.diffusionmodules.openaimodel.UNetModel, params: {image_size: 32, in_channels: 4, out_channels: 4,
       model_channels: 320, attention_resolutions: [4, 2, 1], num_res_blocks: 2, channel_mult: [1, 2, 4, 4], num_heads: 8,
       use_spatial_transformer: true, context_dim: 768}},
     first_stage_config: {target: ldm.models.autoencoder.AutoencoderKL, params: {embed_dim: 4, ddconfig: {z_channels: 4, resolution: 256,
       in_channels: 3, out_ch: 3, ch: 128, ch_mult: [1, 2, 4, 4], num_res_blocks: 2, attn_resolutions: []}}},
     cond_stage_config: {target: ldm.modules.encoders.modules.FrozenCLIPEmbedder}}
)";

struct Foreign {
    explicit Foreign(const char* yaml) {
        const fs::path folder = dir.path().toStdString();
        writeFileAtomically(folder / "model.safetensors", std::string_view("weights are not looked at"));
        if (yaml) writeFileAtomically(folder / "model.yaml", std::string_view(yaml));
        size = sizeOfModel(folder / "model.safetensors");
    }
    QTemporaryDir dir;
    std::optional<ModelSize> size;
};

bool near(double value, double wanted, double share) { return std::abs(value / wanted - 1) <= share; }

} // namespace

class TestMemory : public QObject {
    Q_OBJECT

private slots:
    void parametersAsPublished() {
        const Foreign a(pathldm), b(sd1);
        QVERIFY(a.size && b.size);
        QVERIFY2(near(double(a.size->networkParameters), 400'920'579, 0.001), std::to_string(a.size->networkParameters).c_str());
        QVERIFY2(near(double(b.size->networkParameters), 859'520'964, 0.001), std::to_string(b.size->networkParameters).c_str());
        const auto stage = [](const ModelSize& size) { return double(size.encoderParameters + size.decoderParameters); };
        QVERIFY2(near(stage(*a.size), 55'322'782, 0.02), std::to_string(stage(*a.size)).c_str());
        QVERIFY2(near(stage(*b.size), 83'653'863, 0.02), std::to_string(stage(*b.size)).c_str());
        QVERIFY2(near(double(a.size->conditionParameters), 63'165'952, 0.01), std::to_string(a.size->conditionParameters).c_str());
        QCOMPARE(a.size->factor, 4);
        QCOMPARE(b.size->factor, 8);
    }

    // Peak resident memory in MiB of `phloxine generate --steps 1` (embedded: 2), 2 CPU cores, guidance on, one run each.
    void asMeasured_data() {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<int>("side");
        QTest::addColumn<int>("batch");
        QTest::addColumn<QByteArray>("precision");
        QTest::addColumn<double>("guidance");
        QTest::addColumn<double>("measured");
        const struct {
            const char *name, *yaml;
            int side, batch;
            const char* precision;
            double measured, guidance = 2;
        } rows[] = {{"embedded 224", "", 224, 1, "bf16", 218},
                    {"embedded 224, fp32", "", 224, 1, "fp32", 231},
                    {"embedded 224 x 4", "", 224, 4, "bf16", 221},
                    {"embedded 448", "", 448, 1, "bf16", 244},
                    {"embedded 448 x 4", "", 448, 4, "bf16", 251},
                    {"embedded 1024", "", 1024, 1, "bf16", 297},
                    {"embedded 1024 x 4", "", 1024, 4, "bf16", 312},
                    {"pathldm", pathldm, 256, 1, "bf16", 1495},
                    {"pathldm, fp32", pathldm, 256, 1, "fp32", 2731},
                    {"pathldm x 4", pathldm, 256, 4, "bf16", 1546},
                    {"sd1", sd1, 512, 1, "bf16", 2968},
                    {"sd1, fp32", sd1, 512, 1, "fp32", 5684},
                    // measured after the fit
                    {"embedded 672 x 2", "", 672, 2, "bf16", 300},
                    {"embedded, fp32, not guided", "", 224, 1, "fp32", 231, 1},
                    {"pathldm on 512", pathldm, 512, 1, "bf16", 2143},
                    {"pathldm x 8, fp32, not guided", pathldm, 256, 8, "fp32", 3051, 1}};
        for (const auto& row : rows)
            QTest::newRow(row.name) << QByteArray(row.yaml) << row.side << row.batch << QByteArray(row.precision) << row.guidance
                                    << row.measured;
    }
    void asMeasured() {
        QFETCH(QByteArray, yaml);
        QFETCH(int, side);
        QFETCH(int, batch);
        QFETCH(QByteArray, precision);
        QFETCH(double, guidance);
        QFETCH(double, measured);
        ModelCard card;
        std::optional<ModelSize> size;
        if (yaml.isEmpty()) {
            const auto entry = ModelStore().find({});
            card = entry.card, size = sizeOfModel(entry.path);
        } else {
            card.tileSizePx = yaml == pathldm ? 256 : 512;
            size = Foreign(yaml.constData()).size;
        }
        QVERIFY(size);
        GenerateRequest request;
        request.batch = batch, request.guidance = guidance, request.precision = precision.toStdString();
        if (side != card.tileSizePx) request.widthPx = request.heightPx = side;
        const auto memory = estimateMemory(*size, card, request);
        const double total = double(memory.total()) / (1 << 20), error = total / measured - 1;
        qInfo("%.0f MiB (program %.0f, weights %.0f, work %.0f), measured %.0f: %+.1f %%", total, double(memory.program) / (1 << 20),
              double(memory.weights) / (1 << 20), double(memory.work) / (1 << 20), measured, 100 * error);
        QVERIFY(std::abs(error) < 0.2);
    }

    void moreIsMore() {
        const auto entry = ModelStore().find({});
        const auto size = sizeOfModel(entry.path).value();
        const auto total = [&](int side, int batch, double guidance, const char* precision) {
            GenerateRequest request;
            request.widthPx = request.heightPx = side, request.batch = batch, request.guidance = guidance, request.precision = precision;
            return estimateMemory(size, entry.card, request).total();
        };
        QVERIFY(total(0, 1, 2, "fp32") > total(0, 1, 2, "bf16"));
        QVERIFY(total(4096, 1, 2, "bf16") > total(1024, 1, 2, "bf16"));
        QVERIFY(total(0, 512, 2, "bf16") > total(0, 1, 2, "bf16"));
        QVERIFY(total(0, 512, 2, "bf16") > total(0, 512, 1, "bf16"));
    }

    void unknownModelsAreNotGuessed() {
        QVERIFY(!Foreign(nullptr).size);
        QVERIFY(!Foreign("model: [").size);
        QVERIFY(!Foreign("model: {params: {unet_config: {target: somebody.Else}}}").size);
        QVERIFY(!sizeOfModel("/nowhere/at/all"));
        QTemporaryDir empty;
        QVERIFY(!sizeOfModel(empty.path().toStdString()));
    }
};

PHLOXINE_TEST(generate_memory, TestMemory, NoApplication)
#include "test_memory.moc"
