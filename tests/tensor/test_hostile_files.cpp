// Weight files that are wrong on purpose: each field of safetensors, zip, pickle and .npy lies once. Every file is refused with the code
// that fits, in one sentence, within two seconds and without memory that its size does not justify.
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/tensor/checkpoint.h"
#include "core/tensor/npy.h"
#include "core/tensor/safetensors.h"
#include "tests/support/checkpoint_files.h"
#include "tests/support/refused.h"
#include "tests/support/test_main.h"

using namespace phloxine;
using namespace phloxine::files;
namespace fs = std::filesystem;

class TestHostileFiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;

    fs::path at(const char* name) const { return fs::path(m_temporary.path().toStdString()) / name; }

    static void columns() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("codes");
    }
    void check(const char* name) {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, codes);
        const auto file = write(at(name), bytes);
        const auto problem = refusalProblem([&] { readCheckpoint(file); }, codes, name);
        QVERIFY2(problem.isEmpty(), problem);
        QVERIFY(!QFile::exists(m_temporary.filePath("marker")));
    }

private slots:
    void safetensorsHeaders_data() {
        columns();
        const auto row = [](const char* name, const QByteArray& header, const char* codes, const QByteArray& data = QByteArray(8, '\0')) {
            QTest::newRow(name) << safetensors(header, data) << QByteArray(codes);
        };
        const QByteArray good = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
        row("header is a list", "[]", "corrupt");
        row("header is a number", "5", "corrupt");
        row("header is null", "null", "corrupt");
        row("header is empty", "", "corrupt|truncated");
        row("two headers", "{" + good + "}{}", "corrupt");
        row("metadata is a list", R"({"__metadata__":["x"],)" + good + "}", "corrupt");
        row("metadata is a number", R"({"__metadata__":3,)" + good + "}", "corrupt");
        row("metadata holds a number", R"({"__metadata__":{"a":1},)" + good + "}", "corrupt");
        row("metadata holds an object", R"({"__metadata__":{"a":{"b":"c"}},)" + good + "}", "corrupt");
        row("metadata twice", R"({"__metadata__":{},"__metadata__":{},)" + good + "}", "corrupt");
        row("entry is a list", R"({"a":[]})", "corrupt", {});
        row("entry is empty", R"({"a":{}})", "corrupt", {});
        row("key twice in an entry", R"({"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}})", "corrupt");
        row("type is a number", R"({"a":{"dtype":5,"shape":[2],"data_offsets":[0,8]}})", "corrupt");
        row("type in lower case", R"({"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}})", "dtype");
        row("type of eight bits", R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})", "dtype");
        row("type with a line feed", R"({"a":{"dtype":"F3\n2","shape":[2],"data_offsets":[0,8]}})", "dtype");
        row("type of a megabyte", R"({"a":{"dtype":")" + QByteArray(1 << 20, 'F') + R"(","shape":[2],"data_offsets":[0,8]}})", "dtype");
        row("offsets reversed", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "corrupt");
        row("one offset", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "corrupt");
        row("offsets are texts", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":["0","8"]}})", "corrupt");
        row("offsets are fractions", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0.0,8.0]}})", "corrupt");
        row("offset NaN", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[NaN,8]}})", "corrupt");
        row("offset of 2^64", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616]}})", "corrupt");
        row("offset of 2^64 - 1", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}})", "truncated");
        row("gap before the first", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "corrupt");
        row("gap between two",
            R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}})", "corrupt");
        row("bytes after the end", "{" + good + "}", "corrupt", QByteArray(9, '\0'));
        row("no tensors, but bytes", "{}", "corrupt");
        row("shape missing", R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", "corrupt");
        row("shape with a fraction", R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "corrupt");
        row("shape with a boolean", R"({"a":{"dtype":"F32","shape":[2,true],"data_offsets":[0,8]}})", "corrupt");
        row("shape of nine dimensions", R"({"a":{"dtype":"F32","shape":[2,1,1,1,1,1,1,1,1],"data_offsets":[0,8]}})", "corrupt");
        row("shape of a million dimensions",
            R"({"a":{"dtype":"F32","shape":[)" + QByteArray("1,").repeated(1000000) + R"(2],"data_offsets":[0,8]}})", "corrupt");
        row("empty with an endless size", R"({"a":{"dtype":"F32","shape":[0,281474976710656,281474976710656],"data_offsets":[0,0]}})",
            "corrupt", {});
        row("empty with bytes", R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,8]}})", "corrupt");
        row("shape as a text", R"({"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}})", "corrupt");
        row("nested 100,000 times", QByteArray(100000, '[') + QByteArray(100000, ']'), "corrupt");
        row("nested in an entry", R"({"a":)" + QByteArray(R"({"x":)").repeated(100000) + "1" + QByteArray(100000, '}') + "}", "corrupt");
        row("nested and open", QByteArray(1000000, '['), "corrupt");
        row("key not UTF-8", "{\"\xff\xfe\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "corrupt");
        row("key with a NUL", R"({"a\u0000b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "corrupt");
        row("key that writes to the terminal", "{\"\\u001b[2J\\nhello\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            "corrupt");
        row("key of a megabyte", "{\"" + QByteArray(1 << 20, 'k') + "\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            "corrupt");
        row("byte order mark of UTF-16", QByteArray("\xff\xfe{\0}\0", 6), "corrupt");
        row("comment", "{/* */" + good + "}", "corrupt");
        QTest::newRow("header claims 100 MB") << raw(quint64(100u << 20)) + "{}" << QByteArray("truncated");
        QTest::newRow("header claims 2^64 - 1") << raw(~quint64(0)) + "{}" << QByteArray("corrupt|truncated");
        QTest::newRow("web page") << QByteArray("<!DOCTYPE html><html></html>") << QByteArray("not-a-model");
        QTest::newRow("pointer of Git LFS") << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
                                            << QByteArray("not-a-model");
        QTest::newRow("nothing but a length") << raw(quint64(0)) << QByteArray("corrupt|truncated");
    }
    void safetensorsHeaders() { check("model.safetensors"); }

    void archives_data() {
        columns();
        const auto row = [](const char* name, const QByteArray& bytes, const char* codes) {
            QTest::newRow(name) << bytes << QByteArray(codes);
        };
        const Member table{"archive/data.pkl", pickle(dictionary(text("w") + tensor({4}, {1})))}, numbers{"archive/data/0", fourFloats()};
        const auto with = [](Member m, auto change) {
            change(m);
            return m;
        };
        row("table of contents beyond the file", zip({table, numbers}, {-1, 0x7fffffff}), "corrupt");
        row("table of contents inside a member", zip({table, numbers}, {-1, 40}), "corrupt");
        row("more entries than there are", zip({table, numbers}, {3}), "corrupt");
        row("65,535 entries", zip({table, numbers}, {65534}), "corrupt");
        row("fewer entries than there are", zip({table, numbers}, {1}), "corrupt");
        row("no entries", zip({table, numbers}, {0}), "not-a-model");
        row("size of zip64 without its field", zip({table, with(numbers, [](Member& m) { m.size = 0xffffffff; })}), "corrupt");
        row("offset of zip64 without its field", zip({table, with(numbers, [](Member& m) { m.offset = 0xffffffff; })}), "corrupt");
        row("zip64 field too short",
            zip({table, with(numbers, [](Member& m) { m.size = 0xffffffff, m.extra = raw<quint16>(1) + raw<quint16>(4) + raw(16u); })}),
            "corrupt");
        row("zip64 field longer than the entry",
            zip({table,
                 with(numbers, [](Member& m) { m.size = 0xffffffff, m.extra = raw<quint16>(1) + raw<quint16>(0xffff) + raw(16u); })}),
            "corrupt");
        row("zip64 offset of 2^64 - 1",
            zip({table,
                 with(numbers, [](Member& m) { m.offset = 0xffffffff, m.extra = raw<quint16>(1) + raw<quint16>(8) + raw(~quint64(0)); })}),
            "corrupt");
        row("zip64 record that is not there",
            zip({table, numbers}).chopped(22) + raw(0x07064b50u) + raw(0u) + raw(quint64(1) << 40) + raw(1u) +
                zip({table, numbers}).right(22),
            "corrupt");
        row("zip64 record that is no record",
            zip({table, numbers}).chopped(22) + raw(0x07064b50u) + raw(0u) + raw(quint64(0)) + raw(1u) + zip({table, numbers}).right(22),
            "corrupt");
        row("member reads the data of another", zip({table, with(numbers, [](Member& m) { m.offset = 0; })}), "corrupt");
        row("member starts inside another", zip({table, with(numbers, [](Member& m) { m.offset = 50; })}), "corrupt");
        const auto inner = zip({numbers}).left(30 + 14 + 16); // a header of its own inside the bytes of another member
        row("members overlap",
            zip({table, {"archive/data/1", inner}, with(numbers, [&](Member& m) { m.offset = 30 + 16 + table.bytes.size() + 30 + 14; })}),
            "corrupt");
        row("name in front of the bytes is another", zip({table, with(numbers, [](Member& m) { m.localName = "archive/data/7"; })}),
            "corrupt");
        row("name in front of the bytes is longer", zip({table, with(numbers, [](Member& m) { m.localNameSize = 0x7fff; })}), "corrupt");
        row("name in front of the bytes is shorter", zip({table, with(numbers, [](Member& m) { m.localNameSize = 2; })}), "corrupt");
        row("size beyond the file", zip({table, with(numbers, [](Member& m) { m.size = 0x7fffffff; })}), "corrupt");
        row("table of tensors is compressed", zip({with(table, [](Member& m) { m.method = 8; }), numbers}), "unsupported");
        row("numbers are compressed", zip({table, with(numbers, [](Member& m) { m.method = 8; })}), "unsupported");
        row("table of tensors is encrypted", zip({with(table, [](Member& m) { m.flags = 1; }), numbers}), "unsupported");
        row("numbers are encrypted", zip({table, with(numbers, [](Member& m) { m.flags = 1; })}), "unsupported");
        row("two tables of tensors", zip({{"other/data.pkl", pickle("}")}, table, numbers}), "corrupt");
        row("the same member twice", zip({table, numbers, numbers}), "corrupt");
        row("name with a backslash", zip({table, numbers, {"archive\\..\\x", "x"}}), "unsafe");
        row("name with a NUL", zip({table, numbers, {QByteArray("archive/x\0y", 11), "x"}}), "unsafe");
        row("name is empty", zip({table, numbers, {"", "x"}}), "unsafe");
        row("name that writes to the terminal", zip({{"archive/\x1b[2J\ndata.pkl", "x", 0, 1}}), "unsupported|not-a-model");
        row("name not UTF-8", zip({{"archive/\xff\xfe", "x", 0, 0, "y"}}), "corrupt");
        row("comment that reaches beyond the file", zip({table, numbers}, {-1, -1, {}, {}, 999}), "truncated");
        row("comment of false ends", zip({{"x", "y"}}, {-1, -1, QByteArray("PK\x05\x06").repeated(16000)}),
            "truncated|corrupt|not-a-model");
        row("big-endian numbers", zip({table, numbers, {"archive/byteorder", "big"}}), "unsupported");
        row("directory in the place of the table", zip({{"archive/data.pkl/", ""}, numbers}), "not-a-model");
    }
    void archives() { check("model.ckpt"); }

    void pickles_data() {
        columns();
        const auto row = [](const char* name, const QByteArray& body, const char* codes) {
            QTest::newRow(name) << checkpoint(body) << QByteArray(codes);
        };
        const auto whole = [](const char* name, const QByteArray& table, const char* codes) {
            QTest::newRow(name) << zip({{"archive/data.pkl", table}, {"archive/data/0", fourFloats()}}) << QByteArray(codes);
        };
        const auto one = [&](const char* name, const QByteArray& value, const char* codes) {
            row(name, dictionary(text("w") + value), codes);
        };
        const auto good = tensor({4}, {1});
        whole("no instructions", "", "truncated");
        whole("STOP alone", ".", "corrupt");
        whole("STOP missing", "\x80\x02" + dictionary(text("w") + good), "truncated");
        whole("protocol 9", "\x80\x09" + dictionary(text("w") + good) + ".", "corrupt");
        whole("frame longer than the file", "\x80\x04\x95" + raw(quint64(1) << 40) + dictionary(text("w") + good) + ".", "truncated");
        row("memo index that was never kept", "j" + raw(0xffffffffu), "corrupt");
        row("keeps nothing", "r" + raw(0xffffffffu), "corrupt");
        row("whole number of 2^31 bytes", "\x8b" + raw(0x7fffffffu), "corrupt|truncated");
        row("whole number that is cut", "\x8a\xff", "truncated|corrupt");
        row("text of 2^63 bytes", "\x8d" + raw(quint64(1) << 63), "truncated");
        row("text of 2^64 - 1 bytes", "\x8d" + raw(~quint64(0)), "truncated");
        row("bytes of 2^31", "B" + raw(0x80000000u), "truncated");
        row("stack underflow in a tuple", "K\x01\x87", "corrupt");
        row("stack underflow in a call", ")R", "corrupt");
        row("stack underflow in BUILD", "}b", "corrupt");
        row("stack underflow in a name", text("x") + "\x93", "corrupt");
        row("appends to nothing",
            "K\x01"
            "a",
            "corrupt");
        row("sets items of nothing", "K\x01K\x01s", "corrupt");
        row("calls a number", "K\x05)R", "corrupt");
        row("calls a text", text("os.system") + ")R", "corrupt");
        row("calls a dictionary", "})R", "corrupt");
        row("calls without arguments", global("collections", "OrderedDict") + "K\x01R", "corrupt");
        row("BUILD 100,000 times", dictionary("") + QByteArray("}b").repeated(100000), "not-a-model");
        row("list that holds itself",
            "]q\x01h\x01"
            "a",
            "not-a-model|corrupt");
        row("dictionary that holds itself", QByteArray("}q\0", 3) + text("state_dict") + QByteArray("h\0s", 3), "not-a-model|corrupt");
        row("parameter of itself",
            global("torch._utils", "_rebuild_parameter") + "q\x01" +
                dictionary(text("w") + "h\x01]q\x02R"
                                       "q\x03"
                                       "h\x02h\x03"
                                       "a0"),
            "not-a-model|corrupt");
        row("tuples a million deep", ")" + QByteArray(1000000, '\x85'), "corrupt");
        row("lists a million deep", QByteArray(1000000, ']') + QByteArray(999999, 'a'), "corrupt|not-a-model");
        row("dictionaries a million deep", QByteArray("}K\x01").repeated(1000000), "not-a-model|corrupt");
        row("marks, a million", QByteArray(1000000, '('), "not-a-model|corrupt");
        row("name without an end", "cos" + QByteArray(100, 'x'), "corrupt");
        row("name over a megabyte", "c" + QByteArray(1 << 20, 'o') + "\nx\n", "corrupt");
        row("name with a carriage return", "cos\r\nsystem\n)R", "unsafe|corrupt");
        row("name with blanks", "c os \nsystem\n)R", "unsafe|corrupt");
        row("name with a dot in the function", "ctorch\nos.system\n)R", "unsafe|corrupt");
        row("name that is empty", "c\n\n)R", "corrupt");
        row("name of numbers", "K\x01K\x02\x93", "corrupt");
        row("name of texts that acts", text("posix") + text("system") + "\x93(" + text("touch marker") + "tR", "unsafe");
        row("persistent id in text form", "P0\n", "corrupt|unsafe");
        row("persistent id that is a number", "K\x05Q", "corrupt");
        row("extension of one byte", "\x82\x01", "corrupt|unsafe");
        row("extension of two bytes", "\x83\x01\x01", "corrupt|unsafe");
        row("extension of four bytes", "\x84" + raw(1u), "corrupt|unsafe");
        row("buffer out of band", "\x97", "corrupt");
        row("byte array of 2^62", "\x96" + raw(quint64(1) << 62), "corrupt|truncated");
        row("read-only buffer", "\x98", "corrupt");
        row("INST", "(ios\nsystem\n", "unsafe");
        row("OBJ", "(" + global("torch", "Tensor") + "o", "unsafe");
        row("memo of protocol 0", "p0\n", "corrupt");
        row("value is a mark", dictionary(text("w") + "("), "corrupt|not-a-model");
        one("size is negative", tensor({-4}, {1}), "corrupt");
        one("stride is negative", tensor({4}, {-1}, 3), "corrupt");
        one("offset is negative", tensor({4}, {1}, -1), "corrupt");
        one("offset of 2^63 - 1", rebuilt(storage() + QByteArray("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 10) + tuple({1}) + tuple({1})),
            "corrupt");
        one("empty with an offset of 2^62", rebuilt(storage() + QByteArray("\x8a\x08\0\0\0\0\0\0\0\x40", 10) + tuple({0}) + tuple({1})),
            "corrupt");
        one("empty with endless sizes", tensor({0, INT_MAX, INT_MAX, INT_MAX, INT_MAX}, {1, INT_MAX, INT_MAX, INT_MAX, INT_MAX}),
            "corrupt");
        one("size is a text", rebuilt(storage() + integer(0) + "(" + text("4") + "t" + tuple({1})), "corrupt");
        one("size is a fraction", rebuilt(storage() + integer(0) + QByteArray("(G\x40\x10\0\0\0\0\0\0t", 11) + tuple({1})), "corrupt");
        one("sizes are no list", rebuilt(storage() + integer(0) + integer(4) + tuple({1})), "corrupt");
        one("nine dimensions", tensor({1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}), "corrupt");
        one("too few arguments", global("torch._utils", "_rebuild_tensor_v2") + "(" + storage() + "tR", "corrupt");
        one("storage is a number", rebuilt(integer(1) + integer(0) + tuple({4}) + tuple({1})), "corrupt");
        one("storage description is empty", rebuilt(QByteArray(")Q") + integer(0) + tuple({4}) + tuple({1})), "corrupt");
        one("storage of another type", tensor({4}, {1}, 0, "DoubleStorage"), "corrupt");
        one("storage of no type", tensor({4}, {1}, 0, "Size"), "dtype");
        one("storage key climbs", tensor({4}, {1}, 0, "FloatStorage", "../data.pkl"), "corrupt");
        one("storage claims more numbers", tensor({4}, {1}, 0, "FloatStorage", "0", 1 << 30), "corrupt");
        one("storage claims fewer numbers", tensor({4}, {1}, 0, "FloatStorage", "0", 2), "corrupt");
        one("storage claims a negative number", tensor({4}, {1}, 0, "FloatStorage", "0", -1), "corrupt");
        row("key that writes to the terminal", dictionary(text("\x1b[2J\n") + good), "corrupt");
        row("key not UTF-8", dictionary(text("\xff\xfe") + good), "corrupt");
        row("key with a NUL", dictionary(text(QByteArray("a\0b", 3)) + good), "corrupt");
        row("key of a megabyte", dictionary(text(QByteArray(1 << 20, 'k')) + good), "corrupt");

        // Small in the file, large when each reference is a copy.
        const auto many = "(" + QByteArray("N").repeated(100000) + QByteArray("tq\x01") + "0" + global("somebody", "Else") +
                          "q\x02"
                          "0";
        row("the same arguments 20,000 times", "](" + many + QByteArray("h\x02h\x01R").repeated(20000) + "e", "not-a-model|corrupt");
        const auto wide = text(QByteArray(1 << 20, 'a')) + "q\x01"
                                                           "0";
        row("the same long name 20,000 times", "](" + wide + QByteArray("h\x01h\x01\x93").repeated(20000) + "e", "not-a-model|corrupt");
        row("the same long description 20,000 times", "](" + many + QByteArray("h\x01Q").repeated(20000) + "e", "not-a-model|corrupt");
        QByteArray expanded;
        for (int i = 0; i < 3000; ++i) expanded += text("w" + QByteArray::number(i)) + tensor({1 << 20}, {0});
        row("3,000 tensors of a million equal numbers", dictionary(expanded), "corrupt");
    }
    void pickles() { check("model.ckpt"); }

    void arrays_data() {
        columns();
        const auto npy = [](const QByteArray& header, const QByteArray& data = fourFloats(), char version = 1) {
            const QByteArray length = version == 1 ? raw(quint16(header.size())) : raw(quint32(header.size()));
            return QByteArray("\x93NUMPY") + version + '\0' + length + header + data;
        };
        const auto dictionary = [](const QByteArray& descr, const QByteArray& fortran, const QByteArray& shape) {
            return "{'descr': " + descr + ", 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
        };
        const auto row = [](const char* name, const QByteArray& bytes, const char* codes) {
            QTest::newRow(name) << bytes << QByteArray(codes);
        };
        row("empty", "", "truncated");
        row("magic alone", "\x93NUMPY", "truncated");
        row("web page", "<html></html>", "not-a-model");
        row("version 9", npy(dictionary("'<f4'", "False", "(4,)"), fourFloats(), 9), "corrupt");
        row("version 0", npy(dictionary("'<f4'", "False", "(4,)"), fourFloats(), 0), "corrupt");
        row("objects", npy(dictionary("'|O'", "False", "(4,)")), "unsafe");
        row("objects in a structure", npy(dictionary("[('a', '|O')]", "False", "(4,)")), "unsafe|corrupt|dtype");
        row("structure", npy(dictionary("[('a', '<f4')]", "False", "(4,)")), "corrupt|dtype");
        row("texts", npy(dictionary("'<U8'", "False", "(1,)")), "dtype");
        row("big-endian", npy(dictionary("'>f4'", "False", "(4,)")), "dtype");
        row("Fortran order", npy(dictionary("'<f4'", "True", "(2, 2)")), "unsupported");
        row("order is a number", npy(dictionary("'<f4'", "0", "(4,)")), "corrupt");
        row("shape beyond the data", npy(dictionary("'<f4'", "False", "(5,)")), "truncated");
        row("shape of less than the data", npy(dictionary("'<f4'", "False", "(3,)")), "corrupt");
        row("shape of 10^12", npy(dictionary("'<f4'", "False", "(1000000000000,)")), "truncated");
        row("shape that overflows", npy(dictionary("'<f4'", "False", "(999999999999999, 999999999999999)")), "corrupt");
        row("empty with endless sizes", npy(dictionary("'<f4'", "False", "(0, 999999999999999, 999999999999999)"), {}), "corrupt");
        row("shape of nine dimensions", npy(dictionary("'<f4'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 4)")), "corrupt");
        row("negative shape", npy(dictionary("'<f4'", "False", "(-4,)")), "corrupt");
        row("shape missing", npy("{'descr': '<f4', 'fortran_order': False}"), "corrupt");
        row("shape is code", npy(dictionary("'<f4'", "False", "(__import__('os').system('touch marker'),)")), "corrupt");
        row("shape of 60,000 digits", npy(dictionary("'<f4'", "False", "(" + QByteArray(60000, '1') + ",)")), "corrupt");
        row("shape of 60,000 blanks", npy(dictionary("'<f4'", "False", "(" + QByteArray(60000, ' ') + ",)")), "corrupt");
        row("60,000 blanks before the shape", npy("{'descr': '<f4', 'fortran_order': False, 'shape':" + QByteArray(60000, ' ')), "corrupt");
        row("number type of 60,000 letters", npy(dictionary("'" + QByteArray(60000, 'f') + "'", "False", "(4,)")), "corrupt|dtype");
        row("header cut", npy(dictionary("'<f4'", "False", "(4,)")).left(30), "truncated");
        row("header claims 4 GB", QByteArray("\x93NUMPY\x02\0", 8) + raw(0xffffffffu) + "{}", "corrupt|truncated");
        row("header is empty", npy(""), "corrupt");
        row("header that writes to the terminal", npy(dictionary("'\x1b[2J'", "False", "(4,)")), "dtype|corrupt");
    }
    void arrays() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, codes);
        const auto file = write(at("vectors.npy"), bytes);
        const auto problem = refusalProblem([&] { readVectors(file); }, codes, "vectors.npy");
        QVERIFY2(problem.isEmpty(), problem);
    }

    // A pipe or a device in a folder from a stranger must not hold up the program, and a folder is no file.
    void notAFile() {
        const auto pipe = at("pipe.ckpt");
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        auto problem = refusalProblem([&] { readCheckpoint(pipe); }, "not-a-model", "pipe.ckpt");
        QVERIFY2(problem.isEmpty(), problem);
        problem = refusalProblem([&] { readCheckpoint(at("")); }, "not-a-model");
        QVERIFY2(problem.isEmpty(), problem);
        problem = refusalProblem([&] { readCheckpoint("/dev/zero"); }, "not-a-model", "zero");
        QVERIFY2(problem.isEmpty(), problem);
        problem = refusalProblem([&] { readCheckpoint(at("gone.ckpt")); }, "not-found", "gone.ckpt");
        QVERIFY2(problem.isEmpty(), problem);
        problem = refusalProblem([&] { readCheckpoint(at(QByteArray(5000, 'x'))); }, "not-found|wrong-use");
        QVERIFY2(problem.isEmpty(), problem);
    }

    // What looks odd and is right stays readable.
    void oddButRight() {
        const auto empty = readCheckpoint(write(
            at("a.safetensors"),
            safetensors(
                R"({"__metadata__":{"a":"b"},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})",
                fourFloats())));
        QCOMPARE(empty.at("e").numel(), 0);
        QCOMPARE(empty.at("w").sum().item<float>(), 10.0f);
        QCOMPARE(readCheckpoint(write(at("empty.safetensors"), safetensors("{}"))).size(), std::size_t(0));
        const QByteArray entry = R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})"; // a length whose first byte is '<'
        const auto page = files::safetensors(entry + QByteArray(256 + '<' - entry.size(), ' '), fourFloats());
        QCOMPARE(readCheckpoint(write(at("page.safetensors"), page)).at("w").sum().item<float>(), 10.0f);
        const auto odd = readCheckpoint(
            write(at("b.safetensors"), safetensors(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}} )", fourFloats())));
        QCOMPARE(odd.at("w").sum().item<float>(), 10.0f); // not aligned to its numbers

        const auto body = dictionary(text("w") + tensor({4}, {1}) + text("one") + tensor({1000}, {0}, 2) + text("none") + tensor({0}, {1}) +
                                     text("Gewicht \xc3\xa4") + tensor({2, 2}, {1, 2}));
        for (const auto& padding : {"", "x", "xx", "xxx"}) { // numbers at any address
            const auto weights = readCheckpoint(
                write(at("c.ckpt"),
                      zip({{"a/data.pkl", pickle(body)}, {"a/p", padding}, {"a/data/0", fourFloats()}, {"a/byteorder", "little"}})));
            QCOMPARE(weights.size(), std::size_t(4));
            QCOMPARE(weights.at("w").sum().item<float>(), 10.0f);
            QCOMPARE(weights.at("one").sum().item<float>(), 3000.0f);
            QCOMPARE(weights.at("Gewicht \xc3\xa4")[0][1].item<float>(), 3.0f);
        }
        const auto framed = zip({{"a/data.pkl", "\x80\x04\x95" + raw(quint64(body.size() + 1)) + body + "."}, {"a/data/0", fourFloats()}},
                                {-1, -1, "a comment"});
        QCOMPARE(readCheckpoint(write(at("d.ckpt"), framed)).size(), std::size_t(4));
    }
};

PHLOXINE_TEST(tensor_hostile_files, TestHostileFiles, NoApplication)
#include "test_hostile_files.moc"
