#include "core/base/Error.h"

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

} // namespace phloxine
