#pragma once
// The one exception type of Phloxine. A message is one plain sentence: what, where, what to do. Foreign exceptions are translated
// at the wrapper of the library that throws them.
#include <stdexcept>
#include <string>
#include <string_view>

namespace phloxine {

enum class ErrorCode {
    Truncated,
    NotAModel,
    Unsafe,
    Corrupt,
    LegacyFormat,
    Dtype,
    Shape,
    MissingKey,
    Nan,
    Yaml,
    Unsupported, // reading models
    OutOfMemory,
    DeviceLost,
    DiskFull,
    ReadOnly,
    Exists,
    Busy,
    NotFound,
    WrongUse,
    Internal
};

// The word used in JSON and in parity cases: "truncated", "not-a-model", "missing-key", ...
std::string_view toString(ErrorCode code);

// Words of a stranger, fit to be shown: control characters and what is not UTF-8 become "?", and what is too long is cut.
std::string plainText(std::string_view text, std::size_t longest = 640);

class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, const std::string& context = {})
        : std::runtime_error(plainText(message)), m_code(code), m_context(plainText(context, 4096)) {}
    ErrorCode code() const { return m_code; }
    const std::string& context() const { return m_context; } // details for "Show details"; may be empty

private:
    ErrorCode m_code;
    std::string m_context;
};

[[noreturn]] void wrongUse(const std::string& sentence); // throws Error(WrongUse)

// Thrown by a hook when the user stops a run. Not an Error on purpose: it must not be reported as one.
class Cancelled {};

} // namespace phloxine
