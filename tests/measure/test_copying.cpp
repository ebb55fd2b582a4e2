// Planted copies of real tissue, and real tissue that is none.
#include <QtTest>

#include "core/image/ImageFile.h"
#include "core/image/orientation.h"
#include "core/measure/copying/copy_limit.h"
#include "core/measure/learning/encoder.h"
#include "core/slide/SlideSource.h"
#include "core/tensor/devices.h"
#include "tests/support/errors.h"
#include "tests/support/slides.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

double whiteShare(const Image& image) {
    double white = 0;
    for (std::size_t i = 1; i < image.rgb.size(); i += 3) white += image.rgb[i] > 215;
    return white / (double(image.width) * image.height);
}

} // namespace

class CopyingTest : public QObject {
    Q_OBJECT

    std::vector<Image> m_training, m_others; // crops of one slide, side by side
    std::unique_ptr<CopyIndex> m_index;
    CopyLimit m_limit;

    CopyScores search(const Image& tile, const std::string& group = {}) const {
        return m_index->search(sketchOf(tile), embeddedEncoder().embed({tile})[0], group);
    }

private slots:
    void initTestCase() {
        initDevices("cpu");
        const auto slide = openSlide(smallSlide());
        for (int y = 0; y + 224 <= 2960; y += 224)
            for (int x = 0; x + 224 <= 2200; x += 224)
                if (const auto crop = slide->read(0, x, y, 224, 224); whiteShare(crop) < 0.5)
                    (y / 224 % 4 == 3 ? m_others : m_training).push_back(crop);
        CopyTiles tiles;
        std::vector<at::Tensor> features;
        for (std::size_t i = 0; i < m_training.size(); ++i) {
            tiles.sketches.push_back(sketchOf(m_training[i]));
            features.push_back(embeddedEncoder().embed({m_training[i]}));
            tiles.groups.push_back(std::to_string(i));
        }
        tiles.features = at::cat(features);
        m_index = std::make_unique<CopyIndex>(std::move(tiles));
        // Real tissue against other real tissue: each crop against the others.
        std::vector<CopyScores> scores;
        std::vector<std::string> groups;
        for (std::size_t i = 0; i < m_training.size(); ++i)
            scores.push_back(search(m_training[i], std::to_string(i))), groups.push_back(std::to_string(i));
        m_limit = calibrateCopyLimit(scores, groups);
        QVERIFY(m_limit.groups >= 20);
    }

    void copiesAreFound_data() {
        QTest::addColumn<int>("change");
        QTest::newRow("exact") << 0;
        QTest::newRow("flipped") << 1;
        QTest::newRow("rotated") << 2;
        QTest::newRow("recompressed") << 3;
        QTest::newRow("stain shifted") << 4;
        QTest::newRow("a piece in another tile") << 5;
    }
    void copiesAreFound() {
        QFETCH(int, change);
        QTemporaryDir folder;
        int found = 0, planted = 0, right = 0;
        for (std::size_t i = 3; i < m_training.size(); i += 7) {
            Image copy = m_training[i];
            if (change == 1) copy = oriented(copy, 4);
            if (change == 2) copy = oriented(copy, 1);
            if (change == 3) {
                const auto file = std::filesystem::path(folder.path().toStdString()) / (std::to_string(i) + ".jpg");
                writeFileAtomically(file, encodeJpeg(copy, 50));
                copy = readImage(file);
            }
            if (change == 4)
                for (std::size_t k = 0; k < copy.rgb.size(); ++k) {
                    const double powers[] = {1.12, 0.9, 1.05};
                    copy.rgb[k] = std::uint8_t(std::lround(255 * std::pow(copy.rgb[k] / 255.0, powers[k % 3])));
                }
            if (change == 5) {
                Image patch(104, 104);
                paste(patch, copy, -60, -52);
                copy = m_others[i % m_others.size()];
                paste(copy, oriented(patch, int(i % 8)), 31, 77);
            }
            ++planted;
            const auto scores = search(copy);
            const auto excess = m_limit.excess(scores);
            const auto& match = scores[std::size_t(m_limit.strongest(scores))];
            found += excess > 0, right += match.tile == int(i);
        }
        qInfo("%d of %d found, %d with their source", found, planted, right);
        QCOMPARE(found, planted);
    }

    void orientationIsThatOfThePicture() {
        for (int orientation = 0; orientation < 8; ++orientation) {
            const auto turned = oriented(m_training[20], orientation);
            QCOMPARE(search(turned)[1].tile, 20);
            QCOMPARE(search(turned)[1].orientation, orientation);
        }
    }

    // Of a piece the place and the turn are known too.
    void placeOfAPieceIsKnown() {
        for (int orientation = 0; orientation < 8; ++orientation) {
            Image piece(112, 112), tile = m_others[4];
            paste(piece, m_training[20], -70, -52);
            paste(tile, oriented(piece, orientation), 60, 84);
            const auto match = search(tile)[2];
            QCOMPARE(match.tile, 20);
            QCOMPARE(match.orientation, orientation);
            QVERIFY(match.score > 0.9);
            QVERIFY(match.x >= 28 && match.x + PieceIndex::window <= 30 + 56 + 2 && match.y >= 40 &&
                    match.y + PieceIndex::window <= 42 + 56 + 2);
        }
    }

    // Real fields that overlap raise alarms, and must not raise the limit until copies pass.
    void overlappingRealTilesDoNotSetTheLimit() {
        std::vector<CopyScores> scores;
        std::vector<std::string> groups;
        for (int i = 0; i < 300; ++i) {
            const double usual = 0.4 + 0.3 * (i % 50) / 50.0;
            CopyScores s;
            for (auto& match : s) match.score = i % 50 == 7 ? 0.99 : usual;
            scores.push_back(s), groups.push_back(std::to_string(i));
        }
        const auto limit = calibrateCopyLimit(scores, groups);
        QCOMPARE(limit.alarms, 6);
        QCOMPARE(limit.checked, 300);
        CopyScores copy;
        for (auto& match : copy) match.score = 0.95;
        QVERIFY(limit.excess(copy) > 0);
        for (auto& match : copy) match.score = 0.7;
        QVERIFY(limit.excess(copy) < 0);
    }

    void tooFewGroupsSaySo() {
        QCOMPARE(errorOf([] { calibrateCopyLimit(std::vector<CopyScores>(30), std::vector<std::string>(30, "one")); }), "wrong-use");
    }

    void emptyTissueIsNoPiece() {
        Image white(224, 224);
        std::fill(white.rgb.begin(), white.rgb.end(), std::uint8_t(248));
        const auto scores = search(white);
        QCOMPARE(scores[2].tile, -1);
    }
};

PHLOXINE_TEST(measure_copying, CopyingTest, QCoreApplication)
#include "test_copying.moc"
