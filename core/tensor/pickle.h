#pragma once
// A reader of Python pickles that runs nothing: it interprets the opcodes that torch.save writes, keeps plain values and the calls that
// rebuild tensors, and turns every other object into an opaque one. A pickle that names a function able to act (os.system, eval, ...) is
// refused.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <span>

namespace phloxine::pickle {

struct Value;
using Ref = std::shared_ptr<Value>;
struct None {};
struct Global {
    std::string name; // "torch._utils._rebuild_tensor_v2"
};
struct Call { // REDUCE, NEWOBJ: not executed
    std::string callee;
    std::vector<Ref> arguments;
};
struct Persistent {
    std::vector<Ref> id;
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
    std::variant<None, bool, std::int64_t, double, std::string, Global, Call, Persistent, List, Dict, Opaque, Mark> data;
    int depth = 0;
    ~Value(); // takes long chains apart without recursion
    template <typename T>
    const T* as() const {
        return std::get_if<T>(&data);
    }
};

// Error(Truncated | Corrupt | Unsafe). `name` is the file for messages.
Ref read(std::span<const std::byte> bytes, const std::string& name);

} // namespace phloxine::pickle
