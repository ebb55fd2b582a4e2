// JPEG, TIFF, and recognising an image by its content.
#include <cmath>
#include <filesystem>

#include <tiffio.h>

#include <QTemporaryDir>
#include <QtTest>

#include "core/image/ImageFile.h"
#include "tests/support/errors.h"
#include "tests/support/pictures.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestImageFiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    int m_count = 0;

    fs::path newPath(const char* suffix = "") { return fs::path(m_dir.path().toStdString()) / (std::to_string(m_count++) + suffix); }
    fs::path fileWith(const std::string& bytes, const char* suffix = "") {
        const fs::path path = newPath(suffix);
        writeFileAtomically(path, bytes);
        return path;
    }
    fs::path tiffWith(const Image& image, double perUnit, int unit) {
        const fs::path path = newPath(".tif");
        TIFF* tiff = TIFFOpen(path.c_str(), "w");
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, image.width);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, image.height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
        if (perUnit > 0) {
            TIFFSetField(tiff, TIFFTAG_XRESOLUTION, perUnit);
            TIFFSetField(tiff, TIFFTAG_YRESOLUTION, perUnit);
            TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, unit);
        }
        for (int y = 0; y < image.height; ++y) TIFFWriteScanline(tiff, const_cast<std::uint8_t*>(image.pixel(0, y)), std::uint32_t(y));
        TIFFClose(tiff);
        return path;
    }

private slots:
    void jpegRoundTrip() {
        Image flat(33, 17);
        fill(flat, 0, 0, 33, 17, 200, 120, 160);
        const Image read = readImage(fileWith(encodeJpeg(flat, 95), ".png")); // the name lies, the content counts
        QCOMPARE(read.width, 33);
        for (int c = 0; c < 3; ++c) QVERIFY(std::abs(int(read.pixel(32, 16)[c]) - int(flat.pixel(0, 0)[c])) <= 2);
    }

    void cutJpeg() {
        const std::string good = encodeJpeg(testPicture(64, 64));
        for (std::size_t size = 3; size + 2 < good.size(); size += 7) {
            const QByteArray word = errorOf([&] { readImage(fileWith(good.substr(0, size))); });
            QVERIFY2(word == "truncated" || word == "corrupt", word + " at " + QByteArray::number(int(size)));
        }
    }

    void flippedJpeg() {
        const std::string good = encodeJpeg(testPicture(40, 40));
        for (std::size_t i = 3; i < good.size(); i += 3) {
            std::string bad = good;
            bad[i] = char(bad[i] ^ 0xa5);
            const QByteArray word = errorOf([&] { readImage(fileWith(bad)); });
            QVERIFY2(!word.startsWith("foreign"), word);
        }
    }

    void jpegWrongUse() {
        QCOMPARE(errorOf([] { encodeJpeg(Image()); }), "wrong-use");
    }

    void tiffRoundTrip() {
        const Image image = testPicture(50, 40);
        const Image read = readImage(tiffWith(image, 0, 0));
        QVERIFY(read == image);
        QVERIFY(!read.scale.known());
    }

    void tiffScale() {
        const Image image = testPicture(20, 20);
        const Scale microscope = readImage(tiffWith(image, 20000, RESUNIT_CENTIMETER)).scale;
        QVERIFY(std::abs(microscope.micronsPerPixel - 0.5) < 1e-9);
        QVERIFY(microscope.source == ScaleSource::Tags);
        QVERIFY(std::abs(readImage(tiffWith(image, 50800, RESUNIT_INCH)).scale.micronsPerPixel - 0.5) < 1e-9);
        QVERIFY(!readImage(tiffWith(image, 72, RESUNIT_INCH)).scale.known());    // a printer
        QVERIFY(!readImage(tiffWith(image, 20000, RESUNIT_NONE)).scale.known()); // no unit
        QVERIFY(!readImage(tiffWith(image, 1e7, RESUNIT_CENTIMETER)).scale.known());
    }

    void cutTiff() {
        const std::string good = readFile(tiffWith(testPicture(50, 40), 0, 0));
        for (std::size_t size = 4; size < good.size(); size += 97) {
            const QByteArray word = errorOf([&] { readImage(fileWith(good.substr(0, size))); });
            QVERIFY2(word == "corrupt" || word == "unsupported", word + " at " + QByteArray::number(int(size)));
        }
    }

    void flippedTiff() {
        const std::string good = readFile(tiffWith(testPicture(30, 20), 0, 0));
        for (std::size_t i = 4; i < good.size(); i += 5) {
            std::string bad = good;
            bad[i] = char(bad[i] ^ 0xff);
            const QByteArray word = errorOf([&] { readImage(fileWith(bad)); });
            QVERIFY2(!word.startsWith("foreign"), word);
        }
    }

    void notImages_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("empty") << QByteArray() << QByteArray("unsupported");
        QTest::newRow("text") << QByteArray("hello") << QByteArray("unsupported");
        QTest::newRow("half a PNG signature") << QByteArray("\x89PNG") << QByteArray("unsupported");
        QTest::newRow("PNG signature alone") << QByteArray("\x89PNG\r\n\x1a\n") << QByteArray("truncated");
        QTest::newRow("JPEG signature alone") << QByteArray("\xff\xd8\xff") << QByteArray("corrupt");
        QTest::newRow("TIFF signature alone") << QByteArray("II*\0", 4) << QByteArray("corrupt");
    }
    void notImages() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, code);
        std::string message;
        QCOMPARE(errorOf([&] { readImage(fileWith(bytes.toStdString())); }, &message), code);
        QVERIFY(!message.empty());
    }

    void foldersAndMissingFiles() {
        QCOMPARE(errorOf([&] { readImage(m_dir.path().toStdString()); }), "unsupported");
        QCOMPARE(errorOf([&] { readImage(newPath()); }), "not-found");
    }
};

PHLOXINE_TEST(image_files, TestImageFiles, QCoreApplication)
#include "test_image_files.moc"
