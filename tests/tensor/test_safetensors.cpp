// safetensors files: a round trip, and every way in which a stranger's file can lie.
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Files.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

namespace {

QByteArray file(const QByteArray& header, int dataBytes, qint64 claimedHeader = -1) {
    const quint64 size = claimedHeader < 0 ? quint64(header.size()) : quint64(claimedHeader);
    return QByteArray(reinterpret_cast<const char*>(&size), 8) + header + QByteArray(dataBytes, '\1');
}

QByteArray tensor(const char* name, const char* dtype, const char* shape, const char* offsets) {
    return QByteArray("\"") + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT
    QTemporaryDir m_temporary;
    fs::path path(const char* name) const { return fs::path(m_temporary.path().toStdString()) / name; }

private slots:
    void roundTrip() {
        Weights weights;
        for (const auto type :
             {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kShort, at::kChar, at::kByte, at::kBool})
            weights["t." + std::string(c10::toString(type))] = at::arange(6).view({2, 3}).to(type);
        weights["scalar"] = at::scalar_tensor(0.5, at::kFloat);
        weights["empty"] = at::empty({0, 4});
        weights["transposed"] = at::arange(12, at::kFloat).view({3, 4}).t();
        writeSafetensors(path("round.safetensors"), weights, {{"who", "a \"test\"\n\xc3\xa9"}});
        std::map<std::string, std::string> metadata;
        const auto back = readSafetensors(path("round.safetensors"), &metadata);
        QCOMPARE(back.size(), weights.size());
        for (const auto& [key, value] : weights) {
            QVERIFY2(back.at(key).scalar_type() == value.scalar_type(), key.c_str());
            QVERIFY2(at::equal(back.at(key), value), key.c_str());
        }
        QCOMPARE(metadata.at("who"), std::string("a \"test\"\n\xc3\xa9"));
        QVERIFY(at::equal(readCheckpoint(path("round.safetensors")).at("transposed"), weights.at("transposed"))); // recognised by content
    }

    void writingNeverReplaces() {
        writeSafetensors(path("there.safetensors"), {{"a", at::ones({2})}});
        QCOMPARE(errorOf([&] { writeSafetensors(path("there.safetensors"), {{"a", at::zeros({2})}}); }), "exists");
        QCOMPARE(readSafetensors(path("there.safetensors")).at("a").sum().item<float>(), 2.0f);
    }

    void headerOfOddLengthIsRead() {
        auto header = "{" + tensor("a", "F32", "[2]", "[0,8]") + "}";
        while (header.size() % 4 != 1) header += ' ';
        const float values[] = {1.5f, -2.0f};
        auto bytes = file(header, 0) + QByteArray(reinterpret_cast<const char*>(values), 8);
        writeFileAtomically(path("odd.safetensors"), bytes.toStdString());
        QCOMPARE(readSafetensors(path("odd.safetensors")).at("a")[1].item<float>(), -2.0f);
    }

    // Tensors outlive the call: they keep the mapped file.
    void tensorsKeepTheFile() {
        writeSafetensors(path("kept.safetensors"), {{"a", at::full({1000}, 3.0)}});
        auto a = readSafetensors(path("kept.safetensors")).at("a");
        fs::remove(path("kept.safetensors"));
        QCOMPARE(a.sum().item<double>(), 3000.0);
    }

    void malformed_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("codes"); // "a|b": either is right
        const auto good = tensor("a", "F32", "[2]", "[0,8]");
        QTest::newRow("0 bytes") << QByteArray() << QByteArray("truncated");
        QTest::newRow("7 bytes") << QByteArray(7, '\0') << QByteArray("truncated");
        QTest::newRow("8 bytes") << file("{}", 0, 100).left(8) << QByteArray("truncated");
        QTest::newRow("header longer than the file") << file("{" + good + "}", 8, 5000) << QByteArray("truncated");
        QTest::newRow("header of 2^63 bytes") << file("{" + good + "}", 8, qint64(1) << 62) << QByteArray("corrupt");
        QTest::newRow("header of 99 MB in a file of 100 bytes") << file("{" + good + "}", 8, 99 << 20) << QByteArray("truncated");
        QTest::newRow("not JSON") << file("{\"a\":", 8) << QByteArray("corrupt");
        QTest::newRow("not an object") << file("[1,2]", 0) << QByteArray("corrupt");
        QTest::newRow("JSON nested 100,000 times") << file(QByteArray(100000, '['), 0) << QByteArray("corrupt");
        QTest::newRow("broken UTF-8 in a key") << file("{" + tensor("\xff\xfe", "F32", "[2]", "[0,8]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("entry is a number") << file("{\"a\":5}", 0) << QByteArray("corrupt");
        QTest::newRow("no dtype") << file("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8) << QByteArray("corrupt");
        QTest::newRow("dtype is a number") << file("{\"a\":{\"dtype\":1,\"shape\":[2],\"data_offsets\":[0,8]}}", 8)
                                           << QByteArray("corrupt");
        QTest::newRow("no shape") << file("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8) << QByteArray("corrupt");
        QTest::newRow("no offsets") << file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8) << QByteArray("corrupt");
        QTest::newRow("three offsets") << file("{" + tensor("a", "F32", "[2]", "[0,8,9]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("overlap") << file("{" + good + "," + tensor("b", "F32", "[2]", "[4,12]") + "}", 12) << QByteArray("corrupt");
        QTest::newRow("same range twice") << file("{" + good + "," + tensor("b", "F32", "[2]", "[0,8]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("gap") << file("{" + good + "," + tensor("b", "F32", "[2]", "[12,20]") + "}", 20) << QByteArray("corrupt");
        QTest::newRow("bytes after the last tensor") << file("{" + good + "}", 64) << QByteArray("corrupt");
        QTest::newRow("beyond the end") << file("{" + tensor("a", "F32", "[4]", "[0,16]") + "}", 8) << QByteArray("truncated|corrupt");
        QTest::newRow("far beyond the end") << file("{" + tensor("a", "F32", "[4]", "[18446744073709551600,18446744073709551615]") + "}", 8)
                                            << QByteArray("truncated|corrupt");
        QTest::newRow("ends before it begins") << file("{" + tensor("a", "F32", "[2]", "[8,0]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("negative offset") << file("{" + tensor("a", "F32", "[2]", "[-8,0]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("fractional offset") << file("{" + tensor("a", "F32", "[2]", "[0,8.5]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("product overflows") << file("{" + tensor("a", "F32", "[4294967296,4294967296,4]", "[0,8]") + "}", 8)
                                           << QByteArray("corrupt");
        QTest::newRow("byte count overflows") << file("{" + tensor("a", "F64", "[281474976710656,65536]", "[0,8]") + "}", 8)
                                              << QByteArray("corrupt");
        QTest::newRow("huge size") << file("{" + tensor("a", "F32", "[18446744073709551615]", "[0,8]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("negative size") << file("{" + tensor("a", "F32", "[-2]", "[0,8]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("shape does not fit the bytes") << file("{" + tensor("a", "F32", "[3]", "[0,8]") + "}", 8) << QByteArray("corrupt");
        QTest::newRow("twenty dimensions") << file("{" + tensor("a", "F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "[0,8]") + "}", 8)
                                           << QByteArray("corrupt");
        QTest::newRow("unknown dtype") << file("{" + tensor("a", "F7", "[2]", "[0,8]") + "}", 8) << QByteArray("dtype");
        QTest::newRow("duplicate key") << file("{" + good + "," + tensor("a", "F32", "[2]", "[8,16]") + "}", 16) << QByteArray("corrupt");
        QTest::newRow("duplicate field") << file("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8)
                                         << QByteArray("corrupt");
    }

    void malformed() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, codes);
        const auto name =
            QByteArray("bad-") + QByteArray(QTest::currentDataTag()).replace(' ', '-').replace('/', '-').replace('^', '-') + ".safetensors";
        writeFileAtomically(path(name), std::string_view(bytes.data(), std::size_t(bytes.size())));
        QElapsedTimer clock;
        clock.start();
        std::string message;
        const auto code = errorOf([&] { readSafetensors(path(name)); }, &message);
        QVERIFY2(!code.isEmpty() && codes.split('|').contains(code), "code: " + code);
        QVERIFY2(message.find(name.toStdString()) != std::string::npos, message.c_str()); // the sentence says which file
        QVERIFY2(clock.elapsed() < 2000, "too slow");
    }

    void notThere() {
        QCOMPARE(errorOf([&] { readSafetensors(path("nothing.safetensors")); }), "not-found");
        QCOMPARE(errorOf([&] { readSafetensors(m_temporary.path().toStdString()); }), "not-a-model");
    }

    // Cut anywhere, a file is refused and never read beyond its end.
    void everyCutIsRefused() {
        writeSafetensors(path("whole.safetensors"), {{"a", at::ones({2})}, {"b", at::ones({3}, at::kHalf)}});
        const auto whole = readFile(path("whole.safetensors"));
        for (std::size_t n = 0; n < whole.size(); ++n) {
            writeFileAtomically(path("cut.safetensors"), std::string_view(whole).substr(0, n), IfExists::Replace);
            const auto code = errorOf([&] { readSafetensors(path("cut.safetensors")); });
            QVERIFY2(code == "truncated" || code == "corrupt", QByteArray::number(qlonglong(n)) + " bytes: " + code);
        }
    }
};

PHLOXINE_TEST(tensor_safetensors, TestSafetensors, NoApplication)
#include "test_safetensors.moc"
