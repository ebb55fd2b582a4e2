#include "core/tensor/npy.h"

#include <charconv>
#include <cstring>

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

[[noreturn]] void corruptArray(const std::string& file, const std::string& why) {
    throw Error(ErrorCode::Corrupt, "The array file " + file + " is damaged: " + why + "; write it again with numpy.save.");
}

// The header is a Python dictionary of a fixed form, {'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }: it is matched, not
// evaluated. What stands behind the key `name` and its colon.
std::string_view valueOf(std::string_view header, std::string_view name, const std::string& file) {
    const auto at = header.find(name); // with its quotes
    if (at == header.npos) corruptArray(file, std::string("its header gives no ").append(name));
    const auto rest = header.substr(at + name.size());
    const auto value = rest.find_first_not_of(" :");
    return value == rest.npos ? std::string_view() : rest.substr(value);
}

std::vector<std::int64_t> shapeFrom(std::string_view text, const std::string& file) {
    const auto end = text.find(')');
    if (!text.starts_with("(") || end == text.npos) corruptArray(file, "its shape is no list of sizes");
    text = text.substr(1, end - 1);
    std::vector<std::int64_t> shape;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return shape;
        std::int64_t size = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
        if (read.ec != std::errc() || size < 0 || shape.size() == 8) corruptArray(file, "its shape is impossible");
        shape.push_back(size);
        text.remove_prefix(std::size_t(read.ptr - text.data()));
        if (text.starts_with("L")) text.remove_prefix(1); // Python 2
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return shape;
        if (text[0] != ',') corruptArray(file, "its shape is no list of sizes");
        text.remove_prefix(1);
    }
}

} // namespace

at::Tensor readNpy(const std::filesystem::path& path) {
    const auto file = path.filename().string();
    const auto map = MappedFile::open(path);
    const auto text = map->text();
    if (!text.starts_with("\x93NUMPY")) throw Error(ErrorCode::NotAModel, "The file " + file + " is not an array of NumPy (.npy).");
    if (text.size() < 12) throw Error(ErrorCode::Truncated, "The array file " + file + " ends inside its header; write it again.");
    const int version = text[6];
    if (version < 1 || version > 3) corruptArray(file, "its format version is " + std::to_string(version));
    const std::size_t begin = version == 1 ? 10 : 12;
    std::uint32_t length = 0;
    std::memcpy(&length, text.data() + 8, begin - 8);
    if (length > (1u << 16)) corruptArray(file, "its header claims " + std::to_string(length) + " bytes");
    if (begin + length > text.size())
        throw Error(ErrorCode::Truncated, "The array file " + file + " ends inside its header; write it again.");
    const auto header = text.substr(begin, length);

    const auto written = valueOf(header, "'descr'", file);
    const auto descr =
        std::string(written.starts_with("'") ? written.substr(1, std::min<std::size_t>(written.find('\'', 1), 17) - 1) : "structure");
    if (descr.find('O') != std::string::npos)
        throw Error(ErrorCode::Unsafe, "The array file " + file + " holds Python objects, which are not read; save plain numbers.");
    const auto* row = std::find_if(std::begin(descrs), std::end(descrs), [&](const DescrRow& r) { return r.name == descr; });
    if (row == std::end(descrs))
        throw Error(ErrorCode::Dtype, "The array file " + file + " has the number type \"" + descr + "\"; save it as float32.", descr);
    const auto order = valueOf(header, "'fortran_order'", file);
    if (order.starts_with("True"))
        throw Error(ErrorCode::Unsupported, "The array file " + file + " is in Fortran order; save numpy.ascontiguousarray(array).");
    if (!order.starts_with("False")) corruptArray(file, "its header gives no order");
    const auto shape = shapeFrom(valueOf(header, "'shape'", file), file);

    std::uint64_t bytes = at::elementSize(row->type);
    bool empty = false;
    for (const auto n : shape) {
        empty = empty || n == 0; // a size of zero does not make the others possible
        if (__builtin_mul_overflow(bytes, std::uint64_t(std::max<std::int64_t>(n, 1)), &bytes) || bytes > (std::uint64_t(1) << 60))
            corruptArray(file, "its shape overflows");
    }
    if (empty) bytes = 0;
    const auto data = begin + length;
    if (bytes > text.size() - data)
        throw Error(ErrorCode::Truncated,
                    "The array file " + file + " is shorter than its shape " + shapeText(shape) + " says; write it again.");
    if (bytes < text.size() - data) corruptArray(file, "it holds more than its shape " + shapeText(shape) + " says");
    auto tensor = at::empty(shape, at::TensorOptions(row->type));
    if (bytes) std::memcpy(tensor.data_ptr(), text.data() + data, bytes);
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
