// Captions: `phloxine caption report`.
#include <iostream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Files.h"
#include "core/condition/report_summary.h"

namespace phloxine::cli {

namespace {

struct Options {
    std::string report;
    int tokens = 35;
};

int report(const Context& context, const Options& options) {
    const auto text = options.report == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : readFile(options.report, 64u << 20);
    const auto summary = summariseReport(text, options.tokens);
    if (context.json) {
        print(toJson(summary));
        return 0;
    }
    for (const auto& remark : summary.remarks) std::cerr << remark << "\n";
    print(summary.text);
    return 0;
}

} // namespace

Run addCaption(CLI::App& command) {
    auto options = std::make_shared<Options>();
    command.require_subcommand(1);
    CLI::App* reportCommand = command.add_subcommand("report", "A short text of whole findings from a pathology report");
    reportCommand->add_option("file", options->report, "The report as plain text in UTF-8; - for the standard input")->required();
    reportCommand->add_option("--tokens", options->tokens, "CLIP tokens at most, start and end included: 20, 35, 50, 75, 154 ...")->capture_default_str();
    for (CLI::App* sub : {reportCommand}) sub->fallthrough();
    return [options](const Context& context) { return report(context, *options); };
}

} // namespace phloxine::cli
