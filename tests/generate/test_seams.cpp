// A canvas of 1024 px at full steps: the mean gradient across the borders of the denoiser's windows against that elsewhere. Borders lie on
// edges of the autoencoder's cells, where the embedded model has a lattice of its own (in plain tiles, too), so they are compared with the
// other edges of cells. About ten seconds on two idle cores.
#include <set>

#include <QtTest>

#include "core/generate/windows.h"
#include "tests/support/test_main.h"
#include "tests/support/tiles.h"

using namespace phloxine;

class TestSeams : public QObject {
    Q_OBJECT

    static double gradientAt(const Image& image, int at, bool acrossColumns) { // between `at` - 1 and `at`
        double sum = 0;
        const int length = acrossColumns ? image.height : image.width;
        for (int i = 0; i < length; ++i) {
            const auto* a = acrossColumns ? image.pixel(at - 1, i) : image.pixel(i, at - 1);
            const auto* b = acrossColumns ? image.pixel(at, i) : image.pixel(i, at);
            for (int c = 0; c < 3; ++c) sum += std::abs(int(a[c]) - int(b[c]));
        }
        return sum / (3.0 * length);
    }

private slots:
    void noSeams() {
        ModelStore store;
        auto request = quickRequest();
        request.classId = "colon_aca", request.steps = 20, request.seed = 5;
        request.widthPx = request.heightPx = 1024;
        const auto image = tilesOf(store, request)[0].image;
        std::set<int> borders;
        for (const auto& window : windowsAlong(64, 14, 7))
            for (const int cell : {window.start, window.start + 14})
                if (cell > 0 && cell < 64) borders.insert(cell);
        for (const bool columns : {true, false}) {
            double across = 0, elsewhere = 0;
            for (int cell = 1; cell < 64; ++cell) (borders.contains(cell) ? across : elsewhere) += gradientAt(image, 16 * cell, columns);
            const double ratio = across / double(borders.size()) / (elsewhere / double(63 - borders.size()));
            qInfo("%s: gradient at window borders / at other cells = %.3f", columns ? "columns" : "rows", ratio);
            QVERIFY(std::abs(ratio - 1) < 0.05);
        }
    }
};

PHLOXINE_TEST(generate_seams, TestSeams, NoApplication)
#include "test_seams.moc"
