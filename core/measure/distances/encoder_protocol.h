#pragma once
// What Phloxine and phloxine-encoder say to each other over pipes: a header, then float32 values.
#include <cstdint>

namespace phloxine {

constexpr std::uint32_t encoderMagic = 0x70686c78;

struct EncoderCall { // then n * 3 * size * size values, [n, 3, size, size]
    std::uint32_t magic = encoderMagic, n = 0, size = 0;
};
enum class EncoderStatus : std::uint32_t { Features, Message };
struct EncoderReply { // then n * width values, or n bytes of a message
    std::uint32_t magic = encoderMagic;
    EncoderStatus status = EncoderStatus::Features;
    std::uint32_t n = 0, width = 0;
};

} // namespace phloxine
