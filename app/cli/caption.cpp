// Captions: `phloxine caption report`, `phloxine caption set`.
#include <iostream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/annotate/CaptionRequest.h"
#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/own_summariser.h"
#include "core/condition/prompt_grammar.h"
#include "core/condition/report_summary.h"

namespace phloxine::cli {

namespace {

struct CaptionOptions {
    std::string report, summariser;
    int tokens = 35;
    double seconds = 120;
    CaptionRequest request;
    std::string data, reports, out;
    std::vector<std::string> levels, names;
};

std::chrono::milliseconds limitOf(const CaptionOptions& options) { return std::chrono::milliseconds(std::int64_t(options.seconds * 1000)); }

int ownReport(const Context& context, const CaptionOptions& options, const std::string& text) {
    const auto summary = summariseWith(options.summariser, text, options.tokens, limitOf(options));
    if (context.json) {
        Json dropped = Json::array();
        for (const auto& [sentence, why] : summary.dropped) dropped.push_back({{"text", sentence}, {"why", why}});
        print({{"summary", summary.text}, {"tokens", summary.tokens}, {"dropped", dropped}});
        return 0;
    }
    for (const auto& [sentence, why] : summary.dropped) std::cerr << "Left out: " << sentence << " " << why << "\n";
    print(summary.text);
    return 0;
}

int report(const Context& context, const CaptionOptions& options) {
    constexpr std::uint64_t most = 64u << 20;
    const auto text = options.report == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : readFile(options.report, most);
    if (!options.summariser.empty()) return ownReport(context, options, text);
    const auto summary = summariseReport(text, options.tokens);
    if (context.json) {
        print(toJson(summary));
        return 0;
    }
    for (const auto& remark : summary.remarks) std::cerr << remark << "\n";
    print(summary.text);
    return 0;
}

// "tumor=TABLE[:CLASS]", where TABLE may be a folder.
void takeLevel(const std::string& text, CaptionRequest& request) {
    const auto equals = text.find('=');
    const auto which = text.substr(0, equals);
    if (equals == text.npos || (which != "tumor" && which != "til"))
        throw Error(ErrorCode::WrongUse, "--levels takes tumor=TABLE[:CLASS] or til=TABLE[:CLASS], not \"" + text + "\".");
    auto& level = which == "tumor" ? request.tumor : request.til;
    const auto rest = text.substr(equals + 1);
    const auto colon = isThere(rest) ? rest.npos : rest.rfind(':');
    level.table = rest.substr(0, colon);
    level.className = colon == rest.npos ? std::string() : rest.substr(colon + 1);
}

int set(const Context& context, const CaptionOptions& options) {
    auto request = options.request;
    request.data = options.data, request.reports = options.reports;
    request.summariser = options.summariser, request.summariserLimit = limitOf(options);
    request.summaryTokens = options.tokens;
    for (const auto& text : options.levels) takeLevel(text, request);
    for (const auto& text : options.names) {
        const auto equals = text.find('=');
        if (equals == text.npos || equals == 0) throw Error(ErrorCode::WrongUse, "--name takes CLASS=WORDS, not \"" + text + "\".");
        request.classNames[text.substr(0, equals)] = text.substr(equals + 1);
    }
    requireCaptionPlace(options.out);
    const auto result = captionSet(request, context.progress);
    writeCaptions(result, options.out);
    if (context.json) {
        auto json = result.protocol;
        json["file"] = options.out;
        print(json);
        return 0;
    }
    print(options.out + ": " + std::to_string(result.tiles.size()) + " captions, " + result.protocol["n_dropped"].dump() +
          " tiles left out, " + result.protocol["n_rewritten"].dump() + " captions shortened");
    print("For example: " + result.tiles[result.tiles.size() / 2].text);
    for (const auto& row : result.protocol["reports"])
        if (row.contains("refused")) print("Report of " + row["group"].get<std::string>() + ": " + row["refused"].get<std::string>());
    return 0;
}

void addSummaryOptions(CLI::App& command, CaptionOptions& options) {
    command.add_option("--tokens", options.tokens, "CLIP tokens of a summary at most, start and end included: 20, 35, 50, 75, 154 ...")
        ->capture_default_str();
    command.add_option("--summariser", options.summariser,
                       "A command of yours that reads the report and writes the summary, instead of ours");
    command.add_option("--seconds", options.seconds, "Longest time for that command")->check(CLI::Range(0.1, 1e5))->capture_default_str();
}

} // namespace

Run addCaption(CLI::App& command) {
    auto options = std::make_shared<CaptionOptions>();
    auto& request = options->request;
    command.require_subcommand(1);
    CLI::App* reportCommand = command.add_subcommand("report", "A short text of whole findings from a pathology report");
    reportCommand->add_option("file", options->report, "The report as plain text in UTF-8; - for the standard input")->required();
    addSummaryOptions(*reportCommand, *options);
    CLI::App* setCommand = command.add_subcommand("set", "Captions for tiles: class, measured attributes, tumour and TIL levels, reports");
    std::string grammars;
    for (const auto& row : promptGrammars()) grammars += (grammars.empty() ? "" : ", ") + std::string(row.id);
    setCommand->add_option("--data", options->data, "Folder of tiles, one folder per class, or metadata.jsonl")->required();
    setCommand->add_option("--out", options->out, "The metadata.jsonl to write; NAME.protocol.json comes beside it")->required();
    setCommand->add_option("--grammar", request.grammar, "Of: " + grammars)->capture_default_str();
    setCommand->add_option(
        "--levels", options->levels,
        "tumor=TABLE[:CLASS] or til=TABLE[:CLASS]: a CSV with prob_* over files or places, or a folder of one per slide");
    setCommand->add_option("--threshold", request.threshold, "Probability from which a level is high")->capture_default_str();
    setCommand->add_option("--reports", options->reports, "Folder with a report for each group: GROUP.txt");
    setCommand->add_option("--name", options->names, "CLASS=WORDS: how a class is called in captions");
    setCommand->add_option("--prompt-tokens", request.promptTokens, "CLIP tokens of a whole caption at most")->capture_default_str();
    setCommand->add_option("--group-pattern", request.groupPattern,
                           "Regular expression over file names; its first bracket is the field, slide or patient: ^g([0-9]+)_");
    setCommand->add_option("--hold-out", request.holdOut,
                           "Regular expression over groups that have no part in the thresholds of the levels");
    addSummaryOptions(*setCommand, *options);
    for (CLI::App* sub : {reportCommand, setCommand}) sub->fallthrough();
    return [reportCommand, options](const Context& context) {
        return reportCommand->parsed() ? report(context, *options) : set(context, *options);
    };
}

} // namespace phloxine::cli
