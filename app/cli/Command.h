#pragma once
// A command of `phloxine` is a row of a table: a word, a sentence, and a function that adds its options to a CLI11 sub-command and returns
// what to run. One file per command; the table is in command_table.h.
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "core/base/Json.h"
#include "core/base/Progress.h"

namespace phloxine::cli {

struct Context {
    bool json = false;     // --json: one object on stdout and nothing else there
    bool quiet = false;    // no progress bar
    ProgressHook progress; // draws the bar on a terminal; throws Cancelled after Ctrl+C
};

using Run = std::function<int(const Context&)>; // returns the exit code; throws Error, Cancelled

struct CommandRow {
    const char* name;
    const char* title;
    Run (*add)(CLI::App& command);
};

// One row per command, each defined in its own file.
Run addDemo(CLI::App&);
Run addGenerate(CLI::App&);
Run addGrid(CLI::App&);
Run addRecreate(CLI::App&);
Run addReconstruct(CLI::App&);
Run addMetadata(CLI::App&);
Run addModels(CLI::App&);
Run addSlide(CLI::App&);
Run addAnnotate(CLI::App&);
Run addAssess(CLI::App&);
Run addCaption(CLI::App&);
Run addCompare(CLI::App&);
Run addEncoder(CLI::App&);
Run addExport(CLI::App&);
Run addStudy(CLI::App&);
Run addTiles(CLI::App&);
Run addTrain(CLI::App&);
Run addVerify(CLI::App&);
Run addBench(CLI::App&);
Run addSelfTest(CLI::App&);
Run addDiagnostics(CLI::App&);

// What main() does: 0 done, 1 failed, 2 wrong use, 130 stopped. Once per process: it takes over the signals that stop a command.
int runCommandLine(int argc, char** argv);

// The first line of what a foreign library threw: some add the calls that led to it.
std::string firstLine(const std::exception& error);
void print(const Json& json);        // one object, two spaces of indent, to stdout
void print(const std::string& line); // a line of text to stdout

} // namespace phloxine::cli
