#include "core/tensor/checkpoint.h"

#include <cstring>

#include "core/base/Error.h"
#include "core/tensor/pickle.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/zip_archive.h"

namespace phloxine {

namespace {

using namespace pickle;

struct StorageRow {
    std::string_view name;
    at::ScalarType type;
};
constexpr StorageRow storages[] = {{"torch.FloatStorage", at::kFloat},       {"torch.HalfStorage", at::kHalf},
                                   {"torch.BFloat16Storage", at::kBFloat16}, {"torch.DoubleStorage", at::kDouble},
                                   {"torch.LongStorage", at::kLong},         {"torch.IntStorage", at::kInt},
                                   {"torch.ShortStorage", at::kShort},       {"torch.CharStorage", at::kChar},
                                   {"torch.ByteStorage", at::kByte},         {"torch.BoolStorage", at::kBool}};

class TorchArchive {
public:
    TorchArchive(std::shared_ptr<const MappedFile> map, std::string file)
        : m_map(std::move(map)), m_file(std::move(file)), m_members(readZip(*m_map, m_file)) {
        int tables = 0;
        for (const auto& [name, member] : m_members)
            if (name.ends_with("/data.pkl") || name == "data.pkl") m_root = name.substr(0, name.size() - 8), ++tables;
        if (tables > 1)
            throw Error(ErrorCode::Corrupt, "The checkpoint " + m_file + " is damaged: it holds two tables of tensors; get it again.");
        if (m_members.count(m_root + "constants.pkl") && m_members.count(m_root + "version"))
            for (const auto& [name, bytes] : m_members)
                if (name.starts_with(m_root + "code/"))
                    throw Error(ErrorCode::NotAModel,
                                "The file " + m_file +
                                    " is a TorchScript program, not a checkpoint; a checkpoint of its weights is needed.");
        if (!m_members.count(m_root + "data.pkl"))
            throw Error(ErrorCode::NotAModel, "The archive " + m_file + " holds no checkpoint of PyTorch.");
    }

    // Of parts that were found without an archive: "data.pkl" and "data/<key>".
    TorchArchive(std::shared_ptr<const MappedFile> map, std::string file, ZipMembers members)
        : m_map(std::move(map)), m_file(std::move(file)), m_members(std::move(members)) {}

    Weights weights() {
        if (const auto order = m_members.find(m_root + "byteorder"); order != m_members.end() && textOf(order->first) == "big")
            throw Error(ErrorCode::Unsupported,
                        "The checkpoint " + m_file +
                            " was saved on a big-endian machine, which is not supported; save it again on an ordinary one.");
        const auto document = pickle::read(stored(m_root + "data.pkl"), m_file);
        const auto* dict = document.root->as<Dict>();
        if (!dict) throw Error(ErrorCode::NotAModel, "The checkpoint " + m_file + " holds no dictionary of tensors.");
        for (const auto& [key, value] : dict->items)
            if (const auto* name = key->as<Text>(); name && *name == "state_dict" && value->as<Dict>()) dict = value->as<Dict>();
        Weights weights;
        for (const auto& [key, value] : dict->items)
            if (const auto* name = key->as<Text>(); name && value->as<Call>())
                if (auto tensor = tensorFrom(*value, requireKey(*name, m_file)); tensor.defined()) weights[std::string(*name)] = tensor;
        if (weights.empty()) throw Error(ErrorCode::NotAModel, "The checkpoint " + m_file + " holds no tensors.");
        return weights;
    }

private:
    std::span<const std::byte> stored(const std::string& member) const {
        const auto& found = m_members.at(member);
        if (found.unreadable)
            throw Error(ErrorCode::Unsupported,
                        "The checkpoint " + m_file +
                            " holds a compressed or encrypted member, which torch.save never writes; save it again with torch.save.",
                        member);
        return found.bytes;
    }
    std::string_view textOf(const std::string& member) const {
        const auto bytes = stored(member);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    [[noreturn]] void corrupt(const std::string& key, const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The checkpoint " + m_file + " is damaged: the tensor \"" + key + "\" " + why + "; get it again.",
                    key);
    }

    at::Tensor tensorFrom(const Value& value, const std::string& key, bool inParameter = false) {
        const auto* call = value.as<Call>();
        if (!call) return {};
        const auto& arguments = call->arguments->as<List>()->items;
        if (call->callee->is("torch._utils._rebuild_parameter")) {
            if (inParameter || arguments.empty()) corrupt(key, "is a parameter without a tensor");
            return tensorFrom(*arguments[0], key, true);
        }
        if (!call->callee->is("torch._utils._rebuild_tensor_v2") && !call->callee->is("torch._utils._rebuild_tensor")) return {};
        if (arguments.size() < 4) corrupt(key, "is not fully described");
        const auto* storage = arguments[0]->as<Persistent>();
        const auto* offset = arguments[1]->as<std::int64_t>();
        if (!storage || !offset) corrupt(key, "has no storage");
        return view(storage->id->as<List>()->items, *offset, integers(*arguments[2], key), integers(*arguments[3], key), key);
    }

    std::vector<std::int64_t> integers(const Value& value, const std::string& key) const {
        const auto* list = value.as<List>();
        if (!list || list->items.size() > 8) corrupt(key, "has no shape");
        std::vector<std::int64_t> numbers;
        for (const auto* item : list->items) {
            const auto* n = item->as<std::int64_t>();
            if (!n || *n < 0) corrupt(key, "has a size that is not a number");
            numbers.push_back(*n);
        }
        return numbers;
    }

    // `storage`: "storage", type, key of the member, device, how many numbers it holds.
    at::Tensor view(const std::vector<Ref>& storage, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                    const std::vector<std::int64_t>& strides, const std::string& key) {
        if (storage.size() < 5 || !storage[1]->as<Global>() || !storage[2]->as<Text>() || !storage[4]->as<std::int64_t>())
            corrupt(key, "has no storage");
        const auto& type = *storage[1]->as<Global>();
        const auto* row = std::find_if(std::begin(storages), std::end(storages), [&](const StorageRow& r) { return type.is(r.name); });
        if (row == std::end(storages)) {
            const auto name = std::string(type.module) + "." + std::string(type.function);
            throw Error(ErrorCode::Dtype,
                        "The tensor \"" + key + "\" in " + m_file + " has the number type " + name + ", which Phloxine does not read.",
                        key);
        }
        const auto member = m_members.find(m_root + "data/" + std::string(*storage[2]->as<Text>()));
        if (member == m_members.end()) corrupt(key, "misses its storage");
        const auto bytes = stored(member->first);
        const auto itemSize = at::elementSize(row->type);
        const auto claimed = *storage[4]->as<std::int64_t>();
        if (claimed < 0 || std::uint64_t(claimed) > bytes.size() / itemSize) corrupt(key, "claims more numbers than its storage holds");
        if (sizes.size() != strides.size() || offset < 0) corrupt(key, "has strides that do not fit its shape");

        // The last element that the view touches must lie inside the storage. Sizes of zero do not make an endless shape possible.
        std::uint64_t last = std::uint64_t(offset), count = 1, empty = 0;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            std::uint64_t reach = 0;
            empty += sizes[i] == 0;
            const auto size = std::uint64_t(std::max<std::int64_t>(sizes[i], 1));
            if (__builtin_mul_overflow(count, size, &count) || count > most || std::uint64_t(strides[i]) > most ||
                __builtin_mul_overflow(size - 1, std::uint64_t(strides[i]), &reach) || __builtin_add_overflow(last, reach, &last))
                corrupt(key, "has an impossible shape");
        }
        const auto available = std::uint64_t(claimed);
        if (empty ? std::uint64_t(offset) > available : last >= available) corrupt(key, "reaches beyond its storage");
        // Strides of zero let a few bytes stand for any number of elements. Real files have a few small ones (expanded schedule buffers);
        // huge or many ones are an attack.
        constexpr std::uint64_t mostExpanded = 1u << 20;
        if (!empty && count > available && (m_expanded += count) > mostExpanded) corrupt(key, "reaches beyond its storage");
        return aligned(*member, row->type, itemSize).as_strided(sizes, strides, offset);
    }

    // A storage as one row of numbers. torch.save aligns them; where another tool did not, they are copied, once.
    at::Tensor aligned(const ZipMembers::value_type& member, at::ScalarType type, std::size_t itemSize) {
        const auto bytes = member.second.bytes;
        const auto options = at::TensorOptions(type);
        const auto count = std::int64_t(bytes.size() / itemSize);
        auto* begin = const_cast<std::byte*>(bytes.data());
        if (reinterpret_cast<std::uintptr_t>(begin) % itemSize == 0)
            return at::from_blob(
                begin, {count}, [map = m_map](void*) {}, options);
        auto& copy = m_copies[{member.first, type}];
        if (!copy.defined()) {
            copy = at::empty({count}, options);
            if (count) std::memcpy(copy.data_ptr(), begin, std::size_t(count) * itemSize);
        }
        return copy;
    }

    static constexpr std::uint64_t most = std::uint64_t(1) << 48;
    std::shared_ptr<const MappedFile> m_map;
    std::string m_file;
    ZipMembers m_members;
    std::string m_root;
    std::uint64_t m_expanded = 0; // elements of views that are larger than their storage
    std::map<std::pair<std::string, at::ScalarType>, at::Tensor> m_copies;
};

constexpr std::string_view legacyStart = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

// Before PyTorch 1.6: a magic number, a version, facts of the machine, the objects and the keys of the storages, each a pickle; then for
// each storage the number of its elements in 8 bytes, and the elements.
class LegacyFile {
public:
    LegacyFile(const MappedFile& map, const std::string& file) : m_bytes(map.data(), map.size()), m_file(file) {}

    ZipMembers members() {
        m_bytes = m_bytes.subspan(legacyStart.size());
        const auto version = next(), machine = next();
        if (const auto* number = version.root->as<std::int64_t>(); !number || *number != 1001) corrupt("its version is not known");
        const auto* facts = machine.root->as<Dict>();
        for (const auto& [key, value] : facts ? facts->items : std::vector<std::pair<Ref, Ref>>())
            if (const auto* name = key->as<Text>(); name && *name == "little_endian" && value->as<bool>() && !*value->as<bool>())
                throw Error(ErrorCode::Unsupported, "The checkpoint " + m_file +
                                                        " was saved on a big-endian machine, which is not supported; save it again on an "
                                                        "ordinary one.");
        ZipMembers found;
        const auto before = m_bytes;
        const auto objects = next();
        found["data.pkl"] = {before.first(objects.size)};
        const auto sizes = elementSizes(objects);
        const auto keys = next();
        const auto* list = keys.root->as<List>();
        if (!list) corrupt("it lists no storages");
        for (const auto* item : list->items) {
            const auto* key = item->as<Text>();
            const auto size = key ? sizes.find(*key) : sizes.end();
            if (size == sizes.end()) corrupt("a storage belongs to no tensor of a known type");
            std::uint64_t count = 0, bytes = 0;
            std::memcpy(&count, take(sizeof count).data(), sizeof count);
            if (__builtin_mul_overflow(count, size->second, &bytes)) corrupt("a storage has an impossible size");
            if (!found.emplace("data/" + std::string(*key), ZipMember{take(bytes)}).second) corrupt("it lists a storage twice");
        }
        return found;
    }

private:
    [[noreturn]] void corrupt(const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The checkpoint " + m_file + " is damaged: " + why + "; get it again.");
    }

    Document next() {
        auto document = pickle::read(m_bytes, m_file);
        m_bytes = m_bytes.subspan(document.size);
        return document;
    }
    std::span<const std::byte> take(std::uint64_t count) {
        if (count > m_bytes.size()) throw Error(ErrorCode::Truncated, "The checkpoint " + m_file + " ends inside a tensor; get it again.");
        const auto bytes = m_bytes.first(std::size_t(count));
        m_bytes = m_bytes.subspan(std::size_t(count));
        return bytes;
    }

    // By key of the storage: "storage", type, key, device, how many numbers it holds, a view of another.
    std::map<std::string, std::uint64_t, std::less<>> elementSizes(const Document& objects) const {
        std::map<std::string, std::uint64_t, std::less<>> sizes;
        for (const auto& value : objects.values) {
            const auto* persistent = value.as<Persistent>();
            const auto* list = persistent ? persistent->id->as<List>() : nullptr;
            if (!list || list->items.size() < 5 || !list->items[1]->as<Global>() || !list->items[2]->as<Text>()) continue;
            if (list->items.size() > 5 && !list->items[5]->as<None>())
                throw Error(ErrorCode::Unsupported, "The checkpoint " + m_file +
                                                        " holds views of storages, which Phloxine does not read; save it once with a "
                                                        "newer PyTorch.");
            for (const auto& row : storages)
                if (list->items[1]->as<Global>()->is(row.name)) sizes.emplace(*list->items[2]->as<Text>(), at::elementSize(row.type));
        }
        return sizes;
    }

    std::span<const std::byte> m_bytes; // not read yet
    std::string m_file;
};

} // namespace

Weights readCheckpointOrLegacy(const std::filesystem::path& path) {
    const auto map = MappedFile::open(path);
    if (!map->text().starts_with(legacyStart)) return readCheckpoint(path);
    const auto name = path.filename().string();
    return TorchArchive(map, name, LegacyFile(*map, name).members()).weights();
}

Weights readCheckpoint(const std::filesystem::path& path) {
    const auto name = path.filename().string();
    const auto map = MappedFile::open(path);
    if (looksLikeZip(*map)) return TorchArchive(map, name).weights();
    const auto text = map->text();
    if (text.starts_with(legacyStart))
        throw Error(ErrorCode::LegacyFormat,
                    "The checkpoint " + name +
                        " is in the format that PyTorch used before 1.6; load and save it once with a newer PyTorch.");
    if (text.starts_with('<') && text.substr(0, 8).find('\0') == text.npos) // and no header length that begins with this byte
        throw Error(ErrorCode::NotAModel,
                    "The file " + name + " is a web page, not a model; the download asked for a login or failed, get it again.");
    if (text.starts_with("version https://git-lfs"))
        throw Error(ErrorCode::NotAModel, "The file " + name + " only points to the model (Git LFS); get the file itself.");
    if (path.extension() == ".safetensors" || (text.size() > 9 && text[8] == '{')) return readSafetensors(path);
    if (text.starts_with("\x80")) (void)pickle::read({map->data(), map->size()}, name); // a bare pickle: tells whether it is unsafe
    throw Error(ErrorCode::NotAModel, "The file " + name + " is neither a safetensors file nor a checkpoint of PyTorch.");
}

} // namespace phloxine
