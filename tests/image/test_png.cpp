#include <filesystem>

#include <QTemporaryDir>
#include <QtEndian>
#include <QtTest>

#include "core/image/ImageFile.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

std::uint32_t crcOf(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const unsigned char byte : bytes) {
        crc ^= byte;
        for (int i = 0; i < 8; ++i) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

std::string bigEndian(std::uint32_t value) {
    value = qToBigEndian(value);
    return {reinterpret_cast<const char*>(&value), 4};
}

std::string chunk(const std::string& type, const std::string& data) {
    return bigEndian(std::uint32_t(data.size())) + type + data + bigEndian(crcOf(type + data));
}

const std::string signature = "\x89PNG\r\n\x1a\n";

std::string header(std::uint32_t width, std::uint32_t height, char depth, char colour) {
    return signature + chunk("IHDR", bigEndian(width) + bigEndian(height) + std::string{depth, colour, 0, 0, 0});
}

std::string deflated(const QByteArray& bytes) {
    const QByteArray packed = qCompress(bytes);
    return {packed.constData() + 4, std::size_t(packed.size() - 4)};
}

// Puts a chunk behind IHDR, or before IEND.
std::string with(std::string png, const std::string& extra, bool atEnd = false) { return png.insert(atEnd ? png.size() - 12 : 33, extra); }

} // namespace

class TestPng : public QObject {
    Q_OBJECT
    const std::string m_good = encodePng(testPicture(19, 11));

private slots:
    void roundTrip() {
        Image image = testPicture(257, 131);
        image.scale = {0.4321987654321, ScaleSource::Assumed};
        const std::vector<TextChunk> texts = {
            {"phloxine", "{\"prompt\":\"höher ✓\"}"}, {"parameters", "Steps: 20"}, {"XML:com.adobe.xmp", std::string(100000, 'x')}};
        const PngFile file = decodePng(encodePng(image, texts), "x.png");
        QVERIFY(file.image == image);
        QVERIFY(file.texts == texts);
        QVERIFY(file.image.scale == image.scale);
    }

    void oneByOne() { QVERIFY(decodePng(encodePng(testPicture(1, 1)), "x").image == testPicture(1, 1)); }

    void files() {
        QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "tile.png";
        writePng(path, testPicture(8, 8), {{"phloxine", "{}"}});
        QVERIFY(readPng(path).image == testPicture(8, 8));
        QCOMPARE(readPngTexts(path).size(), 1u);
        QCOMPARE(readPngTexts(path)[0].text, std::string("{}"));
        QCOMPARE(errorOf([&] { writePng(path, testPicture(8, 8)); }), "exists");
        QCOMPARE(errorOf([&] { readPng(path.string() + "x"); }), "not-found");
    }

    void textsOfOtherPrograms() {
        const std::string file = with(with(m_good, chunk("tEXt", std::string("Author\0M\xfcller", 13))),
                                      chunk("tEXt", std::string("parameters\0late", 15)), true);
        const auto texts = decodePng(file, "x").texts;
        QCOMPARE(texts.size(), 2u);
        QCOMPARE(texts[0].text, std::string("Müller"));
        QCOMPARE(texts[1].text, std::string("late"));
    }

    void aPrintersResolutionIsNoScale() {
        const std::string phys = chunk("pHYs", bigEndian(2834) + bigEndian(2834) + std::string(1, 1));
        QVERIFY(!decodePng(with(m_good, phys), "x").image.scale.known());
        const std::string ours = with(m_good, chunk("pHYs", bigEndian(2000000) + bigEndian(2000000) + std::string(1, 1)) +
                                                  chunk("tEXt", std::string("phloxine\0{}", 11)));
        const Scale scale = decodePng(ours, "x").image.scale;
        QCOMPARE(scale.micronsPerPixel, 0.5);
        QVERIFY(scale.source == ScaleSource::Model);
    }

    void brokenScaleTexts() {
        for (const std::string text : {"", "x", "nan model", "-1 model", "0 model", "inf model", "0.5", "1e999 model"}) {
            const std::string file = with(m_good, chunk("tEXt", std::string("phloxine-scale") + '\0' + text));
            QVERIFY2(!decodePng(file, "x").image.scale.known(), text.c_str());
        }
    }

    void kindsOfPixels() {
        // 16-bit grey, 2 x 1: the high byte counts.
        const Image grey =
            decodePng(header(2, 1, 16, 0) + chunk("IDAT", deflated(QByteArray("\0\x10\xff\xf0\x01", 5))) + chunk("IEND", ""), "x").image;
        QVERIFY(std::abs(int(grey.pixel(0, 0)[1]) - 16) <= 1);
        QVERIFY(std::abs(int(grey.pixel(1, 0)[2]) - 240) <= 1);
        // Alpha 0, half and full over white.
        const QByteArray rgba("\0\0\0\0\0\0\0\0\x80\x0a\x14\x1e\xff", 13);
        const Image alpha = decodePng(header(3, 1, 8, 6) + chunk("IDAT", deflated(rgba)) + chunk("IEND", ""), "x").image;
        QCOMPARE(int(alpha.pixel(0, 0)[0]), 255);
        QCOMPARE(int(alpha.pixel(1, 0)[0]), 127);
        QCOMPARE(int(alpha.pixel(2, 0)[2]), 30);
        // Palette with a transparent entry.
        const std::string palette = chunk("PLTE", std::string("\x01\x02\x03\x04\x05\x06", 6)) + chunk("tRNS", std::string("\xff\0", 2));
        const Image indexed =
            decodePng(header(2, 1, 8, 3) + palette + chunk("IDAT", deflated(QByteArray("\0\0\x01", 3))) + chunk("IEND", ""), "x").image;
        QCOMPARE(int(indexed.pixel(0, 0)[2]), 3);
        QCOMPARE(int(indexed.pixel(1, 0)[2]), 255);
    }

    void everyCutIsNoticed() {
        for (std::size_t size = 0; size < m_good.size() - 12; ++size) {
            const QByteArray word = errorOf([&] { decodePng(std::string_view(m_good).substr(0, size), "cut.png"); });
            QVERIFY2(word == "truncated" || word == "corrupt", QByteArray::number(int(size)) + " " + word);
        }
    }

    void everyFlippedByteIsAnswered() { // no crash, no foreign exception; a wrong ancillary chunk may pass
        Image image = testPicture(9, 7);
        image.scale = {0.5, ScaleSource::Model};
        const std::string good = encodePng(image, {{"phloxine", "{}"}});
        for (std::size_t i = 0; i < good.size(); ++i) {
            std::string bad = good;
            bad[i] = char(bad[i] ^ 0x5a);
            const QByteArray word = errorOf([&] { decodePng(bad, "flipped.png"); });
            QVERIFY2(word.isEmpty() || word == "corrupt" || word == "truncated" || word == "unsupported", word);
        }
    }

    void absurdSizes() {
        const std::string rest = chunk("IDAT", deflated(QByteArray(10, 0))) + chunk("IEND", "");
        QCOMPARE(errorOf([&] { decodePng(header(65536, 65536, 8, 2) + rest, "x"); }), "unsupported");
        QCOMPARE(errorOf([&] { decodePng(header(70000, 2, 8, 2) + rest, "x"); }), "unsupported");
        QCOMPARE(errorOf([&] { decodePng(header(0, 2, 8, 2) + rest, "x"); }), "corrupt");
        QVERIFY(!errorOf([&] { decodePng(header(1000, 1000, 8, 2) + rest, "x"); }).isEmpty());
    }

    void aTextBomb() { // 200 MB of zeros in 200 KB
        const std::string packed = deflated(QByteArray(200 << 20, '0'));
        const std::string bomb = chunk("zTXt", std::string("phloxine\0\0", 10) + packed);
        const QByteArray word = errorOf([&] { QVERIFY(decodePng(with(m_good, bomb), "x").texts.empty()); });
        QVERIFY2(word.isEmpty() || word == "corrupt" || word == "out-of-memory", word);
    }

    void wrongUse() {
        QVERIFY(!errorOf([] { encodePng(Image()); }).isEmpty());
        QCOMPARE(errorOf([] { encodePng(testPicture(2, 2), {{"", "x"}}); }), "wrong-use");
        QCOMPARE(errorOf([] { encodePng(testPicture(2, 2), {{std::string(80, 'k'), "x"}}); }), "wrong-use");
        QCOMPARE(errorOf([] { encodePng(testPicture(2, 2), {{"key", std::string("a\0b", 3)}}); }), "wrong-use");
    }
};

PHLOXINE_TEST(image_png, TestPng, QCoreApplication)
#include "test_png.moc"
