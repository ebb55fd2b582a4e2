#include "core/tensor/checkpoint.h"

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
        for (const auto& [name, bytes] : m_members)
            if (name.ends_with("/data.pkl") || name == "data.pkl") m_root = name.substr(0, name.size() - 8);
        if (m_members.count(m_root + "constants.pkl") && m_members.count(m_root + "version"))
            for (const auto& [name, bytes] : m_members)
                if (name.starts_with(m_root + "code/"))
                    throw Error(ErrorCode::NotAModel,
                                "The file " + m_file +
                                    " is a TorchScript program, not a checkpoint; a checkpoint of its weights is needed.");
        if (!m_members.count(m_root + "data.pkl"))
            throw Error(ErrorCode::NotAModel, "The archive " + m_file + " holds no checkpoint of PyTorch.");
    }

    Weights weights() const {
        const auto root = pickle::read(stored(m_root + "data.pkl"), m_file);
        const auto* dict = root->as<Dict>();
        if (!dict) throw Error(ErrorCode::NotAModel, "The checkpoint " + m_file + " holds no dictionary of tensors.");
        for (const auto& [key, value] : dict->items)
            if (const auto* name = key->as<std::string>(); name && *name == "state_dict" && value->as<Dict>()) dict = value->as<Dict>();
        Weights weights;
        for (const auto& [key, value] : dict->items)
            if (const auto* name = key->as<std::string>())
                if (auto tensor = tensorFrom(*value, *name); tensor.defined()) weights[*name] = tensor;
        if (weights.empty()) throw Error(ErrorCode::NotAModel, "The checkpoint " + m_file + " holds no tensors.");
        return weights;
    }

private:
    std::span<const std::byte> stored(const std::string& member) const {
        const auto& found = m_members.at(member);
        if (found.compressed)
            throw Error(ErrorCode::Unsupported,
                        "The checkpoint " + m_file +
                            " holds a compressed member, which torch.save never writes; save it again with torch.save.",
                        member);
        return found.bytes;
    }

    [[noreturn]] void corrupt(const std::string& key, const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The checkpoint " + m_file + " is damaged: the tensor \"" + key + "\" " + why + "; get it again.",
                    key);
    }

    at::Tensor tensorFrom(const Value& value, const std::string& key) const {
        const auto* call = value.as<Call>();
        if (!call || call->arguments.empty()) return {};
        if (call->callee == "torch._utils._rebuild_parameter") return tensorFrom(*call->arguments[0], key);
        if (call->callee != "torch._utils._rebuild_tensor_v2" && call->callee != "torch._utils._rebuild_tensor") return {};
        if (call->arguments.size() < 4) corrupt(key, "is not fully described");
        const auto* storage = call->arguments[0]->as<Persistent>();
        const auto* offset = call->arguments[1]->as<std::int64_t>();
        if (!storage || !offset) corrupt(key, "has no storage");
        return view(*storage, *offset, integers(*call->arguments[2], key), integers(*call->arguments[3], key), key);
    }

    std::vector<std::int64_t> integers(const Value& value, const std::string& key) const {
        const auto* list = value.as<List>();
        if (!list || list->items.size() > 8) corrupt(key, "has no shape");
        std::vector<std::int64_t> numbers;
        for (const auto& item : list->items) {
            const auto* n = item->as<std::int64_t>();
            if (!n || *n < 0) corrupt(key, "has a size that is not a number");
            numbers.push_back(*n);
        }
        return numbers;
    }

    at::Tensor view(const Persistent& storage, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                    const std::vector<std::int64_t>& strides, const std::string& key) const {
        if (storage.id.size() < 5 || !storage.id[1]->as<Global>() || !storage.id[2]->as<std::string>()) corrupt(key, "has no storage");
        const auto& typeName = storage.id[1]->as<Global>()->name;
        const auto* row = std::find_if(std::begin(storages), std::end(storages), [&](const StorageRow& r) { return r.name == typeName; });
        if (row == std::end(storages))
            throw Error(ErrorCode::Dtype,
                        "The tensor \"" + key + "\" in " + m_file + " has the number type " + typeName + ", which Phloxine does not read.",
                        key);
        const auto member = m_members.find(m_root + "data/" + *storage.id[2]->as<std::string>());
        if (member == m_members.end()) corrupt(key, "misses its storage");
        const auto bytes = stored(member->first);
        const auto itemSize = at::elementSize(row->type);
        if (sizes.size() != strides.size() || offset < 0) corrupt(key, "has strides that do not fit its shape");

        // The last element that the view touches must lie inside the storage.
        std::uint64_t last = std::uint64_t(offset), count = 1;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            std::uint64_t reach = 0;
            if (__builtin_mul_overflow(count, std::uint64_t(sizes[i]), &count)) corrupt(key, "has an impossible shape");
            if (sizes[i] && (__builtin_mul_overflow(std::uint64_t(sizes[i] - 1), std::uint64_t(strides[i]), &reach) ||
                             __builtin_add_overflow(last, reach, &last)))
                corrupt(key, "has an impossible shape");
        }
        // Strides of zero let a few bytes stand for any number of elements. Real files have a few small ones (expanded schedule buffers);
        // huge ones are an attack.
        constexpr std::uint64_t mostExpanded = 1u << 20;
        const auto available = bytes.size() / itemSize;
        if (count && (last >= available || (count > available && count > mostExpanded))) corrupt(key, "reaches beyond its storage");
        auto* begin = const_cast<std::byte*>(bytes.data() + std::size_t(offset) * itemSize);
        return at::from_blob(
            begin, sizes, strides, [map = m_map](void*) {}, at::TensorOptions(row->type));
    }

    std::shared_ptr<const MappedFile> m_map;
    std::string m_file;
    ZipMembers m_members;
    std::string m_root;
};

} // namespace

Weights readCheckpoint(const std::filesystem::path& path) {
    const auto name = path.filename().string();
    const auto map = MappedFile::open(path);
    if (looksLikeZip(*map)) return TorchArchive(map, name).weights();
    const auto text = map->text();
    if (text.starts_with("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."))
        throw Error(ErrorCode::LegacyFormat,
                    "The checkpoint " + name +
                        " is in the format that PyTorch used before 1.6; load and save it once with a newer PyTorch.");
    if (path.extension() == ".safetensors" || (text.size() > 9 && text[8] == '{')) return readSafetensors(path);
    if (text.starts_with("\x80")) (void)pickle::read({map->data(), map->size()}, name); // a bare pickle: tells whether it is unsafe
    throw Error(ErrorCode::NotAModel, "The file " + name + " is neither a safetensors file nor a checkpoint of PyTorch.");
}

} // namespace phloxine
