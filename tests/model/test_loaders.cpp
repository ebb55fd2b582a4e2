// What opens a model, whatever form it has: the table of formats, the names of diffusers against upstream's own table, models that are
// added and stay as they were, OpenCLIP's names, LoRA against matrices worked out by hand, and what inspecting says.
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Sha256.h"
#include "core/model/Model.h"
#include "core/model/diffusers_names.h"
#include "core/model/inspect.h"
#include "core/model/lora.h"
#include "core/model/report.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/diffusers_model.h"
#include "tests/support/model_folder.h"
#include "tests/support/refused.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestLoaders : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;
    const fs::path m_diffusers = diffusersModel();
    fs::path m_compvis;

    fs::path at(const std::string& name) const { return fs::path(m_temporary.path().toStdString()) / name; }

    // Every file below a folder (or the one file) with its hash: equal before and after = nothing was changed.
    static std::map<std::string, std::string> sums(const fs::path& path) {
        std::map<std::string, std::string> found;
        if (!fs::is_directory(path)) return {{path.filename().string(), sha256OfFile(path)}};
        for (const auto& item : fs::recursive_directory_iterator(path))
            if (item.is_regular_file()) found[item.path().lexically_relative(path).string()] = sha256OfFile(item.path());
        return found;
    }
    static ino_t inode(const fs::path& path) {
        struct stat status {};
        return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }
    static std::size_t entries(const fs::path& folder) {
        return fs::exists(folder) ? std::size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator())) : 0;
    }
    // The one file of sd1-tiny with its YAML, in a folder of its own.
    fs::path ownFile(const std::string& folder) const {
        fs::create_directories(at(folder));
        for (const auto* name : {"model.safetensors", "text_config.json", "v1-inference.yaml"})
            fs::copy_file(m_compvis.parent_path() / name, at(folder) / name, fs::copy_options::overwrite_existing);
        return at(folder) / "model.safetensors";
    }

private slots:
    void initTestCase() { m_compvis = makeCompvisFile(at("compvis")); }

    void formatsAreRecognised() {
        QCOMPARE(formats().size(), std::size_t(3));
        QCOMPARE(formatOf(m_diffusers).id, "diffusers");
        QCOMPARE(formatOf(m_compvis).id, "compvis");
        QCOMPARE(formatOf(resourcesFolder() / "models/lc25000").id, "phloxine");
        files::write(at("both/model.json"), "{}"); // its own card goes first
        files::write(at("both/model_index.json"), "{}");
        QCOMPARE(formatOf(at("both")).id, "phloxine");
        QCOMPARE(errorOf([&] { formatOf(m_diffusers / "unet"); }), "not-a-model");
        QCOMPARE(errorOf([&] { formatOf(at("gone")); }), "not-found");
        QCOMPARE(formatOf(m_diffusers).weightFiles(m_diffusers).size(), std::size_t(3));
        QCOMPARE(formatOf(m_compvis).weightFiles(m_compvis), std::vector{m_compvis});
    }

    // Every name that upstream's converter knows for this model, both ways.
    void namesOfTheUNet() {
        const auto network = std::get<nn::UNetConfig>(openCheckpoint(m_diffusers).config.network);
        const auto blocks = unetBlockNames(network);
        const std::string prefix = "model.diffusion_model.";
        int count = 0;
        for (const auto& pair : keyPairs()) {
            if (pair.part != "unet") continue;
            QCOMPARE(prefix + compvisUNetName(pair.diffusers, blocks), pair.compvis);
            QCOMPARE(diffusersUNetName(pair.compvis.substr(prefix.size()), blocks), pair.diffusers);
            ++count;
        }
        QCOMPARE(count, 324);
        for (const auto* none :
             {"", "down_blocks", "down_blocks.9.resnets.0.conv1.weight", "down_blocks.0.resnets.0x.conv1.weight", "conv_input.weight"})
            QVERIFY2(compvisUNetName(none, blocks).empty(), none);
    }
    void namesOfTheAutoencoder() {
        const auto blocks = autoencoderBlockNames(4, 1);
        int count = 0;
        for (const auto& pair : keyPairs()) {
            if (pair.part != "vae") continue;
            QCOMPARE("first_stage_model." + compvisAutoencoderName(pair.diffusers, blocks), pair.compvis);
            ++count;
        }
        QCOMPARE(count, 176);
        // Before diffusers 0.15.
        QCOMPARE(compvisAutoencoderName("encoder.mid_block.attentions.0.query.weight", blocks), std::string("encoder.mid.attn_1.q.weight"));
        QCOMPARE(compvisAutoencoderName("encoder.mid_block.attentions.0.proj_attn.bias", blocks),
                 std::string("encoder.mid.attn_1.proj_out.bias"));
    }

    // Both forms of one model are the same tensors under the same keys.
    void bothFormsAreOneModel() {
        const auto file = openCheckpoint(m_compvis), folder = openCheckpoint(m_diffusers);
        (void)bindAll(file);
        QCOMPARE(bindAll(folder).size(), std::size_t(0));
        for (const auto& [key, tensor] : folder.weights) {
            QVERIFY2(file.weights.count(key), key.c_str());
            QVERIFY2(at::equal(tensor, file.weights.at(key)), key.c_str());
        }
        QCOMPARE(folder.config.scaleFactor, file.config.scaleFactor);
        QCOMPARE(folder.config.betaSchedule, file.config.betaSchedule);
        QCOMPARE(folder.config.latentSize, file.config.latentSize);
    }

    void shardsAreJoined() {
        const auto folder = linkedCopy(m_diffusers, at("shards"));
        const auto whole = readSafetensors(m_diffusers / "unet/diffusion_pytorch_model.safetensors");
        fs::remove(folder / "unet/diffusion_pytorch_model.safetensors");
        std::map<std::string, Weights> shards;
        Json map = Json::object();
        for (const auto& [key, tensor] : whole) {
            const std::string name = shards["a.safetensors"].size() * 2 < whole.size() ? "a.safetensors" : "b.safetensors";
            shards[name][key] = tensor, map[key] = name;
        }
        for (const auto& [name, weights] : shards) writeSafetensors(folder / "unet" / name, weights);
        writeJson(folder / "unet/diffusion_pytorch_model.safetensors.index.json", {{"weight_map", map}});
        QCOMPARE(bindAll(openCheckpoint(folder)).size(), std::size_t(0));
        QCOMPARE(weightFilesOfDiffusers(folder).size(), std::size_t(4));
    }

    void ownFolderNamesItsSource() {
        const auto file = ownFile("named/source");
        files::write(at("named/model.json"), R"({"source":"source/model.safetensors"})");
        QCOMPARE(openCheckpoint(at("named")).weights.size(), openCheckpoint(file).weights.size());
        QCOMPARE(weightFilesOfModelFolder(at("named")), std::vector{at("named/source/model.safetensors")});
        QCOMPARE(weightsHash(at("named")), weightsHash(file));
        linkedCopy(m_diffusers, at("named/folder"));
        files::write(at("named/model.json"), R"({"source":"./folder"})");
        QCOMPARE(openCheckpoint(at("named")).config.family, std::string("diffusers-sd"));
        QCOMPARE(weightsHash(at("named")), weightsHash(m_diffusers));
    }

    void adding_data() {
        QTest::addColumn<bool>("folder");
        QTest::newRow("a checkpoint") << false;
        QTest::newRow("a folder of diffusers") << true;
    }
    void adding() {
        QFETCH(bool, folder);
        const auto source = folder ? m_diffusers : ownFile("mine/sd1 Tiny");
        const auto where = folder ? source : source.parent_path(), root = at(folder ? "models-f" : "models-c");
        const auto before = sums(where);
        AddModelOptions options{"added", "A title", "CC0", 0.5, {}};
        const auto entry = addModel(source, options, root);
        QCOMPARE(sums(where), before);
        QCOMPARE(entry.card.id, std::string("added"));
        QCOMPARE(entry.path, root / "added");
        const auto weights = std::string(folder ? "unet/diffusion_pytorch_model.safetensors" : "model.safetensors");
        QCOMPARE(inode(root / "added/source" / weights), inode(where / weights)); // one copy on the disk
        QCOMPARE(entries(root), std::size_t(1));

        // It is found, fits, has the hash of its card and loads.
        ModelStore store({root});
        const auto found = store.find("added");
        QCOMPARE(found.card.title, std::string("A title"));
        QCOMPARE(found.card.licence, std::string("CC0"));
        QCOMPARE(found.card.scale.micronsPerPixel, 0.5);
        QCOMPARE(found.card.weightsSha256, weightsHash(found.path));
        std::string message;
        const auto report = inspectModel(found.path);
        QVERIFY2(report.json.at("fits").get<bool>(), report.json.dump().c_str());
        QCOMPARE(errorOf([&] { QVERIFY(store.load(found, {"fp32", "cpu"})); }, &message), "");
        QVERIFY2(message.empty(), message.c_str());
        QCOMPARE(sums(where), before);

        // The second time nothing is changed.
        const auto card = sums(root);
        const auto problem = refusalProblem([&] { addModel(source, options, root); }, "exists", "added");
        QVERIFY2(problem.isEmpty(), problem);
        QCOMPARE(sums(root), card);
        QCOMPARE(entries(root), std::size_t(1));
        QCOMPARE(errorOf([&] { addModel(root / "added", {}, root); }), "wrong-use"); // is one already
    }

    // Another disk, where no hard link can lead.
    void addingFromAnotherDisk() {
        QTemporaryDir other("/dev/shm/phloxine-XXXXXX");
        struct stat here {
        }, there{};
        if (!other.isValid() || ::stat(m_temporary.path().toUtf8(), &here) || ::stat(other.path().toUtf8(), &there) ||
            here.st_dev == there.st_dev)
            QSKIP("There is only one disk here");
        const auto root = fs::path(other.path().toStdString());
        const auto source = ownFile("far");
        addModel(source, {"far", {}, {}, 0, {}}, root);
        QCOMPARE(sums(root / "far/source"), sums(source.parent_path()));
    }

    void namesOfWhatIsAdded() {
        QCOMPARE(addModel(ownFile("Some Model, v2"), {}, at("names")).card.id, std::string("some-model-v2")); // "model" says nothing
        QCOMPARE(addModel(m_diffusers / "", {}, at("names")).card.id, std::string("sd1-tiny"));               // "folder/"
        QCOMPARE(errorOf([&] { addModel(m_diffusers, {"../out", {}, {}, 0, {}}, at("names")); }), "wrong-use");
        QCOMPARE(errorOf([&] { addModel(m_diffusers, {".", {}, {}, 0, {}}, at("names")); }), "wrong-use");
        QCOMPARE(errorOf([&] { addModel(m_diffusers, {"Big", {}, {}, 0, {}}, at("names")); }), "wrong-use");
    }

    void addingLeavesNothingBehind_data() {
        QTest::addColumn<QByteArray>("how");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("tensor missing") << QByteArray("missing") << QByteArray("missing-key");
        QTest::newRow("NaN") << QByteArray("nan") << QByteArray("nan");
        QTest::newRow("cut") << QByteArray("cut") << QByteArray("truncated");
        QTest::newRow("no settings") << QByteArray("yaml") << QByteArray("not-found");
        QTest::newRow("web page") << QByteArray("html") << QByteArray("not-a-model");
        QTest::newRow("part of the folder may not be read") << QByteArray("closed") << QByteArray("read-only|not-found");
    }
    void addingLeavesNothingBehind() {
        QFETCH(QByteArray, how);
        QFETCH(QByteArray, code);
        fs::remove_all(at("bad"));
        auto source = ownFile("bad");
        auto weights = readSafetensors(m_compvis);
        if (how == "missing") weights.erase("model.diffusion_model.out.2.weight");
        if (how == "nan") weights["model.diffusion_model.out.2.weight"] = at::full_like(weights["model.diffusion_model.out.2.weight"], NAN);
        if (how == "missing" || how == "nan") fs::remove(source), writeSafetensors(source, weights);
        if (how == "cut") fs::resize_file(source, 100000);
        if (how == "yaml") fs::remove(at("bad/v1-inference.yaml"));
        if (how == "html") files::write(source, "<html></html>");
        if (how == "closed") {
            fs::remove_all(at("bad"));
            source = linkedCopy(m_diffusers, at("bad"));
            files::write(source / "extra/notes.txt", "x");
            fs::permissions(source / "extra/notes.txt", fs::perms::none);
            fs::create_directories(at("bad-models"));
            for (const auto& path : {fs::path(m_temporary.path().toStdString()), at("bad-models")}) fs::permissions(path, fs::perms::all);
        }
        std::optional<AsNobody> nobody;
        if (how == "closed") nobody.emplace();
        const auto problem = refusalProblem([&] { addModel(source, {"bad", {}, {}, 0, {}}, at("bad-models")); }, code);
        nobody.reset();
        QVERIFY2(problem.isEmpty(), problem);
        QCOMPARE(entries(at("bad-models")), std::size_t(0));
    }

    // PixArt's own folders leave the interpolation scale at null, or out.
    void interpolationScaleMayBeMissing() {
        const auto folder = linkedCopy(PHLOXINE_TEST_REFERENCE "/models/pixcell-tiny", at("pixart"));
        auto config = readJsonFile(folder / "transformer/config.json");
        config["interpolation_scale"] = nullptr;
        writeJson(folder / "transformer/config.json", config);
        QCOMPARE(bindAll(openCheckpoint(folder)).size(), std::size_t(0));
        config["interpolation_scale"] = -1;
        writeJson(folder / "transformer/config.json", config);
        QCOMPARE(errorOf([&] { openCheckpoint(folder); }), "corrupt");
    }

    // Of a vocabulary the rows that training touched are enough; numbers that fit no vocabulary are refused.
    void tokenRowsAreExpanded() {
        const auto folder = copyEmbeddedModel(at("rows"));
        const std::string name = "cond_stage_model.transformer.text_model.embeddings.token_embedding.";
        const auto stored = readSafetensors(folder / "weights.safetensors");
        const auto full = openCheckpoint(folder).weights.at(name + "weight");
        QCOMPARE(full.size(0), 49408);
        QVERIFY(at::equal(full.index_select(0, stored.at(name + "rows")), stored.at(name + "weight")));
        QCOMPARE(full.count_nonzero().item<long>(), stored.at(name + "weight").count_nonzero().item<long>());
        for (const std::int64_t wrong : {-1, 49408}) {
            auto changed = stored;
            changed[name + "rows"] = at::full_like(stored.at(name + "rows"), wrong);
            fs::remove(folder / "weights.safetensors");
            writeSafetensors(folder / "weights.safetensors", changed);
            QCOMPARE(errorOf([&] { openCheckpoint(folder); }), "corrupt");
        }
    }

    // A denoiser alone is a model that can be looked at and not one that makes tiles.
    void denoiserAloneSaysSo() {
        std::string message;
        const std::string folder = PHLOXINE_TEST_REFERENCE "/models/dit-tiny";
        QCOMPARE(errorOf([&] { ModelStore(std::vector<fs::path>{}).find(folder); }, &message), "missing-key");
        QVERIFY2(message.find("no autoencoder") != std::string::npos, message.c_str());
        QVERIFY(inspectModel(folder).json.at("fits").get<bool>());
    }

    // OpenCLIP packs q, k and v into one matrix and has other names.
    void openClipIsRenamed() {
        auto weights = readSafetensors(m_compvis);
        const std::string clip = "cond_stage_model.transformer.text_model.", open = "cond_stage_model.model.";
        const auto text = subset(weights, clip);
        std::erase_if(weights, [&](const auto& item) { return item.first.starts_with("cond_stage_model."); });
        weights[open + "token_embedding.weight"] = text.at("embeddings.token_embedding.weight");
        weights[open + "positional_embedding"] = text.at("embeddings.position_embedding.weight");
        weights[open + "text_projection"] = at::ones({8, 8});
        weights[open + "logit_scale"] = at::ones({});
        for (const std::string kind : {"weight", "bias"}) {
            weights[open + "ln_final." + kind] = text.at("final_layer_norm." + kind);
            for (const std::string layer : {"0", "1"}) {
                const auto from = "encoder.layers." + layer + ".", to = open + "transformer.resblocks." + layer + ".";
                weights[to + "attn.in_proj_" + kind] =
                    at::cat({text.at(from + "self_attn.q_proj." + kind), text.at(from + "self_attn.k_proj." + kind),
                             text.at(from + "self_attn.v_proj." + kind)});
                for (const auto& [theirs, ours] :
                     {std::pair{"attn.out_proj.", "self_attn.out_proj."}, std::pair{"ln_1.", "layer_norm1."},
                      std::pair{"ln_2.", "layer_norm2."}, std::pair{"mlp.c_fc.", "mlp.fc1."}, std::pair{"mlp.c_proj.", "mlp.fc2."}})
                    weights[to + theirs + kind] = text.at(from + ours + kind);
            }
        }
        fs::create_directories(at("openclip"));
        writeSafetensors(at("openclip/model.safetensors"), weights);
        QByteArray yaml = compvisYaml;
        files::write(at("openclip/model.yaml"), yaml.replace("FrozenCLIPEmbedder", "FrozenOpenCLIPEmbedder"));
        fs::copy_file(m_compvis.parent_path() / "text_config.json", at("openclip/text_config.json"));
        const auto opened = openCheckpoint(at("openclip/model.safetensors"));
        const auto renamed = subset(opened.weights, clip);
        for (const auto& [key, tensor] : text)
            if (!key.ends_with("position_ids")) QVERIFY2(renamed.count(key) && at::equal(renamed.at(key), tensor), key.c_str());
        QCOMPARE(bindAll(opened).size(), std::size_t(0));
        QCOMPARE(std::get<TextEncoderConfig>(opened.config.condition).pad, 0);
    }

    // W' = W + strength * (alpha / rank) * up down, worked out by hand for rank 2.
    void loraByHand_data() {
        QTest::addColumn<QByteArray>("down");
        QTest::addColumn<QByteArray>("up");
        QTest::addColumn<QByteArray>("alpha");
        QTest::newRow("diffusers") << QByteArray("unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight")
                                   << QByteArray("unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_B.weight")
                                   << QByteArray();
        QTest::newRow("kohya") << QByteArray("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight")
                               << QByteArray("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_up.weight")
                               << QByteArray("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.alpha");
        QTest::newRow("names of CompVis") << QByteArray("lora_unet_middle_block_1_transformer_blocks_0_attn2_to_k.lora_down.weight")
                                          << QByteArray("lora_unet_middle_block_1_transformer_blocks_0_attn2_to_k.lora_up.weight")
                                          << QByteArray("lora_unet_middle_block_1_transformer_blocks_0_attn2_to_k.alpha");
        QTest::newRow("attention processors")
            << QByteArray("unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight")
            << QByteArray("unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.up.weight") << QByteArray();
    }
    void loraByHand() {
        QFETCH(QByteArray, down);
        QFETCH(QByteArray, up);
        QFETCH(QByteArray, alpha);
        const std::string key = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight"; // [64, 8]
        auto checkpoint = openCheckpoint(m_compvis);
        const auto before = checkpoint.weights;
        const auto base = before.at(key).clone();
        auto downMatrix = at::zeros({2, 8}), upMatrix = at::zeros({64, 2});
        downMatrix[0][3] = 2, downMatrix[1][5] = 3;
        upMatrix[7][0] = 5, upMatrix[9][1] = -1, upMatrix[9][0] = 4;
        Weights tensors{{down.toStdString(), downMatrix}, {up.toStdString(), upMatrix}};
        if (!alpha.isEmpty()) tensors[alpha.toStdString()] = at::full({}, 1.0);
        const auto file = at("lora-" + std::string(QTest::currentDataTag()) + ".safetensors");
        writeSafetensors(file, tensors);
        const double scale = alpha.isEmpty() ? 1 : 0.5; // without alpha it equals the rank
        const auto lora = readLora(file);
        QCOMPARE(lora.layers.size(), std::size_t(1));
        mergeLora(checkpoint, lora, 0.5);
        const auto change = checkpoint.weights.at(key) - base;
        auto expected = at::zeros({64, 8});
        expected[7][3] = 0.5 * scale * 10, expected[9][3] = 0.5 * scale * 8, expected[9][5] = 0.5 * scale * -3;
        QVERIFY(at::allclose(change, expected, 1e-5, 1e-5));
        mergeLora(checkpoint, lora, -0.25), mergeLora(checkpoint, lora, 1); // several add up
        QVERIFY(at::allclose(checkpoint.weights.at(key) - base, expected * 2.5, 1e-5, 1e-4));
        for (const auto& [name, tensor] : before) {
            if (name == key) QVERIFY(at::equal(tensor, base)); // the master of others stays
            else QVERIFY2(checkpoint.weights.at(name).is_same(tensor), name.c_str());
        }
    }

    // diffusers writes the strength with the name of the part, or, of an adapter saved alone, without.
    void alphaInTheMetadata_data() {
        QTest::addColumn<QByteArray>("metadata");
        QTest::addColumn<double>("scale");
        QTest::newRow("of a pipeline") << QByteArray(R"({"unet.lora_alpha": 1, "unet.r": 2})") << 0.5;
        QTest::newRow("of an adapter") << QByteArray(R"({"lora_alpha": 1, "r": 2})") << 0.5;
        QTest::newRow("of a transformer") << QByteArray(R"({"transformer.lora_alpha": 1, "transformer.r": 2})") << 0.5;
        QTest::newRow("of the text alone") << QByteArray(R"({"text_encoder.lora_alpha": 1})") << 1.0;
    }
    void alphaInTheMetadata() {
        QFETCH(QByteArray, metadata);
        QFETCH(double, scale);
        const std::string layer = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k",
                          key = "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight"; // [64, 8]
        auto checkpoint = openCheckpoint(m_compvis);
        const auto base = checkpoint.weights.at(key).clone();
        const auto file = at("alpha-" + QByteArray(QTest::currentDataTag()).replace(' ', '-').toStdString() + ".safetensors");
        writeSafetensors(file, {{layer + ".lora_A.weight", at::ones({2, 8})}, {layer + ".lora_B.weight", at::ones({64, 2})}},
                         {{"lora_adapter_metadata", metadata.toStdString()}});
        mergeLora(checkpoint, readLora(file), 1);
        QVERIFY(at::allclose(checkpoint.weights.at(key) - base, at::full({64, 8}, 2 * scale), 1e-5, 1e-5));
    }

    void loraOfTheTextEncoderAndConvolutions() {
        auto checkpoint = openCheckpoint(m_compvis);
        const std::string text = "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc1.weight", // [24, 8]
            conv = "model.diffusion_model.input_blocks.1.0.in_layers.2.weight";                             // [32, 32, 3, 3]
        const auto before = checkpoint.weights;
        writeSafetensors(at("two.safetensors"), {{"lora_te_text_model_encoder_layers_1_mlp_fc1.lora_down.weight", at::ones({1, 8})},
                                                 {"lora_te_text_model_encoder_layers_1_mlp_fc1.lora_up.weight", at::ones({24, 1})},
                                                 {"lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight", at::ones({4, 32, 3, 3})},
                                                 {"lora_unet_down_blocks_0_resnets_0_conv1.lora_up.weight", at::ones({32, 4, 1, 1})}});
        mergeLora(checkpoint, readLora(at("two.safetensors")), 2);
        QVERIFY(at::allclose(checkpoint.weights.at(text), before.at(text).to(at::kFloat) + 2));
        QVERIFY(at::allclose(checkpoint.weights.at(conv), before.at(conv).to(at::kFloat) + 8, 1e-5, 1e-5));
        QCOMPARE(bindAll(checkpoint).size(), bindAll(openCheckpoint(m_compvis)).size());
    }

    void inspectSays() {
        const auto report = inspectModel(m_diffusers);
        QCOMPARE(report.json.at("kind").get<std::string>(), std::string("diffusers"));
        QCOMPARE(report.json.at("condition").get<std::string>(), std::string("clip-text"));
        QVERIFY(report.json.at("fits").get<bool>());
        QCOMPARE(report.json.at("extra_keys").size(), std::size_t(0));
        QCOMPARE(report.json.at("tile_px").get<int>(), 64);
        QCOMPARE(report.json.at("weights_sha256").get<std::string>().size(), std::size_t(64));
        QVERIFY(!report.json.contains("problem"));
        std::string all;
        for (const auto& line : report.lines) {
            QVERIFY2(line.ends_with('.') && line.find('\n') == std::string::npos, line.c_str());
            all += line + "\n";
        }
        for (const auto* words :
             {"Folder of diffusers", "U-Net of 3 levels, 32, 32, 64 channels wide", "KL autoencoder, f8", "Every tensor that is needed"})
            QVERIFY2(all.find(words) != std::string::npos, all.c_str());
    }
    void inspectSaysWhatIsLeftOver() {
        auto weights = readSafetensors(m_compvis);
        weights["something.new"] = at::ones({2});
        fs::create_directories(at("extra"));
        writeSafetensors(at("extra/model.safetensors"), weights);
        for (const auto* name : {"text_config.json", "v1-inference.yaml"})
            fs::copy_file(m_compvis.parent_path() / name, at("extra") / name);
        const auto report = inspectModel(at("extra/model.safetensors"));
        QVERIFY(report.json.at("fits").get<bool>());
        QCOMPARE(report.json.at("extra_keys"), Json({"something.new"}));
        QVERIFY(report.lines.back().find("something.new") != std::string::npos);
    }
    void inspectSaysWhatDoesNotFit() {
        auto weights = readSafetensors(m_compvis);
        const std::string key = "model.diffusion_model.middle_block.0.in_layers.2.weight";
        weights[key] = at::ones({64, 64, 1, 1});
        fs::create_directories(at("misfit"));
        writeSafetensors(at("misfit/model.safetensors"), weights);
        for (const auto* name : {"text_config.json", "v1-inference.yaml"})
            fs::copy_file(m_compvis.parent_path() / name, at("misfit") / name);
        const auto report = inspectModel(at("misfit/model.safetensors"));
        QVERIFY(!report.json.at("fits").get<bool>());
        QCOMPARE(report.json.at("problem").at("code").get<std::string>(), std::string("shape"));
        QCOMPARE(report.json.at("problem").at("key").get<std::string>(), key);
        QVERIFY(report.lines.back().find("does not fit") != std::string::npos && report.lines.back().find(key) != std::string::npos);
    }
};

PHLOXINE_TEST(model_loaders, TestLoaders, NoApplication)
#include "test_loaders.moc"
