#include "core/train/TrainRecipe.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"

namespace phloxine {

namespace {

constexpr double most = 1e9;

// Walks through the entries of one JSON object. One description of a recipe (below) both reads and writes.
class Reader {
public:
    Reader(const Json& json, std::string path, const std::string& what) : m_json(json), m_path(std::move(path)), m_what(what) {
        if (!json.is_object()) fail("", "must be an object");
    }

    void text(const char* key, std::string& value) {
        if (const auto* found = find(key)) value = found->is_string() ? found->get<std::string>() : fail(key, "must be a text");
    }
    void word(const char* key, std::string& value, std::initializer_list<const char*> allowed) {
        text(key, value);
        std::string list;
        for (const auto* one : allowed) list += (list.empty() ? "" : ", ") + std::string(one);
        if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) fail(key, "must be one of " + list);
    }
    void flag(const char* key, bool& value) {
        if (const auto* found = find(key)) {
            if (!found->is_boolean()) fail(key, "must be true or false");
            value = found->get<bool>();
        }
    }
    template <typename T>
    void number(const char* key, T& value, double low, double high) {
        if (const auto* found = find(key)) {
            if (std::is_integral_v<T> ? !found->is_number_integer() : !found->is_number())
                fail(key, std::is_integral_v<T> ? "must be a whole number" : "must be a number");
            const double given = found->get<double>();
            if (!(given >= low && given <= high)) fail(key, "must lie between " + shown(low) + " and " + shown(high));
            value = found->get<T>();
        }
    }
    template <typename T>
    void numbers(const char* key, std::vector<T>& values, double low, double high, std::size_t fewest) {
        if (const auto* found = find(key)) {
            if (!found->is_array() || found->size() > 16 || found->size() < fewest) fail(key, "must be a list of numbers");
            values.clear();
            for (const auto& entry : *found) {
                if (std::is_integral_v<T> ? !entry.is_number_integer() : !entry.is_number()) fail(key, "must be a list of numbers");
                const double given = entry.get<double>();
                if (!(given >= low && given <= high))
                    fail(key, "has numbers that do not lie between " + shown(low) + " and " + shown(high));
                values.push_back(entry.get<T>());
            }
        }
    }
    void texts(const char* key, std::vector<std::string>& values) {
        if (const auto* found = find(key)) {
            if (!found->is_array() || found->size() > 1000) fail(key, "must be a list of texts");
            values.clear();
            for (const auto& entry : *found)
                values.push_back(entry.is_string() ? entry.get<std::string>() : fail(key, "must be a list of texts"));
        }
    }
    template <typename Describe>
    void object(const char* key, Describe describe) {
        const auto* found = find(key);
        if (!found) return;
        Reader inner(*found, m_path + key + ".", m_what);
        describe(inner);
        inner.finish();
    }
    template <typename T, typename Describe>
    void list(const char* key, std::vector<T>& values, Describe describe) {
        const auto* found = find(key);
        if (!found) return;
        if (!found->is_array() || found->size() > 10000) fail(key, "must be a list");
        values.clear();
        for (const auto& entry : *found) {
            Reader inner(entry, m_path + key + "[" + std::to_string(values.size()) + "].", m_what);
            describe(inner, values.emplace_back());
            inner.finish();
        }
    }
    void finish() const {
        for (const auto& [key, value] : m_json.items())
            if (!m_known.count(key)) fail(key.c_str(), "is not known");
    }
    [[noreturn]] std::string fail(const std::string& key, const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The recipe " + m_what + " cannot be used: \"" + m_path + key + "\" " + why + "; correct it.");
    }
    void skip(const char* key) { m_known.insert(key); }
    bool has(const char* key) const { return m_json.contains(key); }

private:
    static std::string shown(double value) { return Json(value == std::floor(value) ? Json(std::int64_t(value)) : Json(value)).dump(); }
    const Json* find(const char* key) {
        m_known.insert(key);
        const auto it = m_json.find(key);
        return it == m_json.end() ? nullptr : &*it;
    }
    const Json& m_json;
    std::string m_path;
    const std::string& m_what;
    std::set<std::string> m_known;
};

class Writer {
public:
    Json json = Json::object();
    bool has(const char*) const { return true; }
    void text(const char* key, const std::string& value) { json[key] = value; }
    void word(const char* key, const std::string& value, std::initializer_list<const char*>) { json[key] = value; }
    void flag(const char* key, bool value) { json[key] = value; }
    template <typename T>
    void number(const char* key, T value, double, double) {
        json[key] = value;
    }
    template <typename T>
    void numbers(const char* key, const std::vector<T>& values, double, double, std::size_t) {
        json[key] = values;
    }
    void texts(const char* key, const std::vector<std::string>& values) { json[key] = values; }
    template <typename Describe>
    void object(const char* key, Describe describe) {
        Writer inner;
        describe(inner);
        json[key] = std::move(inner.json);
    }
    template <typename T, typename Describe>
    void list(const char* key, std::vector<T>& values, Describe describe) {
        json[key] = Json::array();
        for (auto& value : values) {
            Writer inner;
            describe(inner, value);
            json[key].push_back(std::move(inner.json));
        }
    }
};

template <typename Visitor>
void describeData(Visitor& v, RecipeData& d) {
    v.number("tile_px", d.tileSizePx, 8, 2048);
    v.text("group_pattern", d.groupPattern), v.text("hold_out", d.holdOut), v.text("hold_out_words", d.holdOutWords);
    v.text("captions", d.captions), v.text("source", d.source), v.text("licence", d.licence);
}

template <typename Visitor>
void describeModel(Visitor& v, RecipeModel& m) {
    v.text("id", m.id), v.text("title", m.title), v.text("start", m.start), v.text("autoencoder", m.autoencoder);
    v.object("unet", [&](auto& u) {
        u.number("model_channels", m.unet.modelChannels, 8, 2048), u.numbers("channel_mult", m.unet.channelMult, 1, 16, 1);
        u.number("num_res_blocks", m.unet.resBlocks, 1, 8), u.numbers("attention_resolutions", m.unet.attentionResolutions, 1, 64, 0);
        u.number("num_head_channels", m.unet.headChannels, 4, 512), u.number("norm_num_groups", m.unet.normGroups, 1, 256);
        u.number("transformer_depth", m.unet.transformerDepth, 1, 16);
    });
    v.object("text", [&](auto& t) {
        t.number("width", m.text.width, 8, 4096), t.number("layers", m.text.layers, 1, 48), t.number("heads", m.text.heads, 1, 64);
        t.number("max_length", m.text.maxLength, 4, 154), t.flag("pooled", m.text.pooled);
        t.flag("own_length", m.text.ownLength);
    });
    v.object("lora", [&](auto& l) {
        l.number("rank", m.lora.rank, 0, 1024), l.number("alpha", m.lora.alpha, 0, 65536);
        l.word("layers", m.lora.layers, {"attention", "all"});
    });
    if (m.lora.rank > 0) m.trainText = m.trainText && v.has("train_text");
    v.flag("train_text", m.trainText), v.word("stored", m.stored, {"fp32", "fp16"});
    v.word("prediction", m.prediction, {"eps", "v", "x0", "flow"}), v.word("schedule", m.schedule, {"cosine", "linear"});
}

template <typename Visitor>
void describe(Visitor& v, TrainRecipe& r) {
    v.text("title", r.title);
    v.object("data", [&](auto& d) { describeData(d, r.data); });
    v.list("classes", r.classes, [](auto& c, RecipeClass& one) {
        c.text("id", one.id), c.text("label", one.label), c.text("code", one.code), c.text("colour", one.colour),
            c.texts("prompts", one.prompts);
    });
    v.object("captions", [&](auto& c) {
        c.number("class_chance", r.captions.classChance, 0, 1), c.number("attribute_chance", r.captions.attributeChance, 0, 1);
        c.flag("composed", r.captions.composed);
        c.number("shuffle_chance", r.captions.shuffleChance, 0, 1), c.number("drop_chance", r.captions.dropChance, 0, 1);
    });
    v.object("model", [&](auto& m) { describeModel(m, r.model); });
    v.object("loss", [&](auto& l) {
        l.word("weight", r.loss.weight, {"min-snr", "one"}), l.number("snr_limit", r.loss.snrLimit, 0.01, 1000);
        l.number("plain_steps", r.loss.plainSteps, 0, most);
    });
    v.object("optimiser", [&](auto& o) {
        o.number("rate", r.optimiser.rate, 1e-9, 1), o.number("warm_up_steps", r.optimiser.warmUpSteps, 0, most);
        o.number("constant_share", r.optimiser.constantShare, 0, 1);
        o.number("beta1", r.optimiser.beta1, 0, 0.99999), o.number("beta2", r.optimiser.beta2, 0, 0.9999999);
        o.number("weight_decay", r.optimiser.weightDecay, 0, 10), o.number("clip_norm", r.optimiser.clipNorm, 0, 1e6);
        o.numbers("emas", r.optimiser.emas, 0, 0.9999999, 1), o.number("model_ema", r.optimiser.modelEma, 0, 0.9999999);
    });
    v.object("memory", [&](auto& m) {
        m.number("micro_batch", r.memory.microBatch, 0, 65536), m.flag("recompute_blocks", r.memory.recomputeBlocks);
        m.word("weights", r.memory.weights, {"fp32", "bf16"}), m.word("moments", r.memory.moments, {"fp32", "8bit"});
        m.word("means", r.memory.means, {"memory", "file"}), m.flag("update_in_backward", r.memory.updateInBackward);
    });
    v.object("watch", [&](auto& w) {
        w.number("checkpoint_every", r.watch.checkpointEvery, 0, most), w.number("validate_every", r.watch.validateEvery, 0, most);
        w.number("samples_every", r.watch.samplesEvery, 0, most), w.number("validation_tiles", r.watch.validationTiles, 1, 100000);
        w.number("samples_per_class", r.watch.samplesPerClass, 1, 64), w.number("sample_steps", r.watch.sampleSteps, 1, 1000);
        w.number("sample_guidance", r.watch.sampleGuidance, 0, 50);
    });
    v.number("steps", r.steps, 1, most), v.number("batch", r.batch, 1, 65536), v.flag("dihedral", r.dihedral);
    v.word("precision", r.precision, {"auto", "fp32", "bf16"}), v.number("seed", r.seed, 0, 9007199254740991.0);
}

template <typename Visitor>
void describe(Visitor& v, AutoencoderRecipe& r) {
    v.text("id", r.id), v.text("title", r.title);
    v.object("data", [&](auto& d) { describeData(d, r.data); });
    v.word("network", r.network, {"patch", "kl", "vq"}), v.number("z_channels", r.zChannels, 1, 256);
    v.text("start", r.start);
    if (r.network == "patch") {
        v.number("patch", r.patch, 4, 64), v.number("norm_num_groups", r.normGroups, 1, 256);
        v.numbers("decoder_widths", r.decoderWidths, 4, 1024, 2);
        v.number("whitening", r.whitening, 0, 1), v.number("jitter", r.jitter, 0, 1);
    } else {
        v.flag("decoder_only", r.decoderOnly);
        v.number("ch", r.channels, 32, 1024), v.numbers("ch_mult", r.channelMult, 1, 16, 1), v.number("num_res_blocks", r.resBlocks, 1, 8);
        v.flag("attention", r.attention);
        if (r.network == "kl") v.number("kl_weight", r.klWeight, 0, 1);
        else v.number("n_embed", r.codes, 2, 1 << 20), v.number("commitment", r.commitment, 0, 100);
    }
    v.number("steps", r.steps, 0, most), v.number("warm_up_steps", r.warmUpSteps, 0, most);
    v.number("checkpoint_every", r.checkpointEvery, 1, most);
    v.number("batch", r.batch, 1, 4096), v.number("crop_px", r.cropPx, 16, 2048);
    v.number("rate", r.rate, 1e-9, 1), v.number("weight_decay", r.weightDecay, 0, 10), v.number("ema", r.ema, 0, 0.9999999);
    v.number("gradient_weight", r.gradientWeight, 0, 100), v.number("structure_weight", r.structureWeight, 0, 100),
        v.number("texture_weight", r.textureWeight, 0, 100);
    v.word("precision", r.precision, {"auto", "fp32", "bf16"}), v.number("seed", r.seed, 0, 9007199254740991.0);
}

template <typename Recipe>
Recipe recipeFrom(const Json& json, const char* kind, const std::string& what) {
    requireFormat(json, "recipe", 1, what);
    Recipe recipe;
    Reader reader(json, "", what);
    reader.skip("format");
    std::string found = "diffusion";
    reader.text("kind", found);
    if (found != kind) reader.fail("kind", "is \"" + plainText(found) + "\", and a recipe for \"" + kind + "\" is needed");
    describe(reader, recipe);
    reader.finish();
    const auto& data = recipe.data;
    for (const auto& [key, expression] : {std::pair("data.group_pattern", data.groupPattern), std::pair("data.hold_out", data.holdOut)})
        try {
            std::regex probe(expression);
        } catch (const std::regex_error&) { reader.fail(key, "is no regular expression"); }
    return recipe;
}

template <typename Recipe>
Json jsonOf(Recipe recipe, const char* kind) {
    Writer writer;
    writer.json = {{"format", "phloxine-recipe/1"}, {"kind", kind}};
    describe(writer, recipe);
    return std::move(writer.json);
}

std::string beside(const std::filesystem::path& file, const std::string& path) {
    return path.empty() ? path : (file.parent_path() / path).lexically_normal().string(); // an absolute path stays
}

} // namespace

TrainRecipe trainRecipeFromJson(const Json& json, const std::string& what) {
    auto r = recipeFrom<TrainRecipe>(json, "diffusion", what);
    const auto fail = [&](const std::string& why) {
        throw Error(ErrorCode::Corrupt, "The recipe " + what + " cannot be used: " + why + "; correct it.");
    };
    std::set<std::string> ids;
    for (auto& c : r.classes) {
        if (c.id.empty() || !ids.insert(c.id).second) fail("a class has no \"id\" or the one of another");
        if (c.label.empty()) c.label = c.id;
        if (c.prompts.empty()) fail("the class \"" + c.id + "\" has no \"prompts\"");
    }
    if (r.model.start.empty() && r.model.autoencoder.empty()) fail("it names neither \"model.start\" nor \"model.autoencoder\"");
    if (r.model.lora.rank > 0 && r.model.start.empty()) fail("\"model.lora\" adapts a model, and \"model.start\" names none");
    if (r.model.lora.rank > 0 && r.memory.weights == "bf16")
        fail("\"memory.weights\" of bf16 are of no use with \"model.lora\", whose frozen weights are bf16 already");
    if (std::count(r.optimiser.emas.begin(), r.optimiser.emas.end(), r.optimiser.modelEma) == 0)
        fail("\"optimiser.model_ema\" is none of \"optimiser.emas\"");
    const auto& u = r.model.unet;
    for (const int mult : u.channelMult)
        if (u.modelChannels * mult % u.normGroups || u.modelChannels * mult < u.headChannels)
            fail("\"model.unet\" has " + std::to_string(u.modelChannels * mult) +
                 " channels at one level, which its norm groups do not divide or which are fewer than its head channels");
    if (r.memory.microBatch > r.batch) fail("\"memory.micro_batch\" is more than \"batch\"");
    if (r.memory.updateInBackward && r.memory.microBatch > 0 && r.memory.microBatch < r.batch)
        fail("\"memory.update_in_backward\" frees the gradients that \"memory.micro_batch\" adds up");
    if (r.memory.weights == "bf16" && r.precision == "fp32") fail("\"memory.weights\" of bf16 need a \"precision\" of bf16");
    if (r.model.text.width % r.model.text.heads) fail("\"model.text.heads\" do not divide \"model.text.width\"");
    return r;
}

AutoencoderRecipe autoencoderRecipeFromJson(const Json& json, const std::string& what) {
    auto r = recipeFrom<AutoencoderRecipe>(json, "autoencoder", what);
    const auto fail = [&](const std::string& why) {
        throw Error(ErrorCode::Corrupt, "The recipe " + what + " cannot be used: " + why + "; correct it.");
    };
    if (r.cropPx > r.data.tileSizePx) fail("\"crop_px\" is larger than \"data.tile_px\"");
    if (r.network != "patch") {
        if (r.decoderOnly && r.start.empty()) fail("\"decoder_only\" keeps the latents of a model, and \"start\" names none");
        const int factor = 1 << (r.channelMult.size() - 1);
        if (r.start.empty() && (r.data.tileSizePx % factor || r.cropPx % factor))
            fail("\"data.tile_px\" and \"crop_px\" must be multiples of " + std::to_string(factor));
        if (r.channels % 32) fail("\"ch\" must be a multiple of 32, the groups of its norms");
        return r;
    }
    if (r.patch != 1 << r.decoderWidths.size()) fail("\"decoder_widths\" needs one number per doubling of \"patch\"");
    for (std::size_t i = 0; i + 1 < r.decoderWidths.size(); ++i)
        if (r.decoderWidths[i] % r.normGroups) fail("\"norm_num_groups\" does not divide \"decoder_widths\"");
    if (r.zChannels > 3 * r.patch * r.patch) fail("\"z_channels\" is more than a patch has values");
    if (r.data.tileSizePx % r.patch || r.cropPx % r.patch) fail("\"data.tile_px\" and \"crop_px\" must be multiples of \"patch\"");
    return r;
}

Json toJson(const TrainRecipe& recipe) { return jsonOf(recipe, "diffusion"); }
Json toJson(const AutoencoderRecipe& recipe) { return jsonOf(recipe, "autoencoder"); }

TrainRecipe readTrainRecipe(const std::filesystem::path& file) {
    auto recipe = trainRecipeFromJson(readJsonFile(file), file.filename().string());
    recipe.model.start = beside(file, recipe.model.start);
    recipe.model.autoencoder = beside(file, recipe.model.autoencoder);
    recipe.data.captions = beside(file, recipe.data.captions);
    return recipe;
}

AutoencoderRecipe readAutoencoderRecipe(const std::filesystem::path& file) {
    auto recipe = autoencoderRecipeFromJson(readJsonFile(file), file.filename().string());
    recipe.start = beside(file, recipe.start);
    return recipe;
}

} // namespace phloxine
