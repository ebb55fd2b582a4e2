#pragma once
// What a person says about a model where its own card leaves something open: a file in the user's data, laid over the card whenever models
// are listed. The model's own files are never written.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/ModelStore.h"

namespace phloxine {

struct ClassStatement {
    std::optional<std::string> label, code, colour;
    bool operator==(const ClassStatement&) const = default;
};
struct CardStatements { // what is not set is as the card says
    std::optional<std::string> title, licence, stain;
    std::optional<bool> outputsMayFormDataSets;
    std::optional<double> micronsPerPixel; // its source is then the user
    std::map<std::string, ClassStatement> classes;
    bool empty() const { return *this == CardStatements(); }
    bool operator==(const CardStatements&) const = default;
};

ModelCard withStatements(ModelCard card, const CardStatements& statements);
CardStatements statementsFor(const ModelCard& own, const ModelCard& wanted); // what differs

// What may be stated. Codes and colours always; the scale unless the model's files measured it; words and labels of the user's own models,
// since the program's state theirs. Never the prompt of a class: the record of a tile names the class alone, so other words would make
// other pixels from it.
struct CardRights {
    bool words = false, scale = false;
};
CardRights rightsOf(const ModelEntry& entry, const ModelCard& own);

struct CardFault {
    std::string field; // "title", "scale", "class/lung_scc/code"
    std::string sentence;
};
std::vector<CardFault> faultsIn(const ModelCard& card);
// Two classes whose colours are hard to tell apart, as a sentence each: nearer than 15 for some reader. Grey ones, #888888, have no colour.
std::vector<std::string> colourWarnings(const ModelCard& card);

ModelCard ownCard(const ModelEntry& entry);                       // as its files say it
std::filesystem::path statementsFile(const ModelCard& card);      // <user's data>/phloxine/cards/<id>-<weights>.json
CardStatements readStatements(const std::filesystem::path& file); // none where there is no file. Error(Corrupt | Unsupported)
// Replaces what was said; nothing said removes the file. One that could not be read is kept as .damaged. Error(WrongUse | DiskFull | ...)
void storeStatements(const ModelCard& own, const CardStatements& statements);

} // namespace phloxine
