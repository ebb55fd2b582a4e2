// Stains with known amounts, fields with known nuclei, and cues that are there or not.
#include <QtTest>

#include "core/image/ImageFile.h"
#include "core/measure/tissue/cues.h"
#include "core/measure/tissue/rendered_fields.h"
#include "core/measure/tissue/tile_measures.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TissueTest : public QObject {
    Q_OBJECT

private slots:
    void stainsComeBack() {
        Image image(32, 32);
        const auto colour = stainedColour(ruifrokJohnston(), 0.5, 0.3);
        for (int i = 0; i < 32 * 32; ++i)
            for (int c = 0; c < 3; ++c) image.rgb[std::size_t(3 * i + c)] = std::uint8_t(colour[std::size_t(c)] + 0.5);
        const auto densities = stainDensities(image);
        QVERIFY(std::abs(densities.haematoxylin[100] - 0.5) < 0.02);
        QVERIFY(std::abs(densities.eosin[100] - 0.3) < 0.02);
        QCOMPARE(errorOf([] { stainDensities(Image()); }), "wrong-use");
        auto parallel = ruifrokJohnston();
        parallel.eosin = parallel.haematoxylin;
        QCOMPARE(errorOf([&] { stainDensities(image, parallel); }), "wrong-use");
    }

    void counterStatesItsError() {
        for (const auto& row : counterErrors(1, 10)) {
            qInfo("%-14s bias %+5.1f %%, spread %4.1f %%", row.setting.c_str(), row.bias * 100, row.spread * 100);
            QVERIFY2(std::abs(row.bias) < 0.35, row.setting.c_str());
        }
    }

    void measuresHaveUnitsOfTheScale() {
        auto field = renderField({}, 5);
        field.scale = {0.5, ScaleSource::Property};
        const auto pixels = measureTile(field, nucleusSettings({}), false);
        const auto physical = measureTile(field, nucleusSettings({}), true);
        QCOMPARE(pixels.size(), tileMeasureRows().size());
        QVERIFY(std::abs(physical[3] / pixels[3] - 100 / 0.25) < 1e-6); // per mm2 from per 10,000 px
        QVERIFY(std::abs(physical[4] / pixels[4] - 0.25) < 1e-9);
        QVERIFY(std::abs(physical[6] / pixels[6] - 0.5) < 1e-9);
        QVERIFY(!physicalScale({0.7, ScaleSource::Assumed}));
    }

    // A pure wave has its power in its own ring, and as much as sines have, whatever the size of the tile.
    void spectrumFindsAWave() {
        for (const int side : {128, 196}) {
            Image wave(side, side);
            for (int y = 0; y < side; ++y)
                for (int x = 0; x < side; ++x)
                    for (int c = 0; c < 3; ++c) wave.pixel(x, y)[c] = std::uint8_t(std::lround(128 + 40 * std::sin(2 * M_PI * 0.2 * x)));
            const auto power = radialPower(wave);
            const auto peak = std::size_t(std::max_element(power.begin(), power.end()) - power.begin());
            QVERIFY(std::abs(spectrumFrequency(peak) - 0.2) < 0.5 / double(spectrumPoints));
            double sum = 0; // the mean square of the wave, spread over the rings it leaks into
            for (std::size_t i = 0; i < spectrumPoints; ++i) {
                const double ring = M_PI * (std::pow(spectrumFrequency(i) + 0.5 / 98, 2) - std::pow(spectrumFrequency(i) - 0.5 / 98, 2));
                sum += power[i] * ring;
            }
            QVERIFY2(std::abs(sum / 800 - 1) < 0.1, qPrintable(QString::number(sum)));
        }
        Image flat(64, 64);
        std::fill(flat.rgb.begin(), flat.rgb.end(), std::uint8_t(200));
        QVERIFY(radialPower(flat)[20] < 1e-6);
    }

    void emptyTileHasNoTissue() {
        Image white(224, 224);
        std::fill(white.rgb.begin(), white.rgb.end(), std::uint8_t(250));
        const auto values = measureTile(white, {}, false);
        QVERIFY(std::isnan(values[0]) && std::isnan(values[4]));
        QCOMPARE(values[3], 0.0);
        QVERIFY(values[7] > 0.99);
    }

    void cuesAreFoundAndBlock() {
        CueSample plain, jpeg, blurred;
        for (int i = 0; i < 60; ++i) {
            const auto field = renderField({}, std::uint64_t(i));
            (i % 2 ? plain : jpeg).tiles.push_back(cuesOf(field, i % 2 == 0));
            (i % 2 ? plain : jpeg).groups.push_back(i / 4);
            if (i % 2 == 0) {
                FieldSettings soft;
                soft.noise = 0, soft.blurPx = 2;
                blurred.tiles.push_back(cuesOf(renderField(soft, std::uint64_t(i)), false)), blurred.groups.push_back(i / 4);
            }
        }
        const auto format = checkCues(plain, jpeg, 1);
        QVERIFY(format.formatTells);
        const auto generator = checkCues(plain, blurred, 1);
        QVERIFY(!generator.formatTells);
        QVERIFY(generator.together.value > 0.95 && generator.together.value > generator.together.high);
        auto same = plain;
        for (auto& group : same.groups) group += 1;
        CueSample half, rest;
        for (std::size_t i = 0; i < plain.tiles.size(); ++i)
            (i % 2 ? half : rest).tiles.push_back(plain.tiles[i]), (i % 2 ? half : rest).groups.push_back(int(i));
        const auto chance = checkCues(half, rest, 1);
        QVERIFY(!chance.formatTells);
        QCOMPARE(errorOf([&] { checkCues({{plain.tiles[0]}, {0}}, plain, 1); }), "wrong-use");
    }
};

PHLOXINE_TEST(measure_tissue, TissueTest, QCoreApplication)
#include "test_tissue.moc"
