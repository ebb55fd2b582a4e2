#include "core/tensor/zip_archive.h"

#include <cstring>

#include "core/base/Error.h"

namespace phloxine {

namespace {

// Little-endian fields of the archive, each read after a bounds check.
class Reader {
public:
    Reader(const MappedFile& file, const std::string& name) : m_file(file), m_name(name) {}

    template <typename T>
    T at(std::uint64_t offset) const {
        T value;
        require(offset, sizeof(T));
        std::memcpy(&value, m_file.data() + offset, sizeof(T));
        return value;
    }
    std::span<const std::byte> bytes(std::uint64_t offset, std::uint64_t size) const {
        require(offset, size);
        return {m_file.data() + offset, std::size_t(size)};
    }
    std::string text(std::uint64_t offset, std::uint64_t size) const {
        const auto span = bytes(offset, size);
        return {reinterpret_cast<const char*>(span.data()), span.size()};
    }
    std::uint64_t size() const { return m_file.size(); }
    [[noreturn]] void corrupt(const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "The checkpoint " + m_name + " is damaged: " + why + "; get it again.");
    }

private:
    void require(std::uint64_t offset, std::uint64_t size) const {
        if (offset > m_file.size() || size > m_file.size() - offset) corrupt("its archive points beyond the end of the file");
    }
    const MappedFile& m_file;
    const std::string& m_name;
};

struct Directory {
    std::uint64_t offset = 0, entries = 0;
};

Directory findDirectory(const Reader& in, const std::string& name) {
    if (in.size() < 22) throw Error(ErrorCode::Truncated, "The checkpoint " + name + " is too short; get it again.");
    const auto lowest = in.size() - std::min<std::uint64_t>(in.size(), 22 + 65535);
    for (auto p = in.size() - 22 + 1; p-- > lowest;) {
        if (in.at<std::uint32_t>(p) != 0x06054b50 || p + 22 + in.at<std::uint16_t>(p + 20) > in.size()) continue;
        Directory found{in.at<std::uint32_t>(p + 16), in.at<std::uint16_t>(p + 10)};
        if (p >= 20 && in.at<std::uint32_t>(p - 20) == 0x07064b50) { // zip64: the real numbers lie in a second record
            const auto record = in.at<std::uint64_t>(p - 20 + 8);
            if (in.at<std::uint32_t>(record) != 0x06064b50) in.corrupt("its zip64 record is missing");
            found = {in.at<std::uint64_t>(record + 48), in.at<std::uint64_t>(record + 32)};
        }
        return found;
    }
    throw Error(ErrorCode::Truncated, "The checkpoint " + name + " ends before its table of contents; it was cut short, get it again.");
}

bool climbsOut(const std::string& member) {
    if (member.empty() || member[0] == '/' || member.find('\\') != std::string::npos || member.find('\0') != std::string::npos) return true;
    return ("/" + member + "/").find("/../") != std::string::npos;
}

struct Sizes {
    std::uint64_t compressed, plain, offset;
};

// Sizes of 0xffffffff in the directory entry stand in its zip64 extra field, in this order.
Sizes sizesOf(const Reader& in, std::uint64_t entry, std::uint16_t nameSize, std::uint16_t extraSize) {
    Sizes sizes{in.at<std::uint32_t>(entry + 20), in.at<std::uint32_t>(entry + 24), in.at<std::uint32_t>(entry + 42)};
    auto p = entry + 46 + nameSize;
    const auto end = p + extraSize;
    while (p + 4 <= end) {
        const auto id = in.at<std::uint16_t>(p);
        const auto size = in.at<std::uint16_t>(p + 2);
        auto field = p + 4;
        if (id == 1)
            for (auto* value : {&sizes.plain, &sizes.compressed, &sizes.offset})
                if (*value == 0xffffffffu && field + 8 <= p + 4 + size) *value = in.at<std::uint64_t>(field), field += 8;
        p += 4 + size;
    }
    return sizes;
}

} // namespace

bool looksLikeZip(const MappedFile& file) { return file.size() >= 4 && file.text().starts_with("PK\x03\x04"); }

ZipMembers readZip(const MappedFile& file, const std::string& name) {
    const Reader in(file, name);
    const auto directory = findDirectory(in, name);
    ZipMembers members;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places; // of each member, its header included
    auto p = directory.offset;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        if (in.at<std::uint32_t>(p) != 0x02014b50) in.corrupt("its table of contents is broken");
        const auto nameSize = in.at<std::uint16_t>(p + 28), extraSize = in.at<std::uint16_t>(p + 30),
                   commentSize = in.at<std::uint16_t>(p + 32);
        const auto member = in.text(p + 46, nameSize);
        const auto sizes = sizesOf(in, p, nameSize, extraSize);
        if (climbsOut(member))
            throw Error(ErrorCode::Unsafe,
                        "The checkpoint " + name + " holds a member whose name leads out of the archive, so it was refused.", member);
        constexpr std::uint16_t encrypted = 1;
        const bool unreadable = in.at<std::uint16_t>(p + 10) != 0 || (in.at<std::uint16_t>(p + 8) & encrypted);
        if (!unreadable && sizes.compressed != sizes.plain) in.corrupt("the member \"" + member + "\" has two sizes");
        const auto localNameSize = in.at<std::uint32_t>(sizes.offset) == 0x04034b50 ? in.at<std::uint16_t>(sizes.offset + 26) : 0u;
        if (localNameSize != nameSize || in.text(sizes.offset + 30, nameSize) != member)
            in.corrupt("the member \"" + member + "\" is not where the table says");
        const auto begin = sizes.offset + 30 + nameSize + in.at<std::uint16_t>(sizes.offset + 28);
        if (!members.emplace(member, ZipMember{in.bytes(begin, sizes.compressed), unreadable}).second)
            in.corrupt("the member \"" + member + "\" is there twice");
        places.emplace_back(sizes.offset, begin + sizes.compressed);
        p += 46ull + nameSize + extraSize + commentSize;
    }
    std::sort(places.begin(), places.end());
    for (std::size_t i = 1; i < places.size(); ++i)
        if (places[i].first < places[i - 1].second) in.corrupt("two members of its archive overlap");
    return members;
}

} // namespace phloxine
