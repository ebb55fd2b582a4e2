// Settings that are wrong on purpose: the YAML of a CompVis file, the JSON of a diffusers folder, model.json, LoRA files. Each is refused
// with the code that fits, in one sentence, within two seconds and without memory that its size does not justify.
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/model/Model.h"
#include "core/model/compvis_config.h"
#include "core/model/inspect.h"
#include "core/model/lora.h"
#include "core/model/report.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/diffusers_model.h"
#include "tests/support/refused.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestHostileModels : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;
    const fs::path m_diffusers = diffusersModel();
    fs::path m_compvis;

    fs::path at(const std::string& name) const { return fs::path(m_temporary.path().toStdString()) / name; }

    // Everything that reads the model: its parts are opened and bound, and its weights are hashed.
    static void readAll(const fs::path& path) {
        const auto checkpoint = openCheckpoint(path);
        (void)bindAll(checkpoint);
        (void)cardFromCheckpoint(path, checkpoint);
        (void)weightsHash(path);
    }

private slots:
    void initTestCase() {
        m_compvis = makeCompvisFile(at("compvis"));
        std::string message;
        QCOMPARE(errorOf([&] { readAll(m_diffusers); }, &message), "");
        QVERIFY2(message.empty(), message.c_str());
    }

    void yaml_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("codes");
        const auto good = QByteArray(compvisYaml);
        const auto whole = [](const char* name, const QByteArray& text, const char* codes) {
            QTest::newRow(name) << text << QByteArray(codes);
        };
        const auto row = [&](const char* name, const QByteArray& from, const QByteArray& to, const char* codes) {
            QVERIFY2(good.contains(from), from);
            auto text = good;
            QTest::newRow(name) << text.replace(from, to) << QByteArray(codes);
        };
        QByteArray bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
        for (int i = 1; i < 30; ++i) {
            const auto last = "*a" + QByteArray::number(i - 1) + ", ", n = QByteArray::number(i);
            bomb += "a" + n + ": &a" + n + " [" + last.repeated(9) + "x]\n";
        }
        whole("alias bomb", bomb, "yaml");
        whole("alias bomb as a list of levels",
              bomb + QByteArray(good).replace("channel_mult:\n        - 1\n        - 1\n        - 2", "channel_mult: *a29"), "yaml");
        whole("alias that holds itself", "model: &m {params: *m}\n", "yaml");
        whole("alias of nothing", "model: *gone\n", "yaml");
        whole("nested 100,000 times", QByteArray(100000, '['), "yaml");
        whole("nested and closed", "model: " + QByteArray(100000, '[') + QByteArray(100000, ']'), "yaml");
        whole(
            "nested by indent",
            [] {
                QByteArray text;
                for (int i = 0; i < 1200; ++i) text += QByteArray(i, ' ') + "a:\n";
                return text;
            }(),
            "yaml");
        whole("nested by dashes", QByteArray("- ").repeated(100000), "yaml");
        whole("tag that would run code", "model: !!python/object/apply:os.system ['touch marker']\n", "yaml");
        whole("tag in the place of a name",
              QByteArray(good).replace("target: ldm.modules.diffusionmodules.openaimodel.UNetModel", "target: !!python/name:os.system"),
              "yaml|unsupported");
        whole("tabs", "model:\n\tparams:\n\t\ttimesteps: 5\n", "yaml");
        whole("merge key", "base: &b {unet_config: 5}\nmodel:\n  params:\n    <<: *b\n", "yaml");
        whole("two documents", "--- 5\n--- 6\n", "yaml");
        whole("UTF-16", QByteArray("\xff\xfem\0o\0d\0e\0l\0:\0 \0\x31\0", 18), "yaml");
        whole("no text", QByteArray("\x80\x81\xfe\xff model"), "yaml");
        whole("NULs", QByteArray(1000, '\0'), "yaml");
        whole("over a megabyte", "# " + QByteArray(2 << 20, 'x') + "\n" + good, "yaml|corrupt");
        whole(
            "100,000 keys",
            [] {
                QByteArray text = "model:\n  params:\n";
                for (int i = 0; i < 60000; ++i) text += "    k" + QByteArray::number(i) + ": 1\n";
                return text;
            }(),
            "yaml");
        whole("model is a list", "model: [1]\n", "yaml");
        whole("model is a text", "model: params\n", "yaml");
        whole("params is a list", "model: {params: [unet_config]}\n", "yaml");
        whole("key is a list", "? [model]\n: 5\n", "yaml");
        row("model twice", "  params:\n    linear_start", "  params: 5\n  params:\n    linear_start", "yaml");
        row("number twice", "model_channels: 32", "model_channels: 64\n        model_channels: 32", "yaml");
        row("number in quotes that is none", "model_channels: 32", "model_channels: \"3 2\"", "yaml");
        row("number with a unit", "model_channels: 32", "model_channels: 32px", "yaml");
        row("number is a fraction", "model_channels: 32", "model_channels: 32.5", "yaml");
        row("number of 2^40", "model_channels: 32", "model_channels: 1099511627776", "yaml");
        row("number of 2^32 + 32", "model_channels: 32", "model_channels: 4294967328", "yaml");
        row("number is negative", "in_channels: 4\n        out", "in_channels: -4\n        out", "yaml");
        row("number is NaN", "timesteps: 1000", "timesteps: .nan", "yaml");
        row("schedule starts at NaN", "linear_start: 0.00085", "linear_start: .nan", "yaml");
        row("schedule ends at infinity", "linear_end: 0.012", "linear_end: .inf", "yaml");
        row("schedule runs backwards", "linear_end: 0.012", "linear_end: 0.0001", "yaml");
        row("a billion time steps", "timesteps: 1000", "timesteps: 1000000000", "yaml");
        row("scale is NaN", "scale_factor: 0.18215", "scale_factor: .nan", "yaml");
        row("scale is infinite", "scale_factor: 0.18215", "scale_factor: .inf", "yaml");
        row("scale is zero", "scale_factor: 0.18215", "scale_factor: 0", "yaml");
        row("scale is negative", "scale_factor: 0.18215", "scale_factor: -1", "yaml");
        row("levels are huge", "channel_mult:\n        - 1\n        - 1\n        - 2", "channel_mult: [2147483647, 1, 2]", "yaml");
        row("levels are many", "channel_mult:\n        - 1\n        - 1\n        - 2",
            "channel_mult: [" + QByteArray("1, ").repeated(100000) + "2]", "yaml");
        row("levels are maps", "channel_mult:\n        - 1\n        - 1\n        - 2", "channel_mult: {a: 1}", "yaml");
        row("levels are texts", "channel_mult:\n        - 1\n        - 1\n        - 2", "channel_mult: [a, b]", "yaml");
        row("attention everywhere, 100,000 times", "attention_resolutions:\n        - 1\n        - 2",
            "attention_resolutions: [" + QByteArray("1, ").repeated(100000) + "2]", "yaml");
        row("heads beyond any network", "num_heads: 8", "num_heads: 2147483647", "yaml");
        row("heads of zero", "num_heads: 8", "num_heads: 0", "yaml");
        row("depth beyond any network", "transformer_depth: 1", "transformer_depth: 2000000000", "yaml");
        row("depth for another number of levels", "transformer_depth: 1", "transformer_depth: [1, 1]", "yaml");
        row("contexts of several widths", "context_dim: 8", "context_dim: [8, 16]", "yaml");
        row("blocks of zero", "num_res_blocks: 1\n        channel_mult", "num_res_blocks: 0\n        channel_mult", "yaml");
        row("target is a list", "target: ldm.models.autoencoder.AutoencoderKL", "target: [ldm]", "yaml");
        row("target is a megabyte", "target: ldm.modules.diffusionmodules.openaimodel.UNetModel", "target: " + QByteArray(500000, 'x'),
            "unsupported");
        row("target writes to the terminal", "target: ldm.modules.diffusionmodules.openaimodel.UNetModel", "target: \"\\e[2J\\nUNet\"",
            "unsupported");
        row("U-Net in three dimensions", "context_dim: 8", "context_dim: 8\n        dims: 3", "unsupported");
        row("attention of another kind", "resolution: 64", "resolution: 64\n          attn_type: memory-efficient-cross-attn",
            "unsupported");
    }
    void yaml() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, codes);
        const auto file = files::write(at("config.yaml"), text);
        const bool names = !codes.contains("unsupported"); // a kind that is not known is named, wherever it stands
        const auto problem = refusalProblem([&] { readCompvisConfig(file); }, codes, names ? "config.yaml" : "");
        QVERIFY2(problem.isEmpty(), problem);
        QVERIFY(!QFile::exists("marker"));
    }

    void diffusers_data() {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QByteArray>("text"); // "{" begins a patch of what is there, anything else replaces it
        QTest::addColumn<QByteArray>("codes");
        const auto row = [](const char* name, const char* file, const QByteArray& text, const char* codes) {
            QTest::newRow(name) << QByteArray(file) << text << QByteArray(codes);
        };
        row("index is a list", "model_index.json", "[1]", "corrupt");
        row("index is null", "model_index.json", "null", "corrupt");
        row("index is cut", "model_index.json", "\"", "corrupt");
        row("index nested 100,000 times", "model_index.json", QByteArray(100000, '['), "corrupt");
        for (const char* part : {"unet/config.json", "vae/config.json", "text_encoder/config.json", "scheduler/scheduler_config.json",
                                 "tokenizer/special_tokens_map.json"}) {
            const auto name = QByteArray(part).split('/').first();
            row(name + " is null", part, "null", "corrupt");
            row(name + " is a list", part, "[]", "corrupt");
            row(name + " is a text", part, "\"x\"", "corrupt");
            row(name + " is empty", part, " ", "corrupt");
            row(name + " not UTF-8", part, "[\"\xff\"]", "corrupt");
            row(name + " of 20 MB", part, " " + QByteArray(20 << 20, ' '), "corrupt");
        }
        const char* unet = "unet/config.json";
        row("class is a number", unet, R"({"_class_name":5})", "corrupt");
        row("class missing", unet, R"({"_class_name":null})", "unsupported");
        row("class unknown", unet, R"({"_class_name":"UNet3DConditionModel"})", "unsupported");
        row("class that writes to the terminal", unet, "{\"_class_name\":\"\\u001b[2J\\n\"}", "unsupported");
        row("no widths", unet, R"({"block_out_channels":null})", "corrupt");
        row("empty widths", unet, R"({"block_out_channels":[]})", "corrupt");
        row("width of zero", unet, R"({"block_out_channels":[0,32,64]})", "corrupt");
        row("width negative", unet, R"({"block_out_channels":[-32,32,64]})", "corrupt");
        row("width of 2^32 + 32", unet, R"({"block_out_channels":[4294967328,32,64]})", "corrupt");
        row("width of 2^64 - 1", unet, R"({"block_out_channels":[18446744073709551615,32,64]})", "corrupt");
        row("width of 10^300", unet, R"({"block_out_channels":[1e300,32,64]})", "corrupt");
        row("width is a fraction", unet, R"({"block_out_channels":[32.5,32,64]})", "corrupt");
        row("width is a boolean", unet, R"({"block_out_channels":[true,32,64]})", "corrupt");
        row("widths are a number", unet, R"({"block_out_channels":32})", "corrupt");
        row("widths are a map", unet, R"({"block_out_channels":{"0":32}})", "corrupt");
        row("100,000 widths", unet, "{\"block_out_channels\":[" + QByteArray("32,").repeated(100000) + "32]}", "corrupt");
        row("no blocks", unet, R"({"down_block_types":[]})", "corrupt");
        row("blocks of numbers", unet, R"({"down_block_types":[1,2,3]})", "corrupt");
        row("block of another kind", unet, R"({"down_block_types":["CrossAttnDownBlock2D","SimpleCrossAttnDownBlock2D","DownBlock2D"]})",
            "unsupported");
        row("10^9 layers", unet, R"({"layers_per_block":1000000000})", "corrupt");
        row("no layers", unet, R"({"layers_per_block":0})", "corrupt");
        row("layers for fewer levels", unet, R"({"layers_per_block":[1,1]})", "corrupt");
        row("10^9 transformer layers", unet, R"({"transformer_layers_per_block":1000000000})", "corrupt");
        row("heads of zero", unet, R"({"attention_head_dim":0})", "corrupt");
        row("heads of zero in a list", unet, R"({"attention_head_dim":[8,0,8]})", "corrupt");
        row("heads for fewer levels", unet, R"({"attention_head_dim":[8]})", "corrupt");
        row("heads that do not divide", unet, R"({"attention_head_dim":7})", "shape");
        row("groups of zero", unet, R"({"norm_num_groups":0})", "corrupt");
        row("groups that do not divide", unet, R"({"norm_num_groups":31})", "shape");
        row("epsilon is a text", unet, R"({"norm_eps":"small"})", "corrupt");
        row("epsilon is negative", unet, R"({"norm_eps":-1})", "corrupt");
        row("context of another width", unet, R"({"cross_attention_dim":16})", "shape");
        row("context of 10^9", unet, R"({"cross_attention_dim":1000000000})", "corrupt");
        row("another activation", unet, R"({"act_fn":"mish"})", "unsupported");
        row("option of a megabyte", unet, "{\"act_fn\":\"" + QByteArray(1 << 20, 'x') + "\"}", "unsupported");
        row("another time embedding", unet, R"({"time_embedding_type":"fourier"})", "unsupported");
        row("more conditions", unet, R"({"addition_embed_type":"text_time"})", "unsupported");
        row("sample size of 10^9", unet, R"({"sample_size":1000000000})", "corrupt");
        row("sample size missing", unet, R"({"sample_size":null})", "yaml");
        row("more levels than there are", unet,
            R"({"block_out_channels":[32,32,64,64],"down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D","DownBlock2D"]})",
            "missing-key|shape");
        const char* vae = "vae/config.json";
        row("autoencoder of another kind", vae, R"({"_class_name":"AsymmetricAutoencoderKL"})", "unsupported");
        row("autoencoder without widths", vae, R"({"block_out_channels":[]})", "corrupt");
        row("autoencoder with a width of zero", vae, R"({"block_out_channels":[0,0,0,0]})", "corrupt");
        row("autoencoder of no multiples", vae, R"({"block_out_channels":[32,33,32,32]})", "shape");
        row("autoencoder with other widths", vae, R"({"block_out_channels":[64,64,64,64]})", "shape|missing-key");
        row("scale of zero", vae, R"({"scaling_factor":0})", "corrupt");
        row("scale is negative", vae, R"({"scaling_factor":-1})", "corrupt");
        row("scale is a text", vae, R"({"scaling_factor":"0.18"})", "corrupt");
        row("own mean of the latents", vae, R"({"latents_mean":[0,0,0,0]})", "unsupported");
        row("latents of another width", vae, R"({"latent_channels":8})", "shape");
        row("text encoder of another kind", "text_encoder/config.json", R"({"architectures":["BertModel"]})", "unsupported");
        row("text encoder of no kind", "text_encoder/config.json", R"({"architectures":5})", "unsupported");
        row("text encoder's kind is a number", "text_encoder/config.json", R"({"architectures":[],"model_type":5})", "corrupt");
        row("text encoder with heads of zero", "text_encoder/config.json", R"({"num_attention_heads":0})", "corrupt");
        row("text encoder with 2^64 - 1 heads", "text_encoder/config.json", R"({"num_attention_heads":18446744073709551615})", "corrupt");
        row("text encoder with 3 heads", "text_encoder/config.json", R"({"num_attention_heads":3})", "shape");
        row("text encoder with another activation", "text_encoder/config.json", R"({"hidden_act":"relu"})", "unsupported");
        row("padding is a number", "tokenizer/special_tokens_map.json", R"({"pad_token":5})", "unsupported");
        row("padding without content", "tokenizer/special_tokens_map.json", R"({"pad_token":{"content":5}})", "unsupported");
        row("unknown padding", "tokenizer/special_tokens_map.json", R"({"pad_token":"<pad>"})", "unsupported");
        const char* scheduler = "scheduler/scheduler_config.json";
        row("no time steps", scheduler, R"({"num_train_timesteps":0})", "corrupt");
        row("10^12 time steps", scheduler, R"({"num_train_timesteps":1000000000000})", "corrupt");
        row("beta is a text", scheduler, R"({"beta_start":"small"})", "corrupt");
        row("beta is negative", scheduler, R"({"beta_start":-1})", "corrupt");
        row("beta of 10^300", scheduler, R"({"beta_end":1e300})", "corrupt");
        row("unknown schedule", scheduler, R"({"beta_schedule":"laplace"})", "unsupported");
        const char* index = "unet/diffusion_pytorch_model.safetensors.index.json"; // the weights go away with it
        row("shards are a list", index, R"({"weight_map":["a"]})", "corrupt|not-found");
        row("shards are a number", index, R"({"weight_map":5})", "corrupt|not-found");
        row("shard is a number", index, R"({"weight_map":{"w":5}})", "corrupt");
        row("shard climbs out", index, R"({"weight_map":{"w":"../vae/diffusion_pytorch_model.safetensors"}})", "corrupt");
        row("shard is absolute", index, R"({"weight_map":{"w":"/etc/passwd"}})", "corrupt");
        row("shard is the folder above", index, R"({"weight_map":{"w":".."}})", "corrupt");
        row("shard is the folder", index, R"({"weight_map":{"w":"."}})", "corrupt");
        row("shard is missing", index, R"({"weight_map":{"w":"gone.safetensors"}})", "not-found");
        row("shard's name is too long", index, "{\"weight_map\":{\"w\":\"" + QByteArray(5000, 'x') + "\"}}", "not-found");
        row("shard with a NUL", index, R"({"weight_map":{"w":"config.json\u0000x"}})", "corrupt|not-found|not-a-model");
        row("shard is the index", index, R"({"weight_map":{"w":"config.json"}})", "not-a-model");
        row("index of shards is a list", index, "[]", "corrupt");
    }
    void diffusers() {
        QFETCH(QByteArray, file);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, codes);
        const auto folder = linkedCopy(m_diffusers, at("broken"));
        const auto target = folder / file.toStdString();
        if (file.endsWith(".index.json")) fs::remove(folder / "unet/diffusion_pytorch_model.safetensors");
        if (text.startsWith('{') && isThere(target)) {
            auto json = readJsonFile(target);
            json.update(Json::parse(text.toStdString()));
            text = QByteArray::fromStdString(json.dump());
        }
        files::write(target, text);
        const auto problem = refusalProblem([&] { readAll(folder); }, codes);
        QVERIFY2(problem.isEmpty(), problem);
    }

    void missingParts_data() {
        QTest::addColumn<QByteArray>("gone");
        QTest::addColumn<QByteArray>("codes");
        QTest::newRow("U-Net") << QByteArray("unet") << QByteArray("missing-key");
        QTest::newRow("U-Net's weights") << QByteArray("unet/diffusion_pytorch_model.safetensors") << QByteArray("not-found");
        QTest::newRow("U-Net's settings") << QByteArray("unet/config.json") << QByteArray("missing-key");
        QTest::newRow("autoencoder's weights") << QByteArray("vae/diffusion_pytorch_model.safetensors") << QByteArray("not-found");
        QTest::newRow("text encoder's weights") << QByteArray("text_encoder/model.safetensors") << QByteArray("not-found");
        QTest::newRow("index") << QByteArray("model_index.json") << QByteArray("not-a-model");
    }
    void missingParts() {
        QFETCH(QByteArray, gone);
        QFETCH(QByteArray, codes);
        const auto folder = linkedCopy(m_diffusers, at("broken"));
        fs::remove_all(folder / gone.toStdString());
        const auto problem = refusalProblem([&] { readAll(folder); }, codes);
        QVERIFY2(problem.isEmpty(), problem);
    }

    // A model that is known and not supported says what it is.
    void namesWhatIsNotSupported_data() {
        QTest::addColumn<QByteArray>("name");
        for (const char* name : {"SD3Transformer2DModel", "FluxTransformer2DModel", "HunyuanDiT2DModel", "StableCascadeUNet"})
            QTest::newRow(name) << QByteArray(name);
    }
    void namesWhatIsNotSupported() {
        QFETCH(QByteArray, name);
        const auto folder = linkedCopy(m_diffusers, at("unsupported"));
        fs::rename(folder / "unet", folder / "transformer");
        writeJson(folder / "transformer/config.json", {{"_class_name", name.toStdString()}});
        auto problem = refusalProblem([&] { readAll(folder); }, "unsupported", name);
        QVERIFY2(problem.isEmpty(), problem);
        const auto report = inspectModel(folder);
        QVERIFY(!report.json.at("fits").get<bool>());
        QVERIFY(report.json.at("problem").at("message").get<std::string>().find(name.toStdString()) != std::string::npos);
    }
    void namesTheConditionThatIsNotSupported() {
        const auto folder = at("bert");
        fs::create_directories(folder);
        fs::copy_file(m_compvis, folder / "model.safetensors");
        auto text = QByteArray(compvisYaml);
        text.replace("ldm.modules.encoders.modules.FrozenCLIPEmbedder", "ldm.modules.encoders.modules.BERTEmbedder");
        files::write(folder / "model.yaml", text);
        const auto problem = refusalProblem([&] { readAll(folder / "model.safetensors"); }, "unsupported", "BERTEmbedder");
        QVERIFY2(problem.isEmpty(), problem);
    }

    void cards_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("codes");
        const auto row = [](const char* name, const QByteArray& more, const char* codes) {
            QTest::newRow(name) << "{\"format\":\"phloxine-model/1\",\"id\":\"x\",\"tile_px\":64" + more + "}" << QByteArray(codes);
        };
        QTest::newRow("a list") << QByteArray("[]") << QByteArray("corrupt");
        QTest::newRow("a text") << QByteArray("\"x\"") << QByteArray("corrupt");
        QTest::newRow("empty") << QByteArray() << QByteArray("corrupt");
        row("source climbs out", R"(,"source":"../../etc/passwd")", "corrupt");
        row("source climbs out on the way", R"(,"source":"a/../../etc")", "corrupt");
        row("source is absolute", R"(,"source":"/etc/passwd")", "corrupt");
        row("source is the folder", R"(,"source":".")", "corrupt");
        row("source is the folder above", R"(,"source":"..")", "corrupt");
        row("source is empty", R"(,"source":"")", "corrupt");
        row("source is a number", R"(,"source":5)", "corrupt");
        row("source is a list", R"(,"source":["a"])", "corrupt");
        row("source with a NUL", R"(,"source":"model.json\u0000.safetensors")", "corrupt");
        row("source is missing", R"(,"source":"gone.safetensors")", "not-found");
        row("source has a long name", ",\"source\":\"" + QByteArray(5000, 'x') + "\"", "not-found");
        row("source is the card", R"(,"source":"model.json")", "not-a-model");
        row("source is an empty folder", R"(,"source":"empty")", "not-found|not-a-model|missing-key");
        row("no weights", "", "not-found");
        row("classes are a number", R"(,"classes":5)", "corrupt");
        row("classes are a map", R"(,"classes":{"id":"a","label":"b"})", "corrupt");
        row("class without a label", R"(,"classes":[{"id":"a"}])", "corrupt");
        row("class without a name", R"(,"classes":[{"id":"","label":"b"}])", "corrupt");
        row("class twice", R"(,"classes":[{"id":"a","label":"b"},{"id":"a","label":"c"}])", "corrupt");
        row("class is null", R"(,"classes":[null])", "corrupt");
        row("tile of 2^32 + 64", R"(,"tile_px":4294967360)", "corrupt");
        row("tile of 10^300", R"(,"tile_px":1e300)", "corrupt");
    }
    void cards() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, codes);
        fs::remove_all(at("folder"));
        fs::create_directories(at("folder/empty"));
        files::write(at("folder/model.json"), text);
        const auto problem = refusalProblem([&] { inspectModel(at("folder")); }, codes);
        QVERIFY2(problem.isEmpty(), problem);
        if (text.startsWith('{') && !text.contains("classes") && text.count("tile_px") == 1) {
            const auto again = refusalProblem([&] { readAll(at("folder")); }, codes); // without the card in between
            QVERIFY2(again.isEmpty(), again);
        }
    }

    void loras_data() {
        QTest::addColumn<QByteArray>("how");
        QTest::addColumn<QByteArray>("codes");
        for (const auto& [how, codes] : {std::pair{"half missing", "missing-key"},
                                         std::pair{"alpha alone", "missing-key"},
                                         std::pair{"other rank", "shape"},
                                         std::pair{"rank of zero", "shape"},
                                         std::pair{"vectors", "shape"},
                                         std::pair{"kernel in the wrong half", "shape"},
                                         std::pair{"width of another model", "shape"},
                                         std::pair{"product beyond memory", "shape"},
                                         std::pair{"layer of another model", "missing-key"},
                                         std::pair{"alpha of two numbers", "corrupt"},
                                         std::pair{"alpha is NaN", "nan"},
                                         std::pair{"NaN", "nan"},
                                         std::pair{"LoHa", "unsupported"},
                                         std::pair{"LoKr", "unsupported"},
                                         std::pair{"DoRA", "unsupported"},
                                         std::pair{"nothing", "not-a-model"},
                                         std::pair{"settings are a list", "corrupt"},
                                         std::pair{"settings' alpha is a text", "corrupt"},
                                         std::pair{"metadata is no JSON", "corrupt"},
                                         std::pair{"alpha of an unknown part", "unsupported"},
                                         std::pair{"metadata is a number", "corrupt"}})
            QTest::newRow(how) << QByteArray(how) << QByteArray(codes);
    }
    void loras() {
        QFETCH(QByteArray, how);
        QFETCH(QByteArray, codes);
        const std::string base = "unet.mid_block.attentions.0.proj_in";
        Weights tensors{{base + ".lora_A.weight", at::ones({2, 64})}, {base + ".lora_B.weight", at::ones({64, 2})}};
        auto &down = tensors[base + ".lora_A.weight"], &up = tensors[base + ".lora_B.weight"];
        std::map<std::string, std::string> metadata;
        const auto folder = at("lora");
        fs::remove_all(folder);
        fs::create_directories(folder);
        if (how == "other rank") up = at::ones({64, 3});
        if (how == "rank of zero") down = at::ones({0, 64}), up = at::ones({64, 0});
        if (how == "vectors") down = at::ones({2}), up = at::ones({2});
        if (how == "kernel in the wrong half") up = at::ones({64, 2, 3, 3});
        if (how == "width of another model") down = at::ones({2, 320}), up = at::ones({320, 2});
        if (how == "product beyond memory") down = at::ones({1, 1 << 20}), up = at::ones({1 << 20, 1});
        if (how == "alpha of two numbers") tensors[base + ".alpha"] = at::ones({2});
        if (how == "alpha is NaN") tensors[base + ".alpha"] = at::full({}, NAN);
        if (how == "NaN") up[3][1] = NAN;
        if (how == "LoHa") tensors[base + ".hada_w1_a"] = at::ones({2, 2});
        if (how == "LoKr") tensors[base + ".lokr_w1"] = at::ones({2, 2});
        if (how == "DoRA") tensors[base + ".dora_scale"] = at::ones({2, 2});
        if (how == "settings are a list") files::write(folder / "adapter_config.json", "[]");
        if (how == "settings' alpha is a text") files::write(folder / "adapter_config.json", R"({"lora_alpha":"16"})");
        if (how == "metadata is no JSON") metadata["lora_adapter_metadata"] = "{";
        if (how == "alpha of an unknown part") metadata["lora_adapter_metadata"] = R"({"prior.lora_alpha": 1})";
        if (how == "metadata is a number") metadata["lora_adapter_metadata"] = "5";
        if (how == "layer of another model") tensors = {{"unet.x.lora_A.weight", down}, {"unet.x.lora_B.weight", up}};
        if (how == "half missing") tensors = {{base + ".lora_A.weight", down}};
        if (how == "alpha alone") tensors = {{base + ".alpha", at::ones({})}};
        if (how == "nothing") tensors = {{"some.weight", at::ones({1})}};
        writeSafetensors(folder / "lora.safetensors", tensors, metadata);
        auto checkpoint = openCheckpoint(m_diffusers);
        const auto problem =
            refusalProblem([&] { mergeLora(checkpoint, readLora(folder / "lora.safetensors"), 1); }, codes, "lora.safetensors");
        QVERIFY2(problem.isEmpty(), problem);
    }

    // A folder with a part that may not be read, or with a name of any bytes, is one bad model among the others.
    void namesAndPermissions() {
        const auto root = at("store");
        linkedCopy(m_diffusers, root / "closed/source");
        files::write(root / "closed/model.json", R"({"format":"phloxine-model/1","id":"closed","tile_px":64,"source":"source"})");
        fs::permissions(root / "closed", fs::perms::none);
        files::write(root / "open/model.json", R"({"format":"phloxine-model/1","id":"open","tile_px":64})");
        fs::permissions(m_temporary.path().toStdString(), fs::perms::all), fs::permissions(root, fs::perms::all),
            fs::permissions(root / "open", fs::perms::all);
        {
            const AsNobody nobody;
            std::vector<ModelEntry> entries;
            QCOMPARE(errorOf([&] { entries = ModelStore({root}).list(); }), "");
            QCOMPARE(entries.size(), std::size_t(1));
            QVERIFY(!errorOf([&] { readAll(root / "closed"); }).startsWith("foreign"));
        }
        fs::permissions(root / "closed", fs::perms::all);
        const auto odd = linkedCopy(m_diffusers, at("odd \xff\n name"));
        QCOMPARE(errorOf([&] { inspectModel(odd).json.dump(); }), "");
        const auto problem = refusalProblem([&] { openCheckpoint(at(std::string(5000, 'x'))); }, "not-found");
        QVERIFY2(problem.isEmpty(), problem);
    }

    // Scalars and shapes that no network has, in a file that is well formed.
    void oddTensors_data() {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("codes");
        QTest::newRow("number of updates is NaN") << QByteArray("model_ema.num_updates") << QByteArray("corrupt");
        QTest::newRow("packed projection is a scalar")
            << QByteArray("cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight") << QByteArray("missing-key");
        QTest::newRow("scale factor is NaN") << QByteArray("scale_factor") << QByteArray("corrupt|nan");
        QTest::newRow("schedule is a scalar") << QByteArray("alphas_cumprod") << QByteArray("shape");
    }
    void oddTensors() {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, codes);
        auto weights = readSafetensors(m_compvis);
        weights[key.toStdString()] = at::full({}, NAN);
        if (key.contains(".model.")) { // a text encoder of OpenCLIP, and nothing else of one
            const auto odd = weights[key.toStdString()];
            std::erase_if(weights, [](const auto& item) { return item.first.starts_with("cond_stage_model."); });
            weights[key.toStdString()] = odd;
            weights["cond_stage_model.model.token_embedding.weight"] = at::ones({8, 8});
            weights["cond_stage_model.model.transformer.resblocks.0.ln_1.weight"] = at::ones({8});
        }
        fs::remove_all(at("odd"));
        fs::create_directories(at("odd"));
        writeSafetensors(at("odd/model.safetensors"), weights);
        fs::copy_file(m_compvis.parent_path() / "v1-inference.yaml", at("odd/model.yaml"));
        fs::copy_file(m_compvis.parent_path() / "text_config.json", at("odd/text_config.json"));
        const auto problem = refusalProblem(
            [&] {
                const auto checkpoint = openCheckpoint(at("odd/model.safetensors"));
                (void)scaleFactor(checkpoint);
                (void)bindAll(checkpoint);
            },
            codes);
        QVERIFY2(problem.isEmpty(), problem);
    }
};

PHLOXINE_TEST(model_hostile_models, TestHostileModels, NoApplication)
#include "test_hostile_models.moc"
