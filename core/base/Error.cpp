#include "core/base/Error.h"

#include <algorithm>

namespace phloxine {

std::string_view toString(ErrorCode code) {
    switch (code) {
    case ErrorCode::Truncated:
        return "truncated";
    case ErrorCode::NotAModel:
        return "not-a-model";
    case ErrorCode::Unsafe:
        return "unsafe";
    case ErrorCode::Corrupt:
        return "corrupt";
    case ErrorCode::LegacyFormat:
        return "legacy-format";
    case ErrorCode::Dtype:
        return "dtype";
    case ErrorCode::Shape:
        return "shape";
    case ErrorCode::MissingKey:
        return "missing-key";
    case ErrorCode::Nan:
        return "nan";
    case ErrorCode::Yaml:
        return "yaml";
    case ErrorCode::Unsupported:
        return "unsupported";
    case ErrorCode::OutOfMemory:
        return "out-of-memory";
    case ErrorCode::DeviceLost:
        return "device-lost";
    case ErrorCode::DiskFull:
        return "disk-full";
    case ErrorCode::ReadOnly:
        return "read-only";
    case ErrorCode::Exists:
        return "exists";
    case ErrorCode::Busy:
        return "busy";
    case ErrorCode::NotFound:
        return "not-found";
    case ErrorCode::WrongUse:
        return "wrong-use";
    case ErrorCode::Internal:
        break;
    }
    return "internal";
}

namespace {

// Bytes of the well-formed UTF-8 character that begins here; 0 where none does.
std::size_t characterAt(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned lead = byte(0), next = byte(1);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead < 0xF0) {
        const bool overlong = lead == 0xE0 && next < 0xA0, surrogate = lead == 0xED && next >= 0xA0;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0 && lead < 0xF5) {
        const bool overlong = lead == 0xF0 && next < 0x90, beyond = lead == 0xF4 && next >= 0x90;
        return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

} // namespace

std::string plainText(std::string_view text, std::size_t longest) {
    std::string plain;
    for (std::size_t i = 0; i < text.size();) {
        const auto size = characterAt(text.substr(i, 4));
        const auto first = static_cast<unsigned char>(text[i]);
        const bool control =
            first < 0x20 || first == 0x7f || (first == 0xC2 && size == 2 && static_cast<unsigned char>(text[i + 1]) < 0xA0);
        if (plain.size() + 8 > longest) return plain + " ...";
        if (size == 0 || control) plain += '?';
        else plain += text.substr(i, size);
        i += std::max<std::size_t>(size, 1);
    }
    return plain;
}

void wrongUse(const std::string& sentence) { throw Error(ErrorCode::WrongUse, sentence); }

} // namespace phloxine
