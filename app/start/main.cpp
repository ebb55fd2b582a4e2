// `phloxine`: the program that a user calls. It lists the commands itself; a first word that is one of them starts `phloxine-commands`, and
// without one `phloxine-window`, both beside this one. Neither Torch nor Qt is loaded here, so help is there at once.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "app/cli/command_table.h"
#include "core/base/process.h"

namespace {

struct Row {
    const char *name, *title;
};
#define PHLOXINE_ROW(name, title, add) {name, title},
constexpr Row commands[] = {PHLOXINE_COMMANDS(PHLOXINE_ROW)};
#undef PHLOXINE_ROW

[[noreturn]] void stop(const char* sentence) {
    std::fprintf(stderr, "phloxine: %s\n", sentence);
    std::exit(1);
}

// Becomes the program of that name beside this one.
[[noreturn]] void become(const char* name, char** argv) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    phloxine::chooseSpinning();
    execv(program.c_str(), argv);
    stop((std::string(name) + " cannot be started: " + std::strerror(errno) + "; it belongs beside phloxine, install Phloxine again.")
             .c_str());
}

[[noreturn]] void startWindow(char** argv) {
    if (!std::filesystem::exists(std::filesystem::read_symlink("/proc/self/exe").parent_path() / "phloxine-window"))
        stop("The window program is not installed beside this one; use a command, see phloxine --help.");
    bool headless = false;
    for (char** a = argv + 1; *a; ++a) headless = headless || std::strncmp(*a, "--screenshot", 12) == 0;
    if (!headless && !std::getenv("DISPLAY") && !std::getenv("WAYLAND_DISPLAY") && !std::getenv("QT_QPA_PLATFORM"))
        stop("There is no display to open a window on; use a command such as `phloxine demo`, see phloxine --help.");
    become("phloxine-window", argv);
}

bool isCommand(const std::string& word) {
    for (const auto& row : commands)
        if (word == row.name) return true;                   // also beside a folder of that name
    return word[0] != '-' && !std::filesystem::exists(word); // a file to open belongs to the window
}

int listCommands(int argc, char** argv) {
    CLI::App app("Phloxine: synthetic histology tiles beside real tissue. Research use only, not for diagnosis.", "phloxine");
    app.set_version_flag("--version", PHLOXINE_VERSION);
    app.footer("Without a command the window opens.");
    for (const auto& row : commands) app.add_subcommand(row.name, row.title);
    CLI11_PARSE(app, argc, argv);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string first = argc > 1 ? argv[1] : "";
    if (first == "--help" || first == "-h" || first == "--version") return listCommands(argc, argv);
    if (argc > 1 && isCommand(first)) become("phloxine-commands", argv);
    startWindow(argv);
}
