#pragma once
#include <memory>

#include <CLI/CLI.hpp>

#include "core/generate/Generator.h"

namespace phloxine::cli {

// The flags of a GenerateRequest, shared by the commands that make tiles.
std::shared_ptr<GenerateRequest> addRequestOptions(CLI::App& command);

} // namespace phloxine::cli
