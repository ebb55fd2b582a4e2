#include "core/tensor/npy.h"

#include <cstring>
#include <regex>

#include "core/base/Error.h"
#include "core/tensor/MappedFile.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace {

struct DescrRow {
    std::string_view name;
    at::ScalarType type;
};
constexpr DescrRow descrs[] = {{"<f4", at::kFloat}, {"<f2", at::kHalf}, {"<f8", at::kDouble}, {"<i8", at::kLong},
                               {"<i4", at::kInt},   {"|u1", at::kByte}, {"|i1", at::kChar},   {"|b1", at::kBool}};

[[noreturn]] void corrupt(const std::string& file, const std::string& why) {
    throw Error(ErrorCode::Corrupt, "The array file " + file + " is damaged: " + why + "; write it again with numpy.save.");
}

// The header is a Python dictionary of a fixed form; it is matched, not evaluated.
std::string field(const std::string& header, const std::string& pattern, const std::string& what, const std::string& file) {
    std::smatch match;
    if (!std::regex_search(header, match, std::regex(pattern))) corrupt(file, "its header gives no " + what);
    return match[1];
}

std::vector<std::int64_t> shapeFrom(const std::string& text, const std::string& file) {
    std::vector<std::int64_t> shape;
    static const std::regex number("\\d+");
    for (std::sregex_iterator it(text.begin(), text.end(), number), end; it != end; ++it) {
        if (it->length() > 15 || shape.size() == 8) corrupt(file, "its shape is impossible");
        shape.push_back(std::stoll(it->str()));
    }
    return shape;
}

} // namespace

at::Tensor readNpy(const std::filesystem::path& path) {
    const auto file = path.filename().string();
    const auto map = MappedFile::open(path);
    const auto text = map->text();
    if (!text.starts_with("\x93NUMPY")) throw Error(ErrorCode::NotAModel, "The file " + file + " is not an array of NumPy (.npy).");
    if (text.size() < 12) throw Error(ErrorCode::Truncated, "The array file " + file + " ends inside its header; write it again.");
    const int version = text[6];
    if (version < 1 || version > 3) corrupt(file, "its format version is " + std::to_string(version));
    const std::size_t begin = version == 1 ? 10 : 12;
    std::uint32_t length = 0;
    std::memcpy(&length, text.data() + 8, begin - 8);
    if (length > (1u << 16)) corrupt(file, "its header claims " + std::to_string(length) + " bytes");
    if (begin + length > text.size())
        throw Error(ErrorCode::Truncated, "The array file " + file + " ends inside its header; write it again.");
    const std::string header(text.substr(begin, length));

    const auto descr = field(header, "'descr'\\s*:\\s*'([^']{1,16})'", "number type", file);
    if (descr.find('O') != std::string::npos)
        throw Error(ErrorCode::Unsafe, "The array file " + file + " holds Python objects, which are not read; save plain numbers.");
    const auto* row = std::find_if(std::begin(descrs), std::end(descrs), [&](const DescrRow& r) { return r.name == descr; });
    if (row == std::end(descrs))
        throw Error(ErrorCode::Dtype, "The array file " + file + " has the number type \"" + descr + "\"; save it as float32.", descr);
    if (field(header, "'fortran_order'\\s*:\\s*(True|False)", "order", file) == "True")
        throw Error(ErrorCode::Unsupported, "The array file " + file + " is in Fortran order; save numpy.ascontiguousarray(array).");
    const auto shape = shapeFrom(field(header, "'shape'\\s*:\\s*\\(([0-9, L]*)\\)", "shape", file), file);

    std::uint64_t bytes = at::elementSize(row->type);
    for (const auto n : shape)
        if (__builtin_mul_overflow(bytes, std::uint64_t(n), &bytes)) corrupt(file, "its shape overflows");
    const auto data = begin + length;
    if (bytes > text.size() - data)
        throw Error(ErrorCode::Truncated,
                    "The array file " + file + " is shorter than its shape " + shapeText(shape) + " says; write it again.");
    auto tensor = at::empty(shape, at::TensorOptions(row->type));
    std::memcpy(tensor.data_ptr(), text.data() + data, bytes);
    return tensor;
}

at::Tensor readVectors(const std::filesystem::path& path) {
    const auto file = path.filename().string();
    at::Tensor vectors;
    if (path.extension() == ".npy") vectors = readNpy(path);
    else {
        const auto tensors = readSafetensors(path);
        if (tensors.size() != 1)
            throw Error(ErrorCode::WrongUse, "The file " + file + " holds " + std::to_string(tensors.size()) +
                                                 " tensors; give one with the feature vectors alone.");
        vectors = tensors.begin()->second;
    }
    vectors = vectors.to(at::kFloat);
    if (!vectors.numel() || !at::isfinite(vectors).all().item<bool>())
        throw Error(ErrorCode::Nan,
                    "The feature vectors in " + file + " are empty or hold values that are not numbers; compute them again.");
    return vectors.contiguous();
}

} // namespace phloxine
