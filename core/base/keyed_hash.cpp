#include "core/base/keyed_hash.h"

#include <array>
#include <random>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace {

constexpr std::size_t keyDigits = 64;

std::string hexOf(const unsigned char* bytes, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

} // namespace

std::string keyedHash(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (!HMAC(EVP_sha256(), key.data(), int(key.size()), bytes, text.size(), digest.data(), &size))
        throw Error(ErrorCode::Internal, "The HMAC of OpenSSL does not work on this machine.");
    return hexOf(digest.data(), keyedHashDigits / 2);
}

std::string randomKey() {
    std::random_device device;
    std::array<unsigned char, keyDigits / 2> bytes{};
    for (auto& byte : bytes) byte = static_cast<unsigned char>(device());
    return hexOf(bytes.data(), bytes.size());
}

std::string ownKey(const std::filesystem::path& file) {
    if (!isThere(file)) {
        makeWritableFolder(file.parent_path());
        try {
            writeFileAtomically(file, randomKey(), IfExists::Fail, Durability::Synced);
        } catch (const Error& e) {
            if (e.code() != ErrorCode::Exists) throw; // another program was first: its key counts
        }
    }
    std::error_code ignored; // a file system without permissions
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
    auto key = readFile(file, 1024);
    if (key.size() != keyDigits || key.find_first_not_of("0123456789abcdef") != key.npos)
        throw Error(ErrorCode::Corrupt, "The file " + file.filename().string() +
                                            " holds no key; remove it, and tiles of a patient get new hashes from then on.");
    return key;
}

} // namespace phloxine
