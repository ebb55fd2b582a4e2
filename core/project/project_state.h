#pragma once
// What the parts of Project share. Internal to core/project.
#include <optional>

#include "core/base/Files.h"
#include "core/project/Project.h"
#include "core/project/database.h"

namespace phloxine {

struct Project::State {
    std::filesystem::path folder, file;
    std::optional<FolderLock> lock;
    std::unique_ptr<SQLite::Database> db;
    bool readOnly = false, locked = false; // locked: by another program, so a copy of its database is read

    void requireWritable() const;                                    // Error(ReadOnly)
    void change(const std::function<void(SQLite::Database&)>& work); // all of it or nothing
};

// Lower case, letters and digits alone, a space before each word: " lung scc". For the column `words` and for what is looked for.
std::string searchWords(const std::string& text);

} // namespace phloxine
