#include "core/tensor/safetensors.h"

#include <cstring>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Json.h"
#include "core/tensor/MappedFile.h"

namespace phloxine {

namespace {

struct DtypeRow {
    const char* name;
    at::ScalarType type;
};
constexpr DtypeRow dtypes[] = {{"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
                               {"I32", at::kInt},    {"I16", at::kShort}, {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};

at::ScalarType dtypeFrom(const std::string& word, const std::string& key, const std::string& file) {
    for (const auto& row : dtypes)
        if (word == row.name) return row.type;
    throw Error(ErrorCode::Dtype,
                "The tensor \"" + key + "\" in " + file + " has the number type \"" + word + "\", which Phloxine does not read.", key);
}

[[noreturn]] void corruptWeights(const std::string& file, const std::string& why) {
    throw Error(ErrorCode::Corrupt, "The weight file " + file + " is damaged: " + why + "; get the file again.");
}

// Keys of a JSON object must be unique: the parser keeps the last one silently, so count them while parsing.
Json parseHeader(std::string_view text, const std::string& file) {
    std::vector<std::map<std::string, int>> seen;
    constexpr int deepest = 8; // a header has three levels
    const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
        if (depth > deepest) corruptWeights(file, "its header is nested too deeply");
        if (event == Json::parse_event_t::object_start) seen.emplace_back();
        if (event == Json::parse_event_t::object_end) seen.pop_back();
        if (event == Json::parse_event_t::key && ++seen.back()[parsed.get<std::string>()] > 1)
            corruptWeights(file, "its header names \"" + parsed.get<std::string>() + "\" twice");
        return true;
    };
    try {
        return Json::parse(text, callback);
    } catch (const Json::exception&) { corruptWeights(file, "its header is not JSON"); }
}

struct Span {
    std::uint64_t begin, end;
    std::string key;
};

Span placeOf(const Json& entry, const std::string& key, std::uint64_t dataSize, const std::string& file) {
    const auto offsets = entry.find("data_offsets");
    if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 || !(*offsets)[0].is_number_unsigned() ||
        !(*offsets)[1].is_number_unsigned())
        corruptWeights(file, "the place of \"" + key + "\" is not given by two offsets");
    const auto begin = (*offsets)[0].get<std::uint64_t>(), end = (*offsets)[1].get<std::uint64_t>();
    if (begin > end) corruptWeights(file, "\"" + key + "\" ends before it begins");
    if (end > dataSize)
        throw Error(ErrorCode::Truncated,
                    "The weight file " + file + " ends before the tensor \"" + key + "\"; it was cut short, get it again.", key);
    return {begin, end, key};
}

std::vector<std::int64_t> shapeOf(const Json& entry, const std::string& key, std::uint64_t bytes, std::uint64_t itemSize,
                                  const std::string& file) {
    const auto shape = entry.find("shape");
    if (shape == entry.end() || !shape->is_array()) corruptWeights(file, "\"" + key + "\" has no shape");
    constexpr std::uint64_t most = 1ull << 48;
    if (shape->size() > 8) corruptWeights(file, "\"" + key + "\" has more than eight dimensions");
    std::vector<std::int64_t> sizes;
    std::uint64_t count = 1;
    bool empty = false;
    for (const auto& n : *shape) {
        if (!n.is_number_unsigned() || n.get<std::uint64_t>() > most)
            corruptWeights(file, "the shape of \"" + key + "\" is not made of sizes");
        sizes.push_back(n.get<std::int64_t>());
        empty = empty || sizes.back() == 0; // a size of zero does not make the others possible
        if (__builtin_mul_overflow(count, std::max<std::uint64_t>(n.get<std::uint64_t>(), 1), &count) || count > most)
            corruptWeights(file, "the shape of \"" + key + "\" overflows");
    }
    if ((empty ? 0 : count * itemSize) != bytes)
        corruptWeights(file, "the shape of \"" + key + "\" does not fit its " + std::to_string(bytes) + " bytes");
    return sizes;
}

void requireNoGaps(std::vector<Span> spans, std::uint64_t dataSize, const std::string& file) {
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
    std::uint64_t end = 0;
    for (const auto& span : spans) {
        if (span.begin != end)
            corruptWeights(file, "\"" + span.key + (span.begin < end ? "\" overlaps its neighbour" : "\" leaves a gap before it"));
        end = span.end;
    }
    if (end != dataSize) corruptWeights(file, "there are bytes that belong to no tensor");
}

} // namespace

Weights readSafetensors(const std::filesystem::path& path, std::map<std::string, std::string>* metadata) {
    const auto file = path.filename().string();
    const auto map = MappedFile::open(path);
    std::uint64_t headerSize = 0;
    if (map->size() < 8) throw Error(ErrorCode::Truncated, "The weight file " + file + " is too short to hold a header; get it again.");
    std::memcpy(&headerSize, map->data(), 8);
    if (headerSize > (100u << 20)) corruptWeights(file, "its header claims " + std::to_string(headerSize) + " bytes");
    if (headerSize > map->size() - 8)
        throw Error(ErrorCode::Truncated, "The weight file " + file + " ends inside its header; get it again.");
    const auto header = parseHeader(map->text().substr(8, headerSize), file);
    if (!header.is_object()) corruptWeights(file, "its header is not a JSON object");

    const auto* data = map->data() + 8 + headerSize;
    const std::uint64_t dataSize = map->size() - 8 - headerSize;
    Weights weights;
    std::vector<Span> spans;
    for (const auto& [key, entry] : header.items()) {
        if (key == "__metadata__") {
            if (!entry.is_object()) corruptWeights(file, "its __metadata__ is no table of texts");
            for (const auto& [name, value] : entry.items()) {
                if (!value.is_string()) corruptWeights(file, "its __metadata__ is no table of texts");
                if (metadata) (*metadata)[name] = value.get<std::string>();
            }
            continue;
        }
        (void)requireKey(key, file);
        if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string())
            corruptWeights(file, "the entry \"" + key + "\" is not a tensor");
        const auto type = dtypeFrom(entry["dtype"].get<std::string>(), key, file);
        spans.push_back(placeOf(entry, key, dataSize, file));
        const auto sizes = shapeOf(entry, key, spans.back().end - spans.back().begin, at::elementSize(type), file);
        auto* begin = const_cast<std::byte*>(data + spans.back().begin);
        auto tensor = at::from_blob(
            begin, sizes, [map](void*) {}, at::TensorOptions(type));
        // A header whose length is odd leaves tensors unaligned: copy those few.
        if (reinterpret_cast<std::uintptr_t>(begin) % at::elementSize(type)) {
            auto copy = at::empty(sizes, at::TensorOptions(type));
            std::memcpy(copy.data_ptr(), begin, copy.nbytes());
            tensor = copy;
        }
        weights.emplace(key, tensor);
    }
    requireNoGaps(std::move(spans), dataSize, file);
    return weights;
}

void writeSafetensors(const std::filesystem::path& path, const Weights& weights, const std::map<std::string, std::string>& metadata) {
    Json header = Json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t offset = 0;
    for (const auto& [key, tensor] : weights) {
        const auto* row =
            std::find_if(std::begin(dtypes), std::end(dtypes), [&](const DtypeRow& r) { return r.type == tensor.scalar_type(); });
        if (row == std::end(dtypes))
            throw Error(ErrorCode::Dtype, "The tensor \"" + key + "\" has a number type that safetensors files cannot hold.", key);
        header[key] = {{"dtype", row->name}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, offset + tensor.nbytes()}}};
        offset += tensor.nbytes();
    }
    auto text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = text.size();
    requireFreeSpace(path.parent_path(), 8 + size + offset);
    writeFileInPieces(path, [&](const Sink& sink) {
        sink(std::as_bytes(std::span(&size, 1)));
        sink(std::as_bytes(std::span(text)));
        for (const auto& [key, tensor] : weights) {
            const auto plain = tensor.cpu().contiguous();
            sink({static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()});
        }
    });
}

} // namespace phloxine
