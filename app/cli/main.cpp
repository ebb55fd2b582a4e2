// `phloxine`: the command line. A first word that is a command runs it; without one the window program beside this one is started.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app/cli/Command.h"
#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/base/process.h"

using namespace phloxine;

namespace {

constexpr cli::CommandRow commands[] = {
    {"demo", "Tiles for every class of the embedded model beside a real region, and a small export", cli::addDemo},
    {"generate", "Make tiles from a tissue class or a text", cli::addGenerate},
    {"grid", "Make tiles while two parameters change, and a sheet of them", cli::addGrid},
    {"recreate", "Make a tile again from the provenance in its file", cli::addRecreate},
    {"reconstruct", "Take real regions through the latent space of a model and measure what is lost", cli::addReconstruct},
    {"metadata", "Show how a tile was made", cli::addMetadata},
    {"models", "List models, or say what a checkpoint is", cli::addModels},
    {"slide", "Read a whole-slide image", cli::addSlide},
    {"annotate", "Run a classifier of your own over tiles or a slide and write a table of probabilities", cli::addAnnotate},
    {"assess", "Do synthetic tiles help a classifier: train with and without them", cli::addAssess},
    {"caption", "Write captions: a report in few tokens, a set of tiles in words", cli::addCaption},
    {"compare", "Measure how real, varied, copied and faithful synthetic tiles are", cli::addCompare},
    {"encoder", "Train a network that knows the same tissue again, or show one", cli::addEncoder},
    {"export", "Write an augmentation set from a plan", cli::addExport},
    {"study", "Train the same model under several conditions and compare", cli::addStudy},
    {"tiles", "Cut tiles from slides and their regions, to train on and to compare with", cli::addTiles},
    {"train", "Train a model from a recipe", cli::addTrain},
    {"verify", "Run parity cases and print the error of each tensor", cli::addVerify},
    {"bench", "Measure time and memory, beside peers", cli::addBench},
    {"self-test", "Is this machine fit for Phloxine", cli::addSelfTest},
    {"diagnostics", "What to paste into a bug report, without personal data", cli::addDiagnostics},
};

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

[[noreturn]] void startWindow(char** argv) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "phloxine-window";
    if (!std::filesystem::exists(program)) {
        std::cerr << "phloxine: The window program is not installed beside this one; use a command, see phloxine --help.\n";
        std::exit(1);
    }
    bool headless = false;
    for (char** a = argv + 1; *a; ++a) headless = headless || std::strncmp(*a, "--screenshot", 12) == 0;
    if (!headless && !std::getenv("DISPLAY") && !std::getenv("WAYLAND_DISPLAY") && !std::getenv("QT_QPA_PLATFORM")) {
        std::cerr << "phloxine: There is no display to open a window on; use a command such as `phloxine demo`, see phloxine --help.\n";
        std::exit(1);
    }
    execv(program.c_str(), argv);
    std::cerr << "phloxine: The window program cannot be started: " << std::strerror(errno) << ".\n";
    std::exit(1);
}

bool isCommandLine(int argc, char** argv) {
    if (argc < 2) return false;
    const std::string first = argv[1];
    if (first == "--help" || first == "-h" || first == "--version") return true;
    for (const auto& row : commands)
        if (first == row.name) return true;                    // also beside a folder of that name
    return first[0] != '-' && !std::filesystem::exists(first); // a file to open belongs to the window
}

int fail(const std::string& sentence, bool progress) {
    std::cerr << (progress ? "\r\033[K" : "") << "phloxine: " << sentence << "\n";
    return 1;
}

} // namespace

void cli::print(const Json& json) {
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
} // file names may hold any bytes
void cli::print(const std::string& line) { std::cout << line << "\n"; }

int main(int argc, char** argv) {
    limitSpinning(argv);
    if (!isCommandLine(argc, argv)) startWindow(argv);
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
    } catch (const std::bad_alloc&) {
        return fail("The memory was full; close other programs and try again.", draw);
    } catch (const std::exception& e) { return fail(std::string("An unexpected fault stopped the command: ") + e.what(), draw); }
}
