#include "core/base/Sha256.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <vector>

#include <openssl/evp.h>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

namespace {
void require(int ok) {
    if (ok != 1) throw Error(ErrorCode::Internal, "The SHA-256 of OpenSSL does not work on this machine.");
}
} // namespace

Sha256::Sha256() : m_state(std::make_unique<State>()) { require(EVP_DigestInit_ex(m_state->context, EVP_sha256(), nullptr)); }
Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) { require(EVP_DigestUpdate(m_state->context, bytes.data(), bytes.size())); }
void Sha256::add(std::string_view text) { add(std::as_bytes(std::span(text))); }

std::string Sha256::hex() {
    std::array<unsigned char, 32> digest = {};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(m_state->context, digest.data(), &size));
    std::string text;
    for (const unsigned char byte : digest) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string sha256(std::string_view text) {
    Sha256 sum;
    sum.add(text);
    return sum.hex();
}

std::string sha256OfFile(const std::filesystem::path& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
    if (!file) throwFileError(errno, "read", path);
    std::vector<std::byte> buffer(1 << 20);
    Sha256 sum;
    std::size_t n = 0;
    while ((n = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0) sum.add(std::span(buffer).first(n));
    if (std::ferror(file.get())) throwFileError(errno, "read", path);
    return sum.hex();
}

} // namespace phloxine
