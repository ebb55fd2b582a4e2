#pragma once
// Writers of small checkpoints, right and wrong ones: zip archives, the opcodes of pickle, safetensors. Byte by byte, so that each field
// can lie.
#include <filesystem>
#include <string_view>

#include <QByteArray>
#include <QList>

#include "core/base/Files.h"

namespace phloxine::files {

template <typename T>
QByteArray raw(T value) {
    return QByteArray(reinterpret_cast<const char*>(&value), sizeof(T));
}

inline std::filesystem::path write(const std::filesystem::path& path, const QByteArray& bytes) {
    std::filesystem::create_directories(path.parent_path());
    writeFileAtomically(path, std::string_view(bytes.data(), std::size_t(bytes.size())), IfExists::Replace);
    return path;
}

// A zip archive of stored members, as torch.save writes it. What is not set says the truth.
struct Member {
    QByteArray name, bytes;
    quint16 method = 0, flags = 0;
    QByteArray localName = {};      // in front of the bytes
    QByteArray extra = {};          // in the table of contents
    qint64 offset = -1, size = -1;  // in the table of contents
    quint16 localNameSize = 0xffff; // 0xffff: the size it has
};
struct ZipLies {
    int entries = -1;      // in the last record
    qint64 directory = -1; // offset of the table of contents
    QByteArray comment = {}, before = {};
    qint32 commentSize = -1;
};
inline QByteArray zip(const QList<Member>& members, const ZipLies& lies = {}) {
    QByteArray out = lies.before, directory;
    for (const auto& m : members) {
        const auto offset = quint32(m.offset < 0 ? out.size() : m.offset), size = quint32(m.size < 0 ? m.bytes.size() : m.size);
        const auto name = m.localName.isEmpty() ? m.name : m.localName;
        out += raw(0x04034b50u) + raw<quint16>(20) + raw(m.flags) + raw(m.method) + raw(0u) + raw(0u) + raw(size) + raw(size) +
               raw(m.localNameSize == 0xffff ? quint16(name.size()) : m.localNameSize) + raw<quint16>(0) + name + m.bytes;
        directory += raw(0x02014b50u) + raw<quint16>(20) + raw<quint16>(20) + raw(m.flags) + raw(m.method) + raw(0u) + raw(0u) + raw(size) +
                     raw(size) + raw(quint16(m.name.size())) + raw(quint16(m.extra.size())) + raw<quint16>(0) + raw<quint16>(0) +
                     raw<quint16>(0) + raw(0u) + raw(offset) + m.name + m.extra;
    }
    const auto at = quint32(lies.directory < 0 ? out.size() : lies.directory), length = quint32(directory.size());
    const auto entries = quint16(lies.entries < 0 ? members.size() : lies.entries);
    const auto comment = quint16(lies.commentSize < 0 ? lies.comment.size() : lies.commentSize);
    return out + directory + raw(0x06054b50u) + raw<quint16>(0) + raw<quint16>(0) + raw(entries) + raw(entries) + raw(length) + raw(at) +
           raw(comment) + lies.comment;
}

// The opcodes of pickle protocol 2.
inline QByteArray text(const QByteArray& s) { return "X" + raw(quint32(s.size())) + s; }
inline QByteArray integer(qint32 n) { return "J" + raw(n); }
inline QByteArray tuple(const QList<qint32>& numbers) {
    QByteArray out = "(";
    for (const auto n : numbers) out += integer(n);
    return out + "t";
}
inline QByteArray global(const QByteArray& module, const QByteArray& name) { return "c" + module + "\n" + name + "\n"; }
inline QByteArray storage(const QByteArray& type = "FloatStorage", const QByteArray& key = "0", qint32 numbers = 4) {
    return "(" + text("storage") + global("torch", type) + text(key) + text("cpu") + integer(numbers) + "tQ";
}
inline QByteArray rebuilt(const QByteArray& arguments) {
    return global("torch._utils", "_rebuild_tensor_v2") + "(" + arguments + "\x89" + global("collections", "OrderedDict") + ")RtR";
}
inline QByteArray tensor(const QList<qint32>& shape, const QList<qint32>& strides, qint32 offset = 0,
                         const QByteArray& type = "FloatStorage", const QByteArray& key = "0", qint32 numbers = 4) {
    return rebuilt(storage(type, key, numbers) + integer(offset) + tuple(shape) + tuple(strides));
}
inline QByteArray dictionary(const QByteArray& items) { return "}(" + items + "u"; }
inline QByteArray pickle(const QByteArray& body) { return QByteArray("\x80\x02") + body + "."; }

inline QByteArray fourFloats() {
    QByteArray bytes;
    for (const float f : {1.0f, 2.0f, 3.0f, 4.0f}) bytes += raw(f);
    return bytes;
}
// What torch.save writes of a value: its pickle, and the storage "0" of four floats.
inline QByteArray checkpoint(const QByteArray& body, const QList<Member>& more = {}) {
    return zip(QList<Member>{{"archive/data.pkl", pickle(body)}, {"archive/data/0", fourFloats()}} + more);
}

inline QByteArray safetensors(const QByteArray& header, const QByteArray& data = {}) { return raw(quint64(header.size())) + header + data; }

} // namespace phloxine::files
