// Files that are no slides, damaged slides, and slides that go away.
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Log.h"
#include "core/slide/SlideSource.h"
#include "tests/support/errors.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;
namespace fs = std::filesystem;

class TestSlideFailures : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;
    int m_count = 0;
    fs::path fileWith(const std::string& bytes, const char* suffix = ".svs") {
        const fs::path path = fs::path(m_dir.path().toStdString()) / (std::to_string(m_count++) + suffix);
        writeFileAtomically(path, bytes);
        return path;
    }
    static bool isHatched(const Image& image, int x, int y) {
        const std::uint8_t* p = image.pixel(x, y);
        return p[0] == p[1] && p[1] == p[2] && (p[0] == 190 || p[0] == 225);
    }
    static int hatchedPixels(const Image& image) {
        int count = 0;
        for (int y = 0; y < image.height; ++y)
            for (int x = 0; x < image.width; ++x) count += isHatched(image, x, y);
        return count;
    }

private slots:
    void initTestCase() { setLogToStderr(false); }

    void notSlides() {
        const auto word = [&](const fs::path& path, std::string* message = nullptr) { return errorOf([&] { openSlide(path); }, message); };
        std::string message;
        QCOMPARE(word(fileWith("just some text\n"), &message), "unsupported");
        QVERIFY(message.find("is not a slide or an image") != std::string::npos);
        QCOMPARE(word(fileWith("")), "unsupported");
        QCOMPARE(word(fileWith(std::string(5000, '\0'))), "unsupported");
        QCOMPARE(word(m_dir.path().toStdString(), &message), "unsupported");
        QVERIFY(message.find("folder") != std::string::npos);
        QCOMPARE(word(fs::path(m_dir.path().toStdString()) / "none.svs"), "not-found");
        QCOMPARE(word(fs::path(m_dir.path().toStdString()) / std::string(400, 'n')), "wrong-use");
        QCOMPARE(word("/dev/null"), "unsupported");
    }

    void cutSlides() { // any length: a sentence, or a slide that can be read with holes; never a crash
        const std::string good = readFile(smallSlide());
        for (const double share : {0.0001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999}) {
            const fs::path path = fileWith(good.substr(0, std::size_t(double(good.size()) * share)));
            const QByteArray word = errorOf([&] { openSlide(path)->read(0, 0, 0, 500, 500); });
            QVERIFY2(word.isEmpty() || word == "corrupt" || word == "unsupported" || word == "truncated", word);
        }
        const std::string dicom = readFile(dicomSlide());
        for (const double share : {0.01, 0.2, 0.5, 0.95}) {
            const fs::path path = fileWith(dicom.substr(0, std::size_t(double(dicom.size()) * share)), ".dcm");
            const QByteArray word = errorOf([&] { openSlide(path)->read(0, 0, 0, 500, 500); });
            QVERIFY2(word.isEmpty() || word == "corrupt" || word == "unsupported", word);
        }
    }

    void aBadTileIsHatchedAndTheRestStays() {
        const auto good = openSlide(smallSlide());
        const auto slide = openSlide(fileWith(slideWithBadTile(12)));
        const int width = int(slide->info().width()), height = int(slide->info().height());
        const Image image = slide->read(0, 0, 0, width, height), expected = good->read(0, 0, 0, width, height);
        QCOMPARE(slide->unreadableReads(), 1);
        const int hatched = hatchedPixels(image) - hatchedPixels(expected);
        QVERIFY2(hatched > 200 * 200 && hatched <= 256 * 256, qPrintable(QString::number(hatched))); // one tile of 240 x 240
        int different = 0;
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                different += !std::equal(image.pixel(x, y), image.pixel(x, y) + 3, expected.pixel(x, y)) && !isHatched(image, x, y);
        QCOMPARE(different, 0);
        QVERIFY(slide->read(0, 0, 0, width, height) == image); // remembered: no second attempt, the same picture
        QCOMPARE(slide->unreadableReads(), 1);
    }

    void aRegionBesideTheBadTileIsWhole() {
        const auto good = openSlide(smallSlide()), slide = openSlide(fileWith(slideWithBadTile(0)));
        QCOMPARE(hatchedPixels(slide->read(0, 0, 0, 240, 240)), 240 * 240);
        QVERIFY(slide->read(0, 240, 0, 240, 240) == good->read(0, 240, 0, 240, 240));
        QVERIFY(readRegion(*slide, 700, 900, 100, 100, 1.0) == readRegion(*good, 700, 900, 100, 100, 1.0));
        QVERIFY(overview(*slide, 300, 300).width > 0);
    }

    void manyBadTiles() {
        std::string bytes = readFile(smallSlide());
        std::fill(bytes.begin() + 5000, bytes.begin() + 1200000, 'x');
        const fs::path path = fileWith(bytes);
        const QByteArray word = errorOf([&] {
            const auto slide = openSlide(path);
            slide->read(0, 0, 0, int(slide->info().width()), int(slide->info().height()));
            QVERIFY(slide->unreadableReads() > 10);
        });
        QVERIFY2(word.isEmpty() || word == "corrupt", word);
    }

    void deletedWhileOpen() {
        const fs::path path = fileWith(slideWithBadTile(0));
        const auto slide = openSlide(path);
        fs::remove(path);
        std::string message;
        QCOMPARE(errorOf([&] { slide->read(0, 0, 0, 300, 300); }, &message), "not-found"); // the bad tile asks for a new handle
        QVERIFY(message.find("no longer there") != std::string::npos);
        QCOMPARE(errorOf([&] { slide->read(0, 700, 700, 300, 300); }), "not-found");
        QCOMPARE(slide->unreadableReads(), 0);
        writeFileAtomically(path, readFile(smallSlide())); // it comes back
        QCOMPARE(hatchedPixels(slide->read(0, 0, 0, 240, 240)), 0);
    }

    void replacedByRubbishWhileOpen() {
        const fs::path path = fileWith(slideWithBadTile(0));
        const auto slide = openSlide(path);
        writeFileAtomically(path, "rubbish", IfExists::Replace);
        QCOMPARE(errorOf([&] { slide->read(0, 0, 0, 300, 300); }), "not-found");
    }

    void absurdReads() {
        const auto slide = openSlide(smallSlide());
        QCOMPARE(errorOf([&] { slide->read(0, 0, 0, 1 << 30, 1 << 30); }), "out-of-memory");
        QCOMPARE(errorOf([&] { slide->read(0, 0, 0, 0, 5); }), "wrong-use");
        QCOMPARE(errorOf([&] { slide->read(-1, 0, 0, 5, 5); }), "wrong-use");
        QCOMPARE(errorOf([&] { slide->read(9, 0, 0, 5, 5); }), "wrong-use");
        const Image far = slide->read(0, std::int64_t(1) << 40, -(std::int64_t(1) << 40), 5, 5);
        QCOMPARE(int(far.pixel(2, 2)[0]), 255);
        QCOMPARE(slide->read(0, 0, 0, 5, 5).width, 5);
    }
};

PHLOXINE_TEST(slide_failures, TestSlideFailures, QCoreApplication)
#include "test_slide_failures.moc"
