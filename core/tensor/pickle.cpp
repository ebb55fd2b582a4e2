#include "core/tensor/pickle.h"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "core/base/Error.h"

namespace phloxine::pickle {

namespace {

constexpr int deepest = 200;                // nesting of real checkpoints stays below 20
constexpr std::size_t mostValues = 2000000; // of some 60 bytes; a checkpoint of 10,000 tensors has a tenth. An alias bomb ends here
constexpr std::size_t longestName = 512;

// Modules whose functions act on the machine. Naming one is reason enough to refuse the file, even where it would not be called.
constexpr std::array<std::string_view, 26> dangerousModules{
    "os",      "posix",    "nt",         "subprocess",      "sys",
    "shutil",  "socket",   "pty",        "runpy",           "importlib",
    "ctypes",  "code",     "webbrowser", "multiprocessing", "pickle",
    "_pickle", "marshal",  "pip",        "torch.hub",       "torch.utils.cpp_extension",
    "asyncio", "commands", "platform",   "tempfile",        "pathlib",
    "io"};
constexpr std::array<std::string_view, 15> dangerousBuiltins{"eval",    "exec",    "compile",    "open",    "__import__",
                                                             "getattr", "setattr", "delattr",    "globals", "locals",
                                                             "vars",    "input",   "breakpoint", "apply",   "execfile"};

bool actsOnMachine(std::string_view module, std::string_view function) {
    for (const std::string_view m : dangerousModules) {
        if (module == m || (module.starts_with(m) && module[m.size()] == '.')) return true;
        if (function.starts_with(m) && function[m.size()] == '.') return true; // "torch" and "os.system": a module within a module
        if (const auto at = function.find(m);
            at != function.npos && at > 0 && function[at - 1] == '.' && function.substr(at + m.size()).starts_with('.'))
            return true;
    }
    if (module == "builtins" || module == "__builtin__")
        return std::find(dangerousBuiltins.begin(), dangerousBuiltins.end(), function) != dangerousBuiltins.end();
    return false;
}

void requireHarmless(std::string_view module, std::string_view function, const std::string& file) {
    if (!actsOnMachine(module, function)) return;
    const auto name = std::string(module) + "." + std::string(function);
    throw Error(ErrorCode::Unsafe, "The checkpoint " + file + " asks to run " + name + ", so it was refused; nothing of it was run.", name);
}

class Machine {
public:
    Machine(std::span<const std::byte> bytes, const std::string& file) : m_bytes(bytes), m_file(file) {}

    Document run() {
        for (;;) {
            const auto op = take<std::uint8_t>();
            if (op == '.') {
                m_document.root = pop();
                m_document.size = m_at;
                return std::move(m_document);
            }
            step(op);
        }
    }

private:
    [[noreturn]] void corrupt(const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The checkpoint " + m_file + " is damaged: " + why + "; get it again.");
    }

    std::string_view raw(std::uint64_t n) {
        if (n > m_bytes.size() - m_at)
            throw Error(ErrorCode::Truncated, "The checkpoint " + m_file + " ends inside its table of tensors; get it again.");
        const std::string_view text(reinterpret_cast<const char*>(m_bytes.data()) + m_at, std::size_t(n));
        m_at += std::size_t(n);
        return text;
    }
    template <typename T>
    T take() {
        T value;
        std::memcpy(&value, raw(sizeof(T)).data(), sizeof(T));
        return value;
    }
    std::string_view line() {
        const std::string_view rest(reinterpret_cast<const char*>(m_bytes.data()) + m_at, m_bytes.size() - m_at);
        const auto end = rest.find('\n');
        if (end == std::string_view::npos || end > longestName) corrupt("a line of its pickle does not end");
        m_at += end + 1;
        return rest.substr(0, end);
    }

    template <typename T>
    void push(T data, int depth = 0) {
        if (++m_values > mostValues) corrupt("its pickle makes too many values");
        if (depth > deepest) corrupt("its pickle is nested too deeply");
        auto& value = m_document.values.emplace_back();
        value.data = std::move(data), value.depth = depth;
        m_stack.push_back(&value);
    }
    Ref pop() {
        if (m_stack.empty()) corrupt("its pickle takes from an empty stack");
        auto* top = m_stack.back();
        m_stack.pop_back();
        return top;
    }
    Ref top() {
        if (m_stack.empty()) corrupt("its pickle looks at an empty stack");
        return m_stack.back();
    }
    std::vector<Ref> popToMark() {
        auto p = m_stack.size();
        while (p > 0 && !m_stack[p - 1]->as<Mark>()) --p;
        if (p == 0) corrupt("its pickle misses a mark");
        std::vector<Ref> items(m_stack.begin() + std::ptrdiff_t(p), m_stack.end());
        m_stack.resize(p - 1);
        return items;
    }
    static int depthOver(const std::vector<Ref>& items) {
        int depth = 0;
        for (const auto* item : items) depth = std::max(depth, item->depth);
        return depth + 1;
    }
    void pushTuple(std::vector<Ref> items) {
        const int depth = depthOver(items);
        push(List{std::move(items)}, depth);
    }
    void tuple(int n) {
        std::vector<Ref> items(static_cast<std::size_t>(n));
        for (int i = n; i-- > 0;) items[std::size_t(i)] = pop();
        pushTuple(std::move(items));
    }
    // A container that is filled after it was made: its depth grows with what it holds. Cycles end at the depth limit too.
    void deepen(Value& container, Ref child) {
        container.depth = std::max(container.depth, child->depth + 1);
        if (container.depth > deepest) corrupt("its pickle is nested too deeply");
    }
    void setItems(const std::vector<Ref>& items) {
        auto& target = *top();
        if (items.size() % 2) corrupt("a dictionary of its pickle has a key without a value");
        if (auto* dict = std::get_if<Dict>(&target.data))
            for (std::size_t i = 0; i < items.size(); i += 2) {
                deepen(target, items[i + 1]);
                dict->items.emplace_back(items[i], items[i + 1]);
            }
        else if (auto* call = std::get_if<Call>(&target.data); call && call->callee->is("collections.OrderedDict")) {
            target.data = Dict{};
            setItems(items);
        }
    }
    void append(const std::vector<Ref>& items) {
        auto& target = *top();
        if (auto* list = std::get_if<List>(&target.data))
            for (auto* item : items) {
                deepen(target, item);
                list->items.push_back(item);
            }
    }
    void global(std::string_view module, std::string_view function) {
        const auto isName = [](std::string_view name) {
            return !name.empty() && name.size() <= longestName &&
                   std::none_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
        };
        if (!isName(module) || !isName(function)) corrupt("it names a function in a way that Python does not");
        requireHarmless(module, function, m_file);
        push(Global{module, function});
    }
    void call() {
        auto* arguments = pop();
        const auto* callee = pop();
        const auto* list = arguments->as<List>();
        if (!list) corrupt("a call of its pickle has no arguments");
        if (const auto* function = callee->as<Global>()) {
            if (function->is("collections.OrderedDict") && list->items.empty()) return push(Dict{});
            return push(Call{function, arguments}, arguments->depth + 1);
        }
        if (!callee->as<Call>() && !callee->as<Opaque>()) corrupt("its pickle calls what is no function");
        push(Opaque{});
    }
    void memoize(std::uint32_t index) { m_memo[index] = top(); }
    void recall(std::uint32_t index) {
        const auto it = m_memo.find(index);
        if (it == m_memo.end()) corrupt("its pickle recalls what it never kept");
        if (++m_values > mostValues) corrupt("its pickle makes too many values");
        m_stack.push_back(it->second);
    }
    void longInteger() {
        const auto digits = raw(take<std::uint8_t>());
        if (digits.size() > 8) return push(Opaque{});
        std::int64_t value = digits.empty() || !(digits.back() & 0x80) ? 0 : -1;
        std::memcpy(&value, digits.data(), digits.size());
        push(value);
    }
    double bigEndianDouble() { return std::bit_cast<double>(__builtin_bswap64(take<std::uint64_t>())); }

    void step(std::uint8_t op) {
        switch (op) {
        case 0x80:
            if (const int protocol = take<std::uint8_t>(); protocol > 5)
                corrupt("its pickle has the unknown protocol " + std::to_string(protocol));
            break;
        case 0x95:
            if (const auto frame = take<std::uint64_t>(); frame > m_bytes.size() - m_at) raw(frame);
            break;
        case '(':
            push(Mark{});
            break;
        case '0':
            pop();
            break;
        case '1':
            popToMark();
            break;
        case '2':
            m_stack.push_back(top());
            break;
        case 'N':
            push(None{});
            break;
        case 0x88:
            push(true);
            break;
        case 0x89:
            push(false);
            break;
        case 'J':
            push(std::int64_t(take<std::int32_t>()));
            break;
        case 'K':
            push(std::int64_t(take<std::uint8_t>()));
            break;
        case 'M':
            push(std::int64_t(take<std::uint16_t>()));
            break;
        case 0x8a:
            longInteger();
            break;
        case 'G':
            push(bigEndianDouble());
            break;
        case 'X':
            push(raw(take<std::uint32_t>()));
            break;
        case 0x8c:
            push(raw(take<std::uint8_t>()));
            break;
        case 0x8d:
            push(raw(take<std::uint64_t>()));
            break;
        case 'T':
        case 'B':
            push(raw(take<std::uint32_t>()));
            break;
        case 'U':
        case 'C':
            push(raw(take<std::uint8_t>()));
            break;
        case ')':
            push(List{});
            break;
        case ']':
            push(List{});
            break;
        case '}':
            push(Dict{});
            break;
        case 0x8f:
            push(Opaque{});
            break; // an empty set
        case 0x90:
            popToMark();
            break;
        case 't':
        case 'l':
            pushTuple(popToMark());
            break;
        case 0x85:
            tuple(1);
            break;
        case 0x86:
            tuple(2);
            break;
        case 0x87:
            tuple(3);
            break;
        case 'd': {
            auto items = popToMark();
            push(Dict{});
            setItems(items);
            break;
        }
        case 's': {
            auto *value = pop(), *key = pop();
            setItems({key, value});
            break;
        }
        case 'u': {
            const auto items = popToMark();
            setItems(items);
            break;
        }
        case 'a': {
            auto* item = pop();
            append({item});
            break;
        }
        case 'e': {
            const auto items = popToMark();
            append(items);
            break;
        }
        case 'c': {
            const auto module = line(), function = line();
            global(module, function);
            break;
        }
        case 0x93:
            stackGlobal();
            break;
        case 'R':
        case 0x81:
            call();
            break;
        case 'b':
            pop(), top();
            break; // BUILD: the state of an object that is not rebuilt
        case 'Q':
            persistent();
            break;
        case 'q':
            memoize(take<std::uint8_t>());
            break;
        case 'r':
            memoize(take<std::uint32_t>());
            break;
        case 0x94:
            memoize(std::uint32_t(m_memo.size()));
            break;
        case 'h':
            recall(take<std::uint8_t>());
            break;
        case 'j':
            recall(take<std::uint32_t>());
            break;
        case 'i':
        case 'o':
            throw Error(ErrorCode::Unsafe,
                        "The checkpoint " + m_file + " builds objects in a way that torch.save never uses, so it was refused.");
        default:
            corrupt("its pickle holds the unknown instruction " + std::to_string(op));
        }
    }
    void stackGlobal() {
        const auto *function = pop(), *module = pop();
        const auto *f = function->as<Text>(), *m = module->as<Text>();
        if (!f || !m) corrupt("a name in its pickle is not a text");
        global(*m, *f);
    }
    void persistent() {
        auto* id = pop();
        if (!id->as<List>()) corrupt("a storage of its pickle has no description");
        push(Persistent{id}, id->depth + 1);
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0, m_values = 0;
    const std::string& m_file;
    Document m_document;
    std::vector<Ref> m_stack;
    std::unordered_map<std::uint32_t, Ref> m_memo;
};

} // namespace

bool Global::is(std::string_view name) const {
    return name.size() == module.size() + 1 + function.size() && name.starts_with(module) && name[module.size()] == '.' &&
           name.ends_with(function);
}

Document read(std::span<const std::byte> bytes, const std::string& name) { return Machine(bytes, name).run(); }

} // namespace phloxine::pickle
