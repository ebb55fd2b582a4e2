#pragma once
// A reader of Python pickles that runs nothing: it interprets the opcodes that torch.save writes, keeps plain values and the calls that
// rebuild tensors, and turns every other object into an opaque one. A pickle that names a function able to act (os.system, eval, ...) is
// refused.
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace phloxine::pickle {

struct Value;
using Ref = Value*;            // into the document that holds it
using Text = std::string_view; // into the file
struct None {};
struct Global {
    Text module, function;
    bool is(std::string_view name) const; // "torch._utils._rebuild_tensor_v2"
};
struct Call { // REDUCE, NEWOBJ: not executed
    const Global* callee;
    Ref arguments; // a List
};
struct Persistent {
    Ref id; // a List
};
struct List {
    std::vector<Ref> items; // lists and tuples
};
struct Dict {
    std::vector<std::pair<Ref, Ref>> items;
};
struct Opaque {};
struct Mark {};
struct Value {
    std::variant<None, bool, std::int64_t, double, Text, Global, Call, Persistent, List, Dict, Opaque, Mark> data;
    int depth = 0;
    template <typename T>
    const T* as() const {
        return std::get_if<T>(&data);
    }
};

// The values of one pickle, which may refer to each other in any way, also in circles. Nothing is copied: a value costs its own size
// however often it is named, so memory stays in proportion to the file.
struct Document {
    std::deque<Value> values;
    const Value* root = nullptr;
    std::size_t size = 0; // bytes up to its end; others may follow
};

// Error(Truncated | Corrupt | Unsafe). `name` is the file for messages; the document points into `bytes`.
Document read(std::span<const std::byte> bytes, const std::string& name);

} // namespace phloxine::pickle
