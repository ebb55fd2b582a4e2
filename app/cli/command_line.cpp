// The command line: finds the command, runs it, and turns what it throws into one sentence and an exit code.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "app/cli/command_table.h"
#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/tensor/peak_memory.h"

using namespace phloxine;

namespace {

#define PHLOXINE_ROW(name, title, add) {name, title, cli::add},
constexpr cli::CommandRow commands[] = {PHLOXINE_COMMANDS(PHLOXINE_ROW)};
#undef PHLOXINE_ROW

std::atomic<bool> interrupted = false;

// A bar on the terminal, in one line of stderr; also the place where Ctrl+C takes effect.
void showProgress(const Progress& progress, bool draw) {
    if (interrupted) throw Cancelled();
    if (!draw) return;
    constexpr int width = 30;
    const int filled = int(progress.fraction * width);
    std::cerr << "\r\033[K" << std::string(std::size_t(filled), '#') << std::string(std::size_t(width - filled), '.') << "  "
              << progress.stage << std::flush;
    if (progress.fraction >= 1) std::cerr << "\r\033[K" << std::flush;
}

int fail(const std::string& sentence, bool progress) {
    std::cerr << (progress ? "\r\033[K" : "") << "phloxine: " << sentence << "\n";
    return 1;
}

} // namespace

void cli::print(const Json& json) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
} // file names may hold any bytes

std::string cli::firstLine(const std::exception& error) {
    const std::string all = error.what();
    return all.substr(0, all.find('\n'));
}

void cli::print(const std::string& line) { std::cout << line << "\n"; }

int cli::runCommandLine(int argc, char** argv) {
    CLI::App app("Phloxine: synthetic histology tiles beside real tissue. Research use only, not for diagnosis.", "phloxine");
    app.set_version_flag("--version", PHLOXINE_VERSION);
    app.require_subcommand(1);
    app.footer("Without a command the window opens.");
    cli::Context context;
    bool verbose = false;
    cli::Run run;
    for (const auto& row : commands) {
        auto* command = app.add_subcommand(row.name, row.title);
        command->add_flag("--json", context.json, "Print one JSON object on stdout");
        command->add_flag("--quiet", context.quiet, "No progress bar");
        command->add_flag("--verbose", verbose, "Print log lines to stderr");
        auto prepared = row.add(*command);
        command->callback([&run, prepared] { run = prepared; });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);
        std::cerr << "phloxine: " << e.what() << "; see phloxine --help.\n";
        return 2;
    }
    std::signal(SIGINT, [](int) { interrupted = true; });
    std::signal(SIGTERM, [](int) { interrupted = true; });
    std::signal(SIGPIPE, SIG_IGN);
    setLogToStderr(verbose);
    const bool draw = !context.quiet && !context.json && isatty(STDERR_FILENO);
    context.progress = [draw](const Progress& progress) { showProgress(progress, draw); };
    try {
        return run(context);
    } catch (const Cancelled&) {
        std::cerr << (draw ? "\r\033[K" : "") << "phloxine: Stopped; finished files are kept.\n";
        return 130;
    } catch (const Error& e) {
        fail(e.what(), draw);
        return e.code() == ErrorCode::WrongUse ? 2 : 1;
    } catch (const std::exception& e) {
        if (const auto fault = deviceFault(e)) return fail(fault->what(), draw);
        return fail("An unexpected fault stopped the command: " + cli::firstLine(e), draw);
    }
}
