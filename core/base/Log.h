#pragma once
#include <filesystem>
#include <string_view>

namespace phloxine {

// One line to stderr and, once setLogFile() was called, to a file that is rotated at 1 MiB. Never to stdout, which belongs to results.
enum class LogLevel { Info, Warning, Error };
void log(LogLevel level, std::string_view sentence);
void setLogFile(const std::filesystem::path& file);
void setLogToStderr(bool on); // the command line shows only what the user asked for unless --verbose

inline void logInfo(std::string_view sentence) { log(LogLevel::Info, sentence); }
inline void logWarning(std::string_view sentence) { log(LogLevel::Warning, sentence); }

} // namespace phloxine
