// Small valid files of each format with bytes flipped, put in, taken out and swapped. Every one loads or ends in an Error of ours: never
// another exception, a crash or a hang. The seed is fixed; PHLOXINE_FUZZ_SECONDS makes the run longer, PHLOXINE_FUZZ_SEED another one.
#include <random>

#include <QTemporaryDir>
#include <QtTest>

#include "core/model/Model.h"
#include "core/model/compvis_config.h"
#include "core/model/lora.h"
#include "core/model/report.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/npy.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/refused.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestFuzz : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;
    std::mt19937_64 m_random;

    fs::path at(const std::string& name) const { return fs::path(m_temporary.path().toStdString()) / name; }
    std::size_t below(std::size_t n) { return n ? std::size_t(m_random() % n) : 0; }

    QByteArray mutated(QByteArray bytes) {
        static const QList<QByteArray> tokens{QByteArray("\0\0\0\0\0\0\0\0", 8),
                                              QByteArray(8, '\xff'),
                                              "\xff\xff\xff\x7f",
                                              "-1",
                                              "0",
                                              "4294967296",
                                              "1e308",
                                              "null",
                                              "[]",
                                              "{}",
                                              "\"",
                                              "[",
                                              "{",
                                              "&a ",
                                              "*a",
                                              ": ",
                                              "\n",
                                              "PK\x01\x02",
                                              "h",
                                              "q",
                                              "R",
                                              "b",
                                              "t",
                                              "(",
                                              "true",
                                              "../",
                                              ".nan",
                                              "2147483647",
                                              "\x85",
                                              "\x93",
                                              "a",
                                              "e",
                                              "s",
                                              "}"};
        for (auto edits = 1 + below(4); edits > 0; --edits) {
            const auto size = std::size_t(bytes.size());
            const auto place = qsizetype(below(size)), length = qsizetype(1 + below(8));
            switch (below(6)) {
            case 0:
                if (size) bytes[place] = char(bytes[place] ^ char(1 << below(8)));
                break;
            case 1:
                if (size) bytes[place] = char(m_random());
                break;
            case 2:
                bytes.insert(place, tokens[qsizetype(below(std::size_t(tokens.size())))]);
                break;
            case 3:
                bytes.remove(place, length);
                break;
            case 4: // a piece of itself at another place
                bytes.insert(place, bytes.mid(qsizetype(below(size)), length * 4));
                break;
            default:
                bytes.replace(place, length, tokens[qsizetype(below(std::size_t(tokens.size())))]);
            }
        }
        return bytes;
    }

    // Runs `read` on changed forms of `good` until the time is over. Files of a format lie at `file`.
    void fuzz(const fs::path& file, const QByteArray& good, const std::function<void()>& read) {
        const double seconds = qEnvironmentVariable("PHLOXINE_FUZZ_SECONDS", "0.5").toDouble();
        const auto seed = qEnvironmentVariable("PHLOXINE_FUZZ_SEED", "1").toULongLong();
        m_random.seed(seed);
        files::write(file, good);
        QCOMPARE(errorOf(read), "");
        QElapsedTimer clock;
        clock.start();
        int runs = 0, loaded = 0;
        for (; clock.elapsed() < qint64(seconds * 1000); ++runs) {
            const auto bytes = mutated(good);
            files::write(file, bytes);
            const Watchdog watchdog;
            QElapsedTimer one;
            one.start();
            std::string message;
            const auto code = errorOf(read, &message);
            loaded += code.isEmpty();
            const bool good =
                !code.startsWith("foreign") && code != "cancelled" && one.elapsed() < 5000 && message.find('\n') == std::string::npos;
            if (!good) files::write(fs::temp_directory_path() / "phloxine-fuzz-found", bytes);
            QVERIFY2(good, "seed " + QByteArray::number(seed) + ", run " + QByteArray::number(runs) + ": " + code + " " + message.c_str() +
                               ", " + bytes.left(600).toPercentEncoding(" {}[]\":,\n"));
        }
        qInfo("%d runs, %d of them loaded", runs, loaded);
    }

    static void useAll(const Weights& weights) {
        for (const auto& [key, tensor] : weights)
            if (tensor.numel()) (void)tensor.to(at::kFloat).sum().item<float>();
    }

private slots:
    void safetensors() {
        const auto good = files::safetensors(
            R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[16,24]}})",
            files::fourFloats() + QByteArray(8, '\x3f'));
        fuzz(at("a.safetensors"), good, [&] { useAll(readCheckpoint(at("a.safetensors"))); });
    }

    void archive() {
        using namespace files;
        const auto body = dictionary(text("epoch") + integer(3) + text("hyper") + global("omegaconf", "DictConfig") + ")\x81}b" +
                                     text("state_dict") + "q\x01" +
                                     dictionary(text("w") + tensor({2, 2}, {2, 1}) + text("turned") + tensor({2, 2}, {1, 2}) + text("p") +
                                                global("torch._utils", "_rebuild_parameter") + "(" + tensor({4}, {1}) + "\x89" +
                                                global("collections", "OrderedDict") + ")RtR"));
        fuzz(at("a.ckpt"), checkpoint(body, {{"archive/version", "3\n"}, {"archive/byteorder", "little"}}),
             [&] { useAll(readCheckpoint(at("a.ckpt"))); });
    }

    void array() {
        const QByteArray header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
        fuzz(at("a.npy"), QByteArray("\x93NUMPY\x01\0", 8) + files::raw(quint16(header.size())) + header + files::fourFloats(),
             [&] { readVectors(at("a.npy")); });
    }

    void yaml() {
        const auto good = QByteArray::fromStdString(readFile(PHLOXINE_TEST_REFERENCE "/models/lrdm-tiny-vector/project.yaml"));
        const auto weights = readCheckpoint(PHLOXINE_TEST_REFERENCE "/models/lrdm-tiny-vector/model.ckpt");
        fuzz(at("a.yaml"), good, [&] {
            Checkpoint checkpoint{"a", weights, readCompvisConfig(at("a.yaml"))};
            (void)bindAll(checkpoint);
        });
    }

    void json_data() {
        QTest::addColumn<QByteArray>("file");
        for (const char* file :
             {"transformer/config.json", "vae/config.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
              "transformer/diffusion_pytorch_model.safetensors.index.json", "model_index.json", "tokenizer/special_tokens_map.json"})
            QTest::newRow(file) << QByteArray(file);
    }
    // The tensors are too few for a network: what is changed is read before they are missed, and binding ends at the first.
    void json() {
        QFETCH(QByteArray, file);
        const auto folder = at("diffusers");
        const auto one = files::safetensors(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", files::fourFloats());
        for (const char* weights :
             {"transformer/shard.safetensors", "vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"})
            files::write(folder / weights, one);
        const std::map<QByteArray, QByteArray> good{
            {"model_index.json", R"({"_class_name":"DiTPipeline","transformer":["diffusers","DiTTransformer2DModel"]})"},
            {"transformer/config.json",
             R"({"_class_name":"DiTTransformer2DModel","num_attention_heads":2,"num_layers":2,"in_channels":4,"sample_size":8,"patch_size":2,"norm_eps":1e-6})"},
            {"transformer/diffusion_pytorch_model.safetensors.index.json",
             R"({"metadata":{"total_size":16},"weight_map":{"w":"shard.safetensors"}})"},
            {"vae/config.json",
             R"({"_class_name":"AutoencoderKL","block_out_channels":[32,64],"layers_per_block":1,"latent_channels":4,"scaling_factor":0.18,"use_quant_conv":true})"},
            {"text_encoder/config.json", R"({"architectures":["CLIPTextModel"],"hidden_act":"gelu","num_attention_heads":2})"},
            {"tokenizer/special_tokens_map.json", R"({"pad_token":{"content":"!"}})"},
            {"scheduler/scheduler_config.json",
             R"({"_class_name":"DDIMScheduler","beta_start":0.0001,"beta_end":0.02,"beta_schedule":"linear","num_train_timesteps":100,"prediction_type":"epsilon"})"}};
        for (const auto& [name, text] : good) files::write(folder / name.toStdString(), text);
        fuzz(folder / file.toStdString(), good.at(file), [&] {
            const auto checkpoint = openCheckpoint(folder);
            (void)bindSchedule(checkpoint);
            (void)cardFromCheckpoint(folder, checkpoint);
            (void)weightsHash(folder);
            (void)pixelsPerLatent(checkpoint.config);
        });
    }

    void card() {
        const auto folder = at("own");
        fs::create_directories(folder);
        files::write(folder / "weights.safetensors", "x");
        fuzz(
            folder / "model.json",
            R"({"format":"phloxine-model/1","id":"x","title":"X","tile_px":64,"mpp":0.5,"mpp_source":"model","source":"weights.safetensors","classes":[{"id":"a","label":"A","colour":"red","training_tiles":5}],"conditions":["class"],"defaults":{"sampler":"ddim","steps":20,"guidance":1.5}})",
            [&] {
                (void)modelCardFromJson(readJsonFile(folder / "model.json"), "model.json");
                (void)formatOf(folder).weightFiles(folder);
            });
    }

    void lora() {
        const QByteArray header = "{\"__metadata__\":{\"lora_adapter_metadata\":\"{\\\"unet.lora_alpha\\\":4}\"},"
                                  R"("unet.x.lora_A.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                                  R"("unet.x.lora_B.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}})";
        Checkpoint checkpoint;
        checkpoint.weights["model.diffusion_model.x.weight"] = at::ones({2, 2});
        fuzz(at("lora.safetensors"), files::safetensors(header, files::fourFloats()), [&] {
            auto merged = checkpoint;
            mergeLora(merged, readLora(at("lora.safetensors")), 0.5);
        });
    }
};

PHLOXINE_TEST(model_fuzz, TestFuzz, NoApplication)
#include "test_fuzz.moc"
