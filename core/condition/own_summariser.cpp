#include "core/condition/own_summariser.h"

#include "core/base/Error.h"
#include "core/base/process.h"
#include "core/condition/report_summary.h"
#include "core/condition/report_text.h"
#include "core/condition/report_words.h"
#include "core/condition/unicode.h"

namespace phloxine {

namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::Corrupt, "The summariser cannot be used: it " + why + "."); }

std::string outputOf(const std::string& command, const std::string& report, std::chrono::milliseconds limit) {
    const auto outcome = runCommand(command, report, limit, 64 * 1024);
    if (outcome.timedOut)
        throw Error(ErrorCode::Busy, "The summariser gave no answer within " + std::to_string(limit.count() / 1000) +
                                         " s and was stopped; allow it more time or use a quicker one.");
    if (outcome.tooMuch) refuse("wrote more than 64 kB");
    if (outcome.exitCode != 0) {
        const auto said = trimmed(outcome.err.substr(0, outcome.err.find('\n')));
        refuse("ended with code " + std::to_string(outcome.exitCode) + (said.empty() ? "" : " and \"" + plainText(said, 200) + "\""));
    }
    const auto text = trimmed(outcome.out);
    if (text.empty()) refuse("wrote nothing");
    if (decodeUtf8(text).find(U'\uFFFD') != std::u32string::npos || text.find('\0') != text.npos) refuse("wrote what is no text in UTF-8");
    return text;
}

struct Sentence {
    std::string text;
    bool whole = false; // it ends with a full stop
};

std::vector<Sentence> sentences(const std::string& text) {
    std::vector<Sentence> out;
    std::string sentence;
    for (std::size_t i = 0; i < text.size(); ++i) {
        sentence += text[i] == '\n' || text[i] == '\r' || text[i] == '\t' ? ' ' : text[i];
        const bool stop = std::string(".!?").find(text[i]) != std::string::npos;
        if (!stop || (i + 1 < text.size() && text[i + 1] != ' ' && text[i + 1] != '\n')) continue;
        if (i + 2 < text.size() && !mayEnd(trimmed(sentence.substr(0, sentence.size() - 1)), text[i + 2])) continue;
        if (!trimmed(sentence).empty()) out.push_back({trimmed(sentence), true});
        sentence.clear();
    }
    if (!trimmed(sentence).empty()) out.push_back({trimmed(sentence), false});
    return out;
}

bool endsOpen(const std::string& text) {
    const auto words = wordsOf(text);
    return words.empty() || staysOpen(words.back()) || mayStayOpen(text);
}

} // namespace

OwnSummary summariseWith(const std::string& command, const std::string& report, int maxTokens, std::chrono::milliseconds limit) {
    if (trimmed(command).empty())
        throw Error(ErrorCode::WrongUse, "The command of the summariser is empty; give a program and its arguments.");
    const auto all = sentences(outputOf(command, readableReport(report), limit));
    OwnSummary summary;
    const auto drop = [&](const std::string& sentence, const char* why) { summary.dropped.push_back({sentence, why}); };
    const bool alone = all.size() == 1; // one phrase without a stop is a summary; a last one without it is what a limit cut
    bool full = false;
    for (const auto& [text, whole] : all) {
        if (holdsIdentifier(text)) drop("(withheld)", "It holds a name, a date, a number of a record or a mask, or is endless.");
        else if ((!whole && !alone) || endsOpen(text)) drop(text, "It is cut off.");
        else if (full) drop(text, "It stands behind what did not fit.");
        else if (const auto longer = summary.text + (summary.text.empty() ? "" : " ") + text; promptTokens(longer) <= maxTokens)
            summary.text = longer;
        else full = true, drop(text, "It does not fit into what is left of the tokens.");
    }
    if (summary.text.empty()) refuse("left no whole sentence that fits into " + std::to_string(maxTokens) + " tokens");
    summary.tokens = promptTokens(summary.text);
    return summary;
}

} // namespace phloxine
