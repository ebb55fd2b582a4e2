#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace phloxine {

// SHA-256 in pieces; results are 64 lower-case hexadecimal digits.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    void add(std::span<const std::byte> bytes);
    void add(std::string_view text);
    std::string hex(); // ends the computation

private:
    struct State;
    std::unique_ptr<State> m_state;
};

std::string sha256(std::string_view text);
std::string sha256OfFile(const std::filesystem::path& path); // Error(NotFound)

} // namespace phloxine
