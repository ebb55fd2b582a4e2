// Finding and loading models, and every way in which a model folder can be wrong.
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/base/Sha256.h"
#include "core/model/inspect.h"
#include "tests/support/errors.h"
#include "tests/support/model_folder.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestStore : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_folder;

    QByteArray loadError(std::string* message) {
        return errorOf(
            [&] {
                ModelStore store(std::vector<fs::path>{});
                store.load(store.find(m_folder.string()), {"fp32", "cpu"});
            },
            message);
    }

    void replaceInConfig(const QByteArray& from, const QByteArray& to) {
        auto text = QByteArray::fromStdString(readFile(m_folder / "config.yaml"));
        QVERIFY2(text.contains(from), from);
        writeFileAtomically(m_folder / "config.yaml", text.replace(from, to).toStdString(), IfExists::Replace);
    }

private slots:
    void init() {
        m_temporary = std::make_unique<QTemporaryDir>();
        m_folder = copyEmbeddedModel(fs::path(m_temporary->path().toStdString()) / "copy");
    }

    void listShowsTheEmbeddedModelFirst() {
        const auto entries = ModelStore().list();
        QVERIFY(!entries.empty());
        QCOMPARE(ModelStore().find("").card.id, entries.front().card.id);
        QCOMPARE(ModelStore().find(entries.front().card.id).path, entries.front().path);
    }

    void copyLoadsAndIsKept() {
        ModelStore store(std::vector<fs::path>{});
        const auto entry = store.find(m_folder.string());
        const auto model = store.load(entry, {"fp32", "cpu"});
        QVERIFY(model);
        QCOMPARE(store.load(entry, {"fp32", "cpu"}).get(), model.get());
        store.unloadAll();
        QVERIFY(store.load(entry, {"fp32", "cpu"}));
    }

    void brokenFolderIsLeftOutOfTheList() {
        const fs::path root = m_temporary->path().toStdString();
        for (const auto* name : {"a", "b", "c"}) fs::create_directories(root / name);
        writeFileAtomically(root / "a/model.json", std::string_view("{"));
        writeFileAtomically(root / "b/model.json", std::string_view(R"({"format":"phloxine-model/7","id":"b","tile_px":64})"));
        const auto entries = ModelStore({root}).list();
        QCOMPARE(entries.size(), std::size_t(1));
        QCOMPARE(entries[0].path.filename().string(), std::string("copy"));
    }

    void findErrors() {
        const fs::path root = m_temporary->path().toStdString();
        ModelStore store({root});
        std::string message;
        QCOMPARE(errorOf([&] { store.find("no-such-model"); }, &message), "not-found");
        QVERIFY2(message.find("no-such-model") != std::string::npos && message.find("lc25000") != std::string::npos,
                 message.c_str());
        fs::create_directories(root / "empty");
        QCOMPARE(errorOf([&] { store.find((root / "empty").string()); }), "not-a-model");
        QCOMPARE(errorOf([&] { store.find((m_folder / "model.json").string()); }), "not-a-model");
        QCOMPARE(errorOf([&] { ModelStore({root / "empty"}).find(""); }), "not-found");
        QCOMPARE(errorOf([&] { ModelStore({root / "gone"}).find(""); }), "not-found");
        writeFileAtomically(root / "empty/model.json", std::string_view("not json"));
        QCOMPARE(errorOf([&] { store.find((root / "empty").string()); }), "corrupt");
    }

    void unknownDeviceAndPrecision() {
        ModelStore store(std::vector<fs::path>{});
        const auto entry = store.find(m_folder.string());
        QCOMPARE(errorOf([&] { store.load(entry, {"fp32", "quantum"}); }), "wrong-use");
        QCOMPARE(errorOf([&] { store.load(entry, {"int3", "cpu"}); }), "wrong-use");
    }

    void missingPieces_data() {
        QTest::addColumn<QByteArray>("file");
        QTest::newRow("weights") << QByteArray("weights.safetensors");
        QTest::newRow("configuration") << QByteArray("config.yaml");
    }
    void missingPieces() {
        QFETCH(QByteArray, file);
        fs::remove(m_folder / file.toStdString());
        std::string message;
        QCOMPARE(loadError(&message), "not-found");
        QVERIFY2(message.find(file.toStdString()) != std::string::npos, message.c_str());
    }

    void weightsThatAreWrong_data() {
        QTest::addColumn<QByteArray>("how");
        QTest::addColumn<QByteArray>("codes");
        QTest::newRow("empty") << QByteArray("empty") << QByteArray("truncated");
        QTest::newRow("cut short") << QByteArray("cut") << QByteArray("truncated|corrupt");
        QTest::newRow("cut in the header") << QByteArray("header") << QByteArray("truncated|corrupt");
        QTest::newRow("NaN in the U-Net") << QByteArray("nan") << QByteArray("nan");
        QTest::newRow("web page") << QByteArray("html") << QByteArray("not-a-model|truncated|corrupt");
        QTest::newRow("another network") << QByteArray("foreign") << QByteArray("missing-key|shape");
        QTest::newRow("a key renamed") << QByteArray("renamed") << QByteArray("missing-key");
    }
    void weightsThatAreWrong() {
        QFETCH(QByteArray, how);
        QFETCH(QByteArray, codes);
        auto bytes = embeddedWeights();
        const std::string key = "model.diffusion_model.out.2.weight";
        if (how == "empty") bytes.clear();
        if (how == "cut") bytes.resize(bytes.size() / 2);
        if (how == "header") bytes.resize(1000);
        if (how == "nan") putNan(bytes, key);
        if (how == "html") bytes = "<html><body>404</body></html>";
        if (how == "foreign") bytes = readFile(PHLOXINE_TEST_REFERENCE "/models/sd1-tiny/unet/diffusion_pytorch_model.safetensors");
        if (how == "renamed") bytes.replace(bytes.find(key), key.size(), "model.diffusion_model.out.2.weighs");
        setWeights(m_folder, bytes);
        std::string message;
        const auto code = loadError(&message);
        QVERIFY2(!code.isEmpty() && codes.split('|').contains(code), code + ": " + message.c_str());
        QVERIFY(message.find('\n') == std::string::npos);
        if (how == "nan" || how == "renamed") QVERIFY2(message.find(key) != std::string::npos, message.c_str());
    }

    void cardAgainstWeights_data() {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("other hash") << QByteArray("{\"weights_sha256\":\"" + QByteArray(64, '0') + "\"}") << QByteArray("corrupt");
        QTest::newRow("tile size") << QByteArray("{\"tile_px\":256}") << QByteArray("shape");
    }
    void cardAgainstWeights() {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, code);
        changeCard(m_folder, Json::parse(patch.toStdString()));
        std::string message;
        QCOMPARE(loadError(&message), code);
    }

    void rightHashIsAccepted() {
        changeCard(m_folder, {{"weights_sha256", sha256OfFile(m_folder / "weights.safetensors")}});
        std::string message;
        QVERIFY2(loadError(&message).isEmpty(), message.c_str());
    }

    void configurations_data() {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<QByteArray>("codes");
        const auto row = [](const char* name, const char* from, const char* to, const char* codes) {
            QTest::newRow(name) << QByteArray(from) << QByteArray(to) << QByteArray(codes);
        };
        row("does not parse", "model:", "model: [", "yaml");
        row("no U-Net", "unet_config:", "u_config:", "yaml");
        row("unknown U-Net", "openaimodel.UNetModel", "openaimodel.Sorcery", "unsupported|yaml");
        row("unknown first stage", "phloxine.PatchAutoencoder", "os.system", "unsupported|yaml");
        row("unknown condition", "modules.FrozenCLIPEmbedder", "modules.Oracle", "unsupported|yaml");
        row("width", "model_channels: 48", "model_channels: 64", "shape");
        row("width is a text", "model_channels: 48", "model_channels: wide", "yaml");
        row("width is negative", "model_channels: 48", "model_channels: -48", "yaml");
        row("width is enormous", "model_channels: 48", "model_channels: 2000000000", "yaml");
        row("width is zero", "model_channels: 48", "model_channels: 0", "yaml");
        row("context", "context_dim: 128", "context_dim: 64", "shape");
        row("more levels", "channel_mult: [1, 2]", "channel_mult: [1, 2, 4]", "missing-key|shape");
        row("no levels", "channel_mult: [1, 2]", "channel_mult: []", "yaml");
        row("levels of zero", "channel_mult: [1, 2]", "channel_mult: [0, 0]", "yaml|shape");
        row("norm groups that do not divide", "norm_num_groups: 16}", "norm_num_groups: 7}", "shape|yaml|unsupported");
        row("heads that do not divide", "num_head_channels: 32", "num_head_channels: 31", "shape|yaml|unsupported");
        row("prediction", "parameterization: v", "parameterization: guess", "unsupported|yaml");
        row("no time steps", "timesteps: 1000", "timesteps: 0", "yaml");
        row("other number of time steps", "timesteps: 1000", "timesteps: 500", "shape|yaml");
        row("attention in the wrong place", "attention_resolutions: [2]", "attention_resolutions: [1]", "missing-key|shape");
        row("tile size", "image_size: 14\n", "image_size: 0\n", "yaml|shape");
        row("patch", "{patch: 16", "{patch: 8", "shape|yaml|missing-key");
    }
    void configurations() {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QFETCH(QByteArray, codes);
        replaceInConfig(from, to);
        std::string message;
        const auto code = loadError(&message);
        QVERIFY2(!code.isEmpty() && codes.split('|').contains(code), code + ": " + message.c_str());
        QVERIFY(message.find('\n') == std::string::npos);
    }

    void wholeConfigurations_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("codes");
        const auto stored = [](const char* name) {
            return QByteArray::fromStdString(readFile(fs::path(PHLOXINE_TEST_DATA "/bad-models") / name));
        };
        QTest::newRow("alias bomb") << stored("yaml-bomb.yaml") << QByteArray("yaml");
        QTest::newRow("broken") << stored("yaml-broken.yaml") << QByteArray("yaml");
        QTest::newRow("no target") << stored("yaml-notarget.yaml") << QByteArray("yaml");
        QTest::newRow("no U-Net") << stored("yaml-nounet.yaml") << QByteArray("yaml");
        QTest::newRow("unknown U-Net") << stored("yaml-unknown.yaml") << QByteArray("unsupported|yaml");
        QTest::newRow("impossible schedule") << stored("yaml-sched.yaml") << QByteArray("yaml");
        QTest::newRow("empty") << QByteArray() << QByteArray("yaml");
        QTest::newRow("a list") << QByteArray("[1, 2]") << QByteArray("yaml");
        QTest::newRow("a number") << QByteArray("5") << QByteArray("yaml");
        QTest::newRow("nested 100,000 times") << QByteArray(100000, '[') << QByteArray("yaml");
        QTest::newRow("nested maps") << QByteArray("{a: ").repeated(20000) << QByteArray("yaml");
        QTest::newRow("2 MB") << QByteArray("a: b\n").repeated(500000) << QByteArray("yaml|corrupt");
        QTest::newRow("bytes") << QByteArray("\xff\xfe\x00\x01\x02", 5) << QByteArray("yaml");
        QTest::newRow("a tag that would run code")
            << QByteArray("model: !!python/object/apply:os.system ['touch x']\n") << QByteArray("yaml");
    }
    void wholeConfigurations() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, codes);
        writeFileAtomically(m_folder / "config.yaml", std::string_view(text.data(), std::size_t(text.size())), IfExists::Replace);
        QElapsedTimer clock;
        clock.start();
        std::string message;
        const auto code = loadError(&message);
        QVERIFY2(!code.isEmpty() && codes.split('|').contains(code), code + ": " + message.c_str());
        QVERIFY2(clock.elapsed() < 5000, "too slow");
    }

    void textConfigErrors() {
        std::string message;
        writeFileAtomically(m_folder / "text_config.json", std::string_view("{"), IfExists::Replace);
        QCOMPARE(loadError(&message), "corrupt");
        writeFileAtomically(m_folder / "text_config.json", std::string_view(R"({"hidden_act":"magic"})"), IfExists::Replace);
        QCOMPARE(loadError(&message), "unsupported");
        writeFileAtomically(m_folder / "text_config.json", std::string_view(R"({"num_attention_heads":"four"})"), IfExists::Replace);
        const auto code = loadError(&message);
        QVERIFY2(!code.isEmpty() && !code.startsWith("foreign"), code);
    }

    void inspectTellsWhatItIs() {
        const auto report = inspectModel(m_folder);
        QCOMPARE(report.json.at("kind").get<std::string>(), std::string("phloxine"));
        QVERIFY2(report.json.at("fits").get<bool>(), report.json.dump().c_str());
        QVERIFY(report.lines.size() >= 6);
        const auto file = inspectModel(PHLOXINE_TEST_REFERENCE "/models/lrdm-tiny-vector/model.ckpt");
        QCOMPARE(file.json.at("kind").get<std::string>(), std::string("compvis"));
        QCOMPARE(file.json.at("condition").get<std::string>(), std::string("vector"));
        QCOMPARE(file.json.at("parameters").at("denoiser").get<int>(), 536803);
        const auto folder = inspectModel(PHLOXINE_TEST_REFERENCE "/models/sd1-tiny");
        QCOMPARE(folder.json.at("kind").get<std::string>(), std::string("diffusers"));
        QVERIFY(folder.json.at("fits").get<bool>() && folder.json.at("extra_keys").empty());
    }

    void inspectTellsWhatDoesNotFit() {
        replaceInConfig("context_dim: 128", "context_dim: 64");
        const auto report = inspectModel(m_folder);
        QVERIFY(!report.json.at("fits").get<bool>());
        QCOMPARE(report.json.at("problem").at("code").get<std::string>(), std::string("shape"));
        QVERIFY(report.json.at("problem").at("message").get<std::string>().find("to_k.weight") != std::string::npos);
    }

    void inspectErrors() {
        QCOMPARE(errorOf([] { inspectModel("/nowhere"); }), "not-found");
        QCOMPARE(errorOf([] { inspectModel(PHLOXINE_TEST_DATA "/bad-models/html.ckpt"); }), "not-a-model");
        auto bytes = embeddedWeights();
        putNan(bytes, "model.diffusion_model.out.2.weight");
        setWeights(m_folder, bytes);
        QCOMPARE(inspectModel(m_folder).json.at("problem").at("code").get<std::string>(), std::string("nan"));
    }
};

PHLOXINE_TEST(model_store, TestStore, NoApplication)
#include "test_store.moc"
