#pragma once
// A folder that is there as long as this value.
#include <unistd.h>

#include <filesystem>

#include "core/base/Files.h"

namespace phloxine {

class TemporaryFolder {
public:
    TemporaryFolder() : m_path((std::filesystem::temp_directory_path() / "phloxine-train-XXXXXX").string()) {
        if (!::mkdtemp(m_path.data())) throwFileError(errno, "write", m_path);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    std::filesystem::path path() const { return m_path; }

private:
    std::string m_path;
};

} // namespace phloxine
