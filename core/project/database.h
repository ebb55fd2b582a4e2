#pragma once
// The SQLite file of a project, by SQLiteCpp: its tables and their versions, and its faults as Error. Internal to core/project.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

namespace phloxine {

// Runs `work`; what SQLite throws becomes Error(DiskFull | ReadOnly | Busy | Corrupt | Internal) in one sentence.
void guarded(const std::filesystem::path& file, const std::function<void()>& work);
template <typename T>
T guardedValue(const std::filesystem::path& file, const std::function<T()>& work) {
    T result{};
    guarded(file, [&] { result = work(); });
    return result;
}

// Opens or makes the file, checks it and brings its tables up to date. Error(Corrupt) where it is damaged, Unsupported where it is newer,
// NotFound for a file that is to be read and is not there.
std::unique_ptr<SQLite::Database> openDatabase(const std::filesystem::path& file, bool readOnly);

// What a database holds that another program is writing to: a copy of it and of its log, for reading. Error(Busy) where it changes all
// the time.
std::unique_ptr<SQLite::Database> openCopy(const std::filesystem::path& file);

// Out of the way as "<name>.damaged-<n>", with what belongs to it.
std::filesystem::path setAside(const std::filesystem::path& file);

} // namespace phloxine
