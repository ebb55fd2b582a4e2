#include "core/base/Log.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr long rotateAtBytes = 1 << 20;

struct LogState {
    std::mutex mutex;
    std::FILE* file = nullptr;
    fs::path path;
    bool toStderr = true;
};

LogState& state() {
    static LogState* const s = new LogState; // never destroyed: other threads may log while the process ends
    return *s;
}

std::string lineFor(LogLevel level, std::string_view sentence) {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts = {};
    localtime_r(&now, &parts);
    char time[32];
    std::strftime(time, sizeof time, "%Y-%m-%d %H:%M:%S", &parts);
    const char* word = level == LogLevel::Info ? " info: " : level == LogLevel::Warning ? " warning: " : " error: ";
    std::string line = time + std::string(word);
    for (const char c : sentence) line += c == '\n' || c == '\r' ? ' ' : c; // one message, one line, whatever a file name holds
    return line + '\n';
}

void rotate(LogState& s) {
    std::fclose(s.file);
    std::error_code ignored;
    fs::rename(s.path, fs::path(s.path) += ".1", ignored);
    s.file = std::fopen(s.path.c_str(), "ae");
}

} // namespace

void log(LogLevel level, std::string_view sentence) {
    const std::string line = lineFor(level, sentence);
    LogState& s = state();
    const std::lock_guard lock(s.mutex);
    if (s.toStderr) std::fputs(line.c_str(), stderr);
    if (!s.file) return;
    std::fputs(line.c_str(), s.file);
    std::fflush(s.file);
    if (std::ftell(s.file) >= rotateAtBytes) rotate(s);
}

void setLogFile(const fs::path& file) {
    LogState& s = state();
    const std::lock_guard lock(s.mutex);
    if (s.file) std::fclose(s.file);
    std::error_code ignored;
    if (file.has_parent_path()) fs::create_directories(file.parent_path(), ignored);
    s.path = file;
    s.file = file.empty() ? nullptr : std::fopen(file.c_str(), "ae"); // no log file is no reason to stop working
    if (s.file) std::fseek(s.file, 0, SEEK_END);
}

void setLogToStderr(bool on) {
    LogState& s = state();
    const std::lock_guard lock(s.mutex);
    s.toStderr = on;
}

} // namespace phloxine
