#include "core/model/card_statements.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/image/colour_difference.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr double smallestScale = 0.01, largestScale = 100, nearColours = 15;
constexpr std::size_t longestWords = 400;
constexpr const char* noColour = "#888888"; // of classes beyond the palette: their code alone tells them apart

template <typename T>
void lay(T& entry, const std::optional<T>& stated) {
    if (stated) entry = *stated;
}

template <typename T>
void put(Json& json, const char* key, const std::optional<T>& stated) {
    if (stated) json[key] = *stated;
}

template <typename T>
void take(const Json& json, const char* key, std::optional<T>& stated) {
    if (const auto it = json.find(key); it != json.end()) stated = it->get<T>();
}

template <typename T>
std::optional<T> changed(const T& own, const T& wanted) {
    return own == wanted ? std::nullopt : std::optional(wanted);
}

Json toJson(const CardStatements& s) {
    Json json{{"format", "phloxine-card/1"}};
    put(json, "title", s.title), put(json, "licence", s.licence), put(json, "stain", s.stain);
    put(json, "outputs_may_form_data_sets", s.outputsMayFormDataSets), put(json, "mpp", s.micronsPerPixel);
    for (const auto& [id, c] : s.classes) {
        auto& entry = json["classes"][id] = Json::object();
        put(entry, "label", c.label), put(entry, "code", c.code), put(entry, "colour", c.colour);
    }
    return json;
}

bool oneLine(const std::string& text) {
    return text.size() <= longestWords && std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 32; });
}

} // namespace

ModelCard withStatements(ModelCard card, const CardStatements& s) {
    lay(card.title, s.title), lay(card.licence, s.licence), lay(card.stain, s.stain);
    lay(card.outputsMayFormDataSets, s.outputsMayFormDataSets);
    if (s.micronsPerPixel) card.scale = {*s.micronsPerPixel, ScaleSource::User};
    for (auto& c : card.classes)
        if (const auto stated = s.classes.find(c.id); stated != s.classes.end())
            lay(c.label, stated->second.label), lay(c.code, stated->second.code), lay(c.colour, stated->second.colour);
    return card;
}

CardStatements statementsFor(const ModelCard& own, const ModelCard& wanted) {
    CardStatements s;
    s.title = changed(own.title, wanted.title), s.licence = changed(own.licence, wanted.licence),
    s.stain = changed(own.stain, wanted.stain);
    s.outputsMayFormDataSets = changed(own.outputsMayFormDataSets, wanted.outputsMayFormDataSets);
    s.micronsPerPixel = changed(own.scale.micronsPerPixel, wanted.scale.micronsPerPixel);
    for (const auto& c : own.classes)
        if (const auto* w = wanted.findClass(c.id)) {
            ClassStatement stated{changed(c.label, w->label), changed(c.code, w->code), changed(c.colour, w->colour)};
            if (stated != ClassStatement()) s.classes[c.id] = stated;
        }
    return s;
}

CardRights rightsOf(const ModelEntry& entry, const ModelCard& own) {
    CardRights rights;
    try {
        rights.words = entry.path.parent_path().lexically_normal() == ModelStore::userRoot().lexically_normal();
    } catch (const Error&) {} // no home folder
    const auto source = own.scale.source;
    rights.scale = source != ScaleSource::Property && source != ScaleSource::Tags && (rights.words || source != ScaleSource::Model);
    return rights;
}

std::vector<CardFault> faultsIn(const ModelCard& card) {
    std::vector<CardFault> faults;
    const auto say = [&](const std::string& field, const char* sentence) { faults.push_back({field, sentence}); };
    if (card.title.find_first_not_of(' ') == card.title.npos) say("title", "Give the model a title.");
    else if (!oneLine(card.title)) say("title", "The title is one line of at most 400 letters.");
    if (!oneLine(card.licence)) say("licence", "The licence is one line of at most 400 letters.");
    if (!oneLine(card.stain)) say("stain", "The stain is one line of at most 400 letters.");
    const double mpp = card.scale.micronsPerPixel;
    if (!(mpp == 0 || (mpp >= smallestScale && mpp <= largestScale))) say("scale", "The pixel size lies between 0.01 and 100 \u00b5m/px.");
    for (const auto& c : card.classes) {
        const auto field = "class/" + c.id + "/";
        if (c.label.find_first_not_of(' ') == c.label.npos || !oneLine(c.label)) say(field + "label", "A class needs a name of one line.");
        const bool plain = std::all_of(c.code.begin(), c.code.end(), [](unsigned char l) { return std::isalnum(l) && l < 128; });
        if (c.code.empty() || c.code.size() > 3 || !plain) say(field + "code", "A code has two letters or digits, three at most.");
        for (const auto& other : card.classes)
            if (&other < &c && other.code == c.code) say(field + "code", "Two classes have this code.");
        if (!isColour(c.colour)) say(field + "colour", "Write the colour as #RRGGBB.");
    }
    return faults;
}

std::vector<std::string> colourWarnings(const ModelCard& card) {
    std::vector<std::string> warnings;
    for (const auto& a : card.classes)
        for (const auto& b : card.classes) {
            if (&a >= &b || !isColour(a.colour) || !isColour(b.colour) || a.colour == noColour || b.colour == noColour) continue;
            if (leastColourDifference(a.colour, b.colour) < nearColours)
                warnings.push_back("The colours of " + a.code + " and " + b.code + " are hard to tell apart for some readers.");
        }
    return warnings;
}

ModelCard ownCard(const ModelEntry& entry) {
    const auto file = entry.path / "model.json";
    return isThere(file) ? modelCardFromJson(readJsonFile(file), entry.path.filename().string() + "/model.json") : entry.card;
}

fs::path statementsFile(const ModelCard& card) {
    std::string name;
    for (const unsigned char c : card.id) name += std::isalnum(c) || c == '-' || c == '_' || c == '.' ? char(c) : '_';
    return ModelStore::userRoot().parent_path() / "cards" / (name + "-" + card.weightsSha256.substr(0, 12) + ".json");
}

CardStatements readStatements(const fs::path& file) {
    CardStatements s;
    if (!isThere(file)) return s;
    const auto json = readJsonFile(file);
    requireFormat(json, "card", 1, file.filename().string());
    try {
        take(json, "title", s.title), take(json, "licence", s.licence), take(json, "stain", s.stain);
        take(json, "outputs_may_form_data_sets", s.outputsMayFormDataSets), take(json, "mpp", s.micronsPerPixel);
        const auto classes = json.value("classes", Json::object());
        for (const auto& [id, entry] : classes.items()) {
            auto& c = s.classes[id];
            take(entry, "label", c.label), take(entry, "code", c.code), take(entry, "colour", c.colour);
        }
    } catch (const Json::exception& e) {
        throw Error(ErrorCode::Corrupt, "What you said about a model cannot be read from " + file.filename().string() + "; say it again.",
                    e.what());
    }
    return s;
}

void storeStatements(const ModelCard& own, const CardStatements& statements) {
    for (const auto& fault : faultsIn(withStatements(own, statements))) {
        const auto old = faultsIn(own); // what the model's own card does not keep is not the user's to answer for
        if (std::none_of(old.begin(), old.end(), [&](const auto& known) { return known.field == fault.field; }))
            throw Error(ErrorCode::WrongUse, fault.sentence, fault.field);
    }
    const auto file = statementsFile(own);
    try {
        (void)readStatements(file);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::Corrupt) throw;
        std::error_code error;
        fs::rename(file, fs::path(file).replace_extension(".damaged"), error);
        if (error) throwFileError(error.value(), "set aside", file);
    }
    if (statements.empty()) {
        std::error_code gone;
        fs::remove(file, gone);
        return;
    }
    makeWritableFolder(file.parent_path());
    writeFileAtomically(file, toJson(statements).dump(1) + "\n", IfExists::Replace, Durability::Synced);
}

} // namespace phloxine
