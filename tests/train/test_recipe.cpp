// Recipes: both ways through JSON, those that ship, and every way to be wrong with the entry named.
#include <filesystem>

#include <QtTest>

#include <nlohmann/json.hpp>

#include "core/train/TrainRecipe.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

const Json least{{"format", "phloxine-recipe/1"}, {"kind", "diffusion"}, {"model", {{"autoencoder", "a"}}}};
const Json leastAutoencoder{{"format", "phloxine-recipe/1"}, {"kind", "autoencoder"}};

Json with(const Json& base, const char* pointer, const Json& value) {
    auto json = base;
    json[Json::json_pointer(pointer)] = value;
    return json;
}

} // namespace

class RecipeTest : public QObject {
    Q_OBJECT
private slots:
    void bothWays() {
        auto recipe = trainRecipeFromJson(least, "r");
        recipe.classes = {{"a", "A", "AA", "#123456", {"one", "two"}}};
        recipe.optimiser.emas = {0.5, 0.25}, recipe.optimiser.modelEma = 0.25, recipe.seed = 9007199254740991, recipe.dihedral = false;
        recipe.model.unet.channelMult = {1, 2, 4}, recipe.data.holdOut = "3$";
        const auto json = toJson(recipe);
        QCOMPARE(toJson(trainRecipeFromJson(json, "r")).dump(), json.dump());
        const auto own = toJson(autoencoderRecipeFromJson(leastAutoencoder, "r"));
        QCOMPARE(toJson(autoencoderRecipeFromJson(own, "r")).dump(), own.dump());
    }

    void thoseThatShip() {
        const std::filesystem::path folder = std::filesystem::path(qgetenv("PHLOXINE_RESOURCES").constData()) / "recipes";
        const auto tiny = readTrainRecipe(folder / "tiny.json");
        QVERIFY(std::filesystem::exists(tiny.model.autoencoder));
        QCOMPARE(readAutoencoderRecipe(folder / "autoencoder-kl.json").channelMult.size(), std::size_t(4));
        QCOMPARE(readAutoencoderRecipe(folder / "autoencoder-vq.json").codes, 8192);
        const auto embedded = readTrainRecipe(folder / "embedded.json");
        QCOMPARE(embedded.classes.size(), std::size_t(5));
        QCOMPARE(embedded.data.holdOut, readAutoencoderRecipe(folder / "embedded-autoencoder.json").data.holdOut);
        QCOMPARE(embedded.data.tileSizePx % (readAutoencoderRecipe(folder / "embedded-autoencoder.json").patch), 0);
    }

    void wrongEntries_data() {
        QTest::addColumn<QString>("pointer");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("named");
        const auto row = [](const char* pointer, const char* value, const char* named) {
            QTest::newRow((std::string(pointer) + "=" + value).c_str()) << pointer << value << named;
        };
        row("/stepz", "3", "\"stepz\" is not known");
        row("/optimiser/rat", "3", "\"optimiser.rat\" is not known");
        row("/model/unet/model_channel", "48", "\"model.unet.model_channel\"");
        row("/steps", "0", "\"steps\" must lie between 1");
        row("/steps", "2.5", "\"steps\" must be a whole number");
        row("/steps", "\"many\"", "\"steps\"");
        row("/batch", "-1", "\"batch\"");
        row("/seed", "9007199254740992", "\"seed\"");
        row("/seed", "-1", "\"seed\"");
        row("/precision", "\"fp8\"", "\"precision\" must be one of auto, fp32, bf16");
        row("/optimiser", "[]", "\"optimiser.\" must be an object");
        row("/optimiser/rate", "0", "\"optimiser.rate\"");
        row("/optimiser/emas", "[]", "\"optimiser.emas\"");
        row("/optimiser/emas", "[1.0]", "\"optimiser.emas\"");
        row("/optimiser/model_ema", "0.5", "\"optimiser.model_ema\" is none of");
        row("/loss/weight", "\"snr\"", "\"loss.weight\"");
        row("/captions/drop_chance", "1.5", "\"captions.drop_chance\"");
        row("/data/hold_out", "\"(\"", "\"data.hold_out\" is no regular expression");
        row("/data/group_pattern", "\"[\"", "\"data.group_pattern\"");
        row("/data/tile_px", "4", "\"data.tile_px\"");
        row("/dihedral", "1", "\"dihedral\" must be true or false");
        row("/model/autoencoder", "\"\"", "neither \"model.start\" nor");
        row("/model/prediction", "\"score\"", "\"model.prediction\"");
        row("/model/unet/channel_mult", "[1, 0]", "\"model.unet.channel_mult\"");
        row("/model/unet/norm_num_groups", "7", "norm groups");
        row("/model/text/heads", "3", "\"model.text.heads\"");
        row("/classes", "[{\"id\": \"a\", \"prompts\": []}]", "has no \"prompts\"");
        row("/classes", "[{\"prompts\": [\"x\"]}]", "\"id\"");
        row("/classes", "[{\"id\": \"a\", \"prompts\": [\"x\"]}, {\"id\": \"a\", \"prompts\": [\"x\"]}]", "\"id\"");
        row("/classes", "[{\"id\": \"a\", \"promts\": [\"x\"]}]", "\"classes[0].promts\" is not known");
        row("/kind", "\"autoencoder\"", "\"diffusion\" is needed");
    }
    void wrongEntries() {
        QFETCH(QString, pointer);
        QFETCH(QString, value);
        QFETCH(QString, named);
        std::string message;
        const auto json = with(least, pointer.toUtf8().constData(), Json::parse(value.toStdString()));
        QCOMPARE(errorOf([&] { trainRecipeFromJson(json, "mine.json"); }, &message), "corrupt");
        QVERIFY2(QString::fromStdString(message).contains(named), message.c_str());
        QVERIFY2(QString::fromStdString(message).contains("mine.json"), message.c_str());
    }

    void wrongAutoencoders() {
        const auto fails = [](const char* pointer, const Json& value) {
            return errorOf([&] { autoencoderRecipeFromJson(with(leastAutoencoder, pointer, value), "r"); });
        };
        QCOMPARE(fails("/patch", 12), "corrupt");
        QCOMPARE(fails("/decoder_widths", {16, 16}), "corrupt");
        QCOMPARE(fails("/norm_num_groups", 7), "corrupt");
        QCOMPARE(fails("/crop_px", 100), "corrupt");
        QCOMPARE(fails("/crop_px", 448), "corrupt");
        QCOMPARE(fails("/z_channels", 193), "corrupt");
        QCOMPARE(fails("/texture", 1), "corrupt");
    }

    void otherDocuments() {
        QCOMPARE(errorOf([] { trainRecipeFromJson(Json::array(), "r"); }), "corrupt");
        QCOMPARE(errorOf([] { trainRecipeFromJson({{"format", "phloxine-model/1"}}, "r"); }), "corrupt");
        QCOMPARE(errorOf([] { trainRecipeFromJson({{"format", "phloxine-recipe/2"}}, "r"); }), "unsupported");
        QCOMPARE(errorOf([] { readTrainRecipe("/nowhere/recipe.json"); }), "not-found");
    }
};

PHLOXINE_TEST(train_recipe, RecipeTest, QCoreApplication)
#include "test_recipe.moc"
