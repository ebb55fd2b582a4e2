#include <QtTest>

#include <c10/core/GradMode.h>

#include "core/measure/learning/tile_data.h"
#include "core/tensor/devices.h"
#include "tests/measure/learning/toy_tiles.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {

TileData toyData(int classes, int groups, int perGroup, std::uint64_t seed) {
    Dice dice(seed);
    std::vector<Image> images;
    TileData data;
    data.classes = classes;
    for (int c = 0; c < classes; ++c)
        for (int i = 0; i < groups * perGroup; ++i) {
            images.push_back(toyTile(c, 40, dice));
            data.labels.push_back(c);
            data.groups.push_back(c * groups + i / perGroup);
        }
    data.pixels = bytesOf(images, 40);
    return data;
}

TileTraining quick(int steps) {
    TileTraining how;
    how.shape = {3, 16, 2, 1, 32, 0};
    how.sizePx = 32;
    how.steps = steps;
    how.batch = 24;
    return how;
}

bool equal(const Weights& a, const Weights& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& row) { return at::equal(row.second, b.at(row.first)); });
}

} // namespace

class TileNetTest : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() { initDevices("cpu"); }

    void knowsItsShape() {
        const nn::TileNetShape shape{1, 24, 3, 2, 64, 5};
        const auto read = nn::tileNetShape(nn::newTileNet(shape, 3));
        QCOMPARE(read.channels, 1);
        QCOMPARE(read.width, 24);
        QCOMPARE(read.stages, 3);
        QCOMPARE(read.blocks, 2);
        QCOMPARE(read.embedding, 64);
        QCOMPARE(read.classes, 5);
        QCOMPARE(read.cellPx(), 16);
        auto lacking = nn::newTileNet(shape, 3);
        lacking.erase("stages.1.1.conv2.weight");
        QCOMPARE(errorOf([&] { nn::tileNetShape(lacking); }), "missing-key");
        auto wrong = nn::newTileNet(shape, 3);
        wrong["head.weight"] = at::zeros({5, 63});
        QCOMPARE(errorOf([&] { nn::tileNetShape(wrong); }), "shape");
    }

    void gradientReachesEveryWeight() {
        const nn::TileNetShape shape{3, 16, 3, 2, 32, 3};
        auto weights = nn::newTileNet(shape, 1);
        for (auto& [key, tensor] : weights) tensor.requires_grad_(true);
        const c10::AutoGradMode on(true);
        const nn::TileNet net(WeightView(weights, Binding::train()), shape);
        const auto x = augmentTiles(toyData(3, 2, 1, 5).pixels, 32, noAugmentation(), *std::make_unique<Dice>(1));
        const auto logits = net.logits(nn::TileNet::pooled(net.cells(networkInput(x, TileInput::Colour))));
        at::cross_entropy_loss(logits, at::tensor({0, 0, 1, 1, 2, 2}, at::kLong)).backward();
        for (const auto& [key, tensor] : weights) {
            QVERIFY2(tensor.grad().defined(), key.c_str());
            QVERIFY2(tensor.grad().abs().max().item<double>() > 0, key.c_str());
        }
    }

    // A tile's result must not depend on what else is in the batch.
    void tilesDoNotSeeEachOther() {
        const auto data = toyData(3, 4, 1, 9);
        const auto weights = nn::newTileNet({3, 16, 3, 1, 32, 3}, 2);
        const auto all = tileLogits(weights, data.pixels, 32), one = tileLogits(weights, data.pixels.narrow(0, 7, 1), 32);
        QVERIFY(at::allclose(all.narrow(0, 7, 1), one, 1e-4, 1e-5));
    }

    void cellsLieWhereTheirTissueLies() {
        const auto weights = nn::newTileNet({3, 16, 3, 1, 32, 0}, 2);
        auto white = at::full({1, 3, 112, 112}, 255, at::kByte), marked = white.clone();
        marked.narrow(2, 80, 32).narrow(3, 16, 16).fill_(40); // rows 5 and 6, column 1 of 7 x 7
        const auto before = fingerprints(weights, white, 112, true), after = fingerprints(weights, marked, 112, true);
        QCOMPARE(after.cells.sizes(), at::IntArrayRef({1, 49, 32}));
        QVERIFY(at::allclose(after.cells.norm(2, {2}), at::ones({1, 49})));
        const auto change = (after.cells - before.cells).norm(2, {2}).argmax(1).item<int>();
        QVERIFY2(change % 7 == 1 && change / 7 >= 5, qPrintable(QString::number(change)));
    }

    void contrastiveLossByHand() {
        // Two pairs at right angles, temperature 1: -log(e / (e + 1 + 1)) each.
        const auto z = at::tensor({1.f, 0.f, 1.f, 0.f, 0.f, 1.f, 0.f, 1.f}).view({4, 2});
        const double expected = -std::log(std::exp(1) / (std::exp(1) + 2));
        QVERIFY(std::abs(contrastiveLoss(z, at::tensor({7, 7, 9, 9}, at::kLong), 1).item<double>() - expected) < 1e-6);
        // A vector without a positive does not count: only the first two.
        const auto lone = contrastiveLoss(z, at::tensor({7, 7, 8, 9}, at::kLong), 1).item<double>();
        QVERIFY(std::abs(lone - expected) < 1e-6);
        QCOMPARE(contrastiveLoss(z, at::tensor({1, 2, 3, 4}, at::kLong), 1).item<double>(), 0.0);
    }

    void learnsStripes_data() {
        QTest::addColumn<bool>("colour");
        QTest::newRow("colour") << true;
        QTest::newRow("haematoxylin") << false;
    }
    void learnsStripes() {
        QFETCH(bool, colour);
        auto how = quick(80);
        how.input = colour ? TileInput::Colour : TileInput::Haematoxylin;
        const auto weights = trainTileNet(toyData(3, 20, 2, 1), how);
        const auto test = toyData(3, 20, 2, 2);
        const auto told = tileLogits(weights, test.pixels, 32, how.input).argmax(1);
        int right = 0;
        for (int i = 0; i < test.tiles(); ++i) right += told.data_ptr<std::int64_t>()[i] == test.labels[std::size_t(i)];
        QVERIFY2(right > 0.9 * test.tiles(), qPrintable(QString::number(double(right) / test.tiles())));
    }

    void sameSeedSameWeights() {
        auto how = quick(6);
        how.contrast = 1;
        how.augmentation = strongAugmentation();
        const auto data = toyData(2, 6, 3, 4);
        const auto first = trainTileNet(data, how);
        QVERIFY(equal(first, trainTileNet(data, how)));
        how.seed = 2;
        QVERIFY(!equal(first, trainTileNet(data, how)));
    }

    void coarseNumbersTrainToo() {
        auto how = quick(10);
        how.precision = at::kBFloat16;
        const auto weights = trainTileNet(toyData(2, 6, 3, 4), how);
        for (const auto& [key, tensor] : weights) QCOMPARE(tensor.scalar_type(), at::kFloat);
    }

    void augmentationKeepsTheTissue() {
        const auto pixels = toyData(3, 4, 1, 3).pixels;
        Dice dice(1);
        const auto plain = augmentTiles(pixels, 40, noAugmentation(), dice);
        QVERIFY(at::equal((plain * 255).round().to(at::kByte), pixels));
        Augmentation turned;
        turned.orientations = true;
        const auto x = augmentTiles(pixels, 40, turned, dice);
        int unchanged = 0;
        for (int i = 0; i < int(pixels.size(0)); ++i) { // each is one of the 8 orientations of its tile, to rounding
            double best = 1;
            for (int o = 0; o < 8; ++o) {
                auto form = at::rot90(plain[i], o & 3, {1, 2});
                if (o & 4) form = form.flip(2);
                best = std::min(best, (form - x[i]).abs().max().item<double>());
            }
            QVERIFY2(best < 1e-3, qPrintable(QString::number(best)));
            unchanged += (plain[i] - x[i]).abs().max().item<double>() < 1e-3;
        }
        QVERIFY(unchanged < int(pixels.size(0)));
        const auto strong = augmentTiles(pixels, 32, strongAugmentation(), dice);
        QCOMPARE(strong.sizes(), at::IntArrayRef({12, 3, 32, 32}));
        QVERIFY(strong.min().item<double>() >= 0 && strong.max().item<double>() <= 1 && strong.isfinite().all().item<bool>());
    }

    // The fixed vectors: a pixel of pure haematoxylin has its density there, one of pure eosin none.
    void haematoxylinAlone() {
        const auto pure = [](double h0, double h1, double h2) {
            const double length = std::sqrt(h0 * h0 + h1 * h1 + h2 * h2);
            return at::tensor({h0 / length, h1 / length, h2 / length}, at::kDouble).view({1, 3, 1, 1});
        };
        const auto light = [](const at::Tensor& density) { return ((at::exp(-density) * 256 - 1) / 255).to(at::kFloat); };
        QVERIFY(std::abs(haematoxylinOf(light(pure(0.65, 0.70, 0.29))).item<double>() - 1) < 1e-4);
        QVERIFY(std::abs(haematoxylinOf(light(pure(0.07, 0.99, 0.11))).item<double>()) < 1e-4);
    }

    void refusesWhatCannotTrain() {
        std::string message;
        auto one = toyData(1, 3, 1, 1);
        QCOMPARE(errorOf([&] { trainTileNet(one, quick(1)); }, &message), "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("one class only"));
        TileData none;
        none.classes = 2;
        QCOMPARE(errorOf([&] { trainTileNet(none, quick(1)); }, &message), "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("no tiles"));
        QCOMPARE(errorOf([&] { requireTrainable(toyData(2, 1, 5, 1), "The real set", 2); }, &message), "wrong-use");
        QVERIFY(QString::fromStdString(message).contains("only 1 group"));
        auto strange = toyData(2, 2, 1, 1);
        strange.labels[0] = 5;
        QCOMPARE(errorOf([&] { trainTileNet(strange, quick(1)); }), "wrong-use");
        auto wild = quick(60);
        wild.rate = 1e30;
        QCOMPARE(errorOf([&] { trainTileNet(toyData(2, 4, 1, 1), wild); }, &message), "nan");
        QVERIFY(QString::fromStdString(message).contains("unstable"));
    }

    void stopsWhenAsked() {
        int steps = 0;
        const auto stop = [&](int step, double) {
            steps = step;
            if (step == 3) throw Cancelled();
        };
        QCOMPARE(errorOf([&] { trainTileNet(toyData(2, 4, 1, 1), quick(50), stop); }), "cancelled");
        QCOMPARE(steps, 3);
        QVERIFY(!c10::GradMode::is_enabled());
    }
};

PHLOXINE_TEST(measure_learning_tile_net, TileNetTest, QCoreApplication)
#include "test_tile_net.moc"
