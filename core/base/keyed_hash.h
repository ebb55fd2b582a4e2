#pragma once
// Hashes that only the owner of a key can link to what they stand for: ids of patients and slides leave the program as nothing else.
#include <filesystem>
#include <string>
#include <string_view>

namespace phloxine {

inline constexpr std::size_t keyedHashDigits = 32; // hexadecimal: half of an HMAC-SHA-256 (RFC 2104), which may be cut so

std::string keyedHash(std::string_view key, std::string_view text);

// The key in a file that nobody else can read; made by chance where there is none. Error of writeFileAtomically(), Error(Corrupt) for a
// file that holds no key.
std::string ownKey(const std::filesystem::path& file);
std::string randomKey(); // 64 hexadecimal digits, from the operating system

} // namespace phloxine
