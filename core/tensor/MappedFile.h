#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

namespace phloxine {

// A read-only memory map; tensors made from it keep it alive.
class MappedFile {
public:
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path); // Error(NotFound | Truncated when empty)
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    const std::byte* data() const { return m_data; }
    std::size_t size() const { return m_size; }
    // Gives the pages of a range back to the system; they are read again when touched. So a tensor that was copied into another precision
    // is not held twice. Does nothing for memory that belongs to no mapped file.
    static void release(const void* begin, std::size_t bytes);
    std::string_view text() const { return {reinterpret_cast<const char*>(m_data), m_size}; }

private:
    MappedFile() = default;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace phloxine
