#include "core/measure/learning/judge.h"

#include <set>

#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/measure/learning/clusters.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/learning/tile_data.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

constexpr int smallPx = 64; // what the judge of haematoxylin sees

struct Sets {
    const TileData& real;
    const TileData& synthetic;
    std::vector<int> folds; // of the real tiles
};

using Tell = std::function<void(int fold, double fraction)>;
// Trains on some tiles of the real set (rows) and gives the logits of others: of real rows, and of synthetic ones.
struct Logits {
    at::Tensor real, synthetic;
};
using Fit = std::function<Logits(const std::vector<int>& train, const std::vector<int>& test, const std::vector<int>& made, int fold)>;

at::Tensor indices(const std::vector<int>& rows) {
    auto t = at::empty({std::int64_t(rows.size())}, at::kLong);
    std::copy(rows.begin(), rows.end(), t.data_ptr<std::int64_t>());
    return t;
}

// Multinomial logistic regression with a small ridge on standardised features, by full gradient steps of Adam's form: the problem is convex
// and small. x [n, d], y [n] -> function of other rows.
std::function<at::Tensor(const at::Tensor&)> logisticRegression(const at::Tensor& x, const at::Tensor& y, int classes) {
    const auto mean = x.mean({0}, true), spread = x.std({0}, true, true).clamp_min(1e-6);
    const auto z = at::cat({(x - mean) / spread, at::ones({x.size(0), 1})}, 1);
    auto target = at::zeros({x.size(0), classes}).scatter_(1, y.unsqueeze(1), 1.0);
    // Classes count alike, however many tiles they have.
    const auto weight = (target / target.sum({0}, true).clamp_min(1)).sum({1}, true) / classes;
    auto w = at::zeros({z.size(1), classes}), first = at::zeros_like(w), second = at::zeros_like(w);
    for (int step = 1; step <= 400; ++step) {
        const auto gradient = at::matmul(z.t(), (at::softmax(at::matmul(z, w), 1) - target) * weight) + 1e-3 * w;
        first = 0.9 * first + 0.1 * gradient;
        second = 0.99 * second + 0.01 * gradient.square();
        const double rate = 0.05 * (1 - step / 401.0);
        w = w - rate * (first / (1 - std::pow(0.9, step))) / ((second / (1 - std::pow(0.99, step))).sqrt() + 1e-8);
    }
    return [=](const at::Tensor& other) { return at::matmul(at::cat({(other - mean) / spread, at::ones({other.size(0), 1})}, 1), w); };
}

void addShares(const TileData& data, const at::Tensor& probability, bool real, Judge& judge) {
    const auto taken = probability.argmax(1);
    std::vector<bool> right;
    std::vector<std::vector<bool>> rightOf(std::size_t(data.classes));
    std::vector<std::vector<int>> groupsOf(std::size_t(data.classes));
    auto& confusion = real ? judge.realConfusion : judge.syntheticConfusion;
    auto& probabilities = real ? judge.realProbability : judge.syntheticProbability;
    confusion.assign(std::size_t(data.classes), std::vector<int>(std::size_t(data.classes)));
    for (int i = 0; i < data.tiles(); ++i) {
        const auto label = std::size_t(data.labels[std::size_t(i)]), told = std::size_t(taken.data_ptr<std::int64_t>()[i]);
        right.push_back(told == label);
        rightOf[label].push_back(told == label);
        groupsOf[label].push_back(data.groups[std::size_t(i)]);
        ++confusion[label][told];
        probabilities.push_back(probability[i][std::int64_t(label)].item<double>());
    }
    (real ? judge.real : judge.synthetic) = shareOverGroups(right, data.groups);
    for (std::size_t c = 0; c < rightOf.size(); ++c)
        (real ? judge.classes[c].real : judge.classes[c].synthetic) = shareOverGroups(rightOf[c], groupsOf[c]);
}

// Which network judges each synthetic tile: one alone, as real tiles are judged, for the mean of several would be right more often.
std::vector<int> foldsOfSynthetic(const TileData& synthetic, int folds) {
    std::vector<int> next(std::size_t(synthetic.classes)), result;
    for (const int label : synthetic.labels) result.push_back(next[std::size_t(label)]++ % folds);
    return result;
}

// Every real tile is judged by the one network that did not see its group.
void crossFit(const Sets& sets, int folds, const Fit& fit, Judge& judge) {
    const auto rowsOf = [](const std::vector<int>& foldOf, int fold, bool inside) {
        std::vector<int> rows;
        for (int i = 0; i < int(foldOf.size()); ++i)
            if ((foldOf[std::size_t(i)] == fold) == inside) rows.push_back(i);
        return rows;
    };
    const auto syntheticFolds = foldsOfSynthetic(sets.synthetic, folds);
    auto real = at::zeros({sets.real.tiles(), sets.real.classes}), synthetic = at::zeros({sets.synthetic.tiles(), sets.real.classes});
    for (int fold = 0; fold < folds; ++fold) {
        const auto test = rowsOf(sets.folds, fold, true), made = rowsOf(syntheticFolds, fold, true);
        const auto logits = fit(rowsOf(sets.folds, fold, false), test, made, fold);
        real.index_copy_(0, indices(test), at::softmax(logits.real, 1));
        if (!made.empty()) synthetic.index_copy_(0, indices(made), at::softmax(logits.synthetic, 1));
    }
    addShares(sets.real, real, true, judge);
    addShares(sets.synthetic, synthetic, false, judge);
}

Judge judgeFingerprints(const Sets& sets, const JudgeSettings& settings, Judge judge, const ProgressHook& progress) {
    const auto& encoder = embeddedEncoder();
    if (progress) progress({"Fingerprints of the tiles", 0.3});
    const auto real = fingerprints(encoder.weights, sets.real.pixels, encoder.sizePx).whole;
    const auto synthetic = fingerprints(encoder.weights, sets.synthetic.pixels, encoder.sizePx).whole;
    const auto labels = indices(sets.real.labels);
    judge.method = "Logistic regression on fingerprints of the embedded encoder, cross-fitted over groups of the real set.";
    crossFit(
        sets, settings.folds,
        [&](const std::vector<int>& train, const std::vector<int>& test, const std::vector<int>& made, int) {
            const auto rows = indices(train);
            const auto judged = logisticRegression(real.index_select(0, rows), labels.index_select(0, rows), sets.real.classes);
            return Logits{judged(real.index_select(0, indices(test))), judged(synthetic.index_select(0, indices(made)))};
        },
        judge);
    return judge;
}

Judge judgeHaematoxylin(const Sets& sets, const JudgeSettings& settings, Judge judge, const ProgressHook& progress) {
    TileTraining how;
    how.shape = {1, 24, 3, 1, 64, 0};
    how.input = TileInput::Haematoxylin;
    how.sizePx = smallPx;
    how.steps = settings.steps;
    how.augmentation = classicalAugmentation();
    how.augmentation.stain = 0.1; // the density of nuclei is what it goes by
    judge.method =
        "A small network trained from scratch on the optical density of haematoxylin alone, cross-fitted over groups of the real set.";
    crossFit(
        sets, settings.folds,
        [&](const std::vector<int>& train, const std::vector<int>& test, const std::vector<int>& made, int fold) {
            how.seed = settings.seed + std::uint64_t(fold);
            const auto weights = trainTileNet(sets.real.rows(train), how, [&](int step, double) {
                if (progress)
                    progress({"Training the judge of haematoxylin", 0.35 + 0.65 * (fold + double(step) / how.steps) / settings.folds});
            });
            return Logits{tileLogits(weights, sets.real.pixels.index_select(0, indices(test)), smallPx, how.input),
                          made.empty() ? at::Tensor()
                                       : tileLogits(weights, sets.synthetic.pixels.index_select(0, indices(made)), smallPx, how.input)};
        },
        judge);
    return judge;
}

struct JudgeRow {
    const char *id, *title;
    bool JudgeSettings::*wanted;
    Judge (*judge)(const Sets&, const JudgeSettings&, Judge, const ProgressHook&);
};

constexpr JudgeRow judges[] = {
    {"fingerprints", "By colour and form", &JudgeSettings::fingerprints, judgeFingerprints},
    {"haematoxylin", "By haematoxylin alone", &JudgeSettings::haematoxylin, judgeHaematoxylin},
};

} // namespace

ClassAdherence judgeClasses(TileSet& real, TileSet& synthetic, const JudgeSettings& settings, const ProgressHook& progress) {
    if (settings.folds < 2 || settings.steps < 1) throw Error(ErrorCode::WrongUse, "A judge needs at least two parts and one step.");
    initDevices("cpu");
    ClassAdherence result;
    result.classes = classNamesOf(real);
    const int sizePx = 112;
    const auto realData = tileDataOf(real, result.classes, sizePx, progress);
    requireTrainable(realData, "The set \"" + real.name + "\"", settings.folds);
    const auto syntheticData = tileDataOf(synthetic, result.classes, sizePx, progress);
    if (syntheticData.tiles() == 0) throw Error(ErrorCode::WrongUse, "The set \"" + synthetic.name + "\" has no tiles to judge.");
    const Sets sets{realData, syntheticData, foldsByGroup(realData.labels, realData.groups, settings.folds, settings.seed)};
    result.realTiles = realData.tiles();
    result.realGroups = int(std::set<int>(realData.groups.begin(), realData.groups.end()).size());
    result.syntheticTiles = syntheticData.tiles();
    for (const auto& row : judges) {
        if (!(settings.*row.wanted)) continue;
        Judge judge{row.id, row.title, {}, {}, {}, {}, {}, {}, {}, {}};
        for (const auto& name : result.classes) judge.classes.push_back({name, {}, {}});
        result.judges.push_back(row.judge(sets, settings, std::move(judge), progress));
    }
    if (settings.fingerprints) result.encoderSha256 = embeddedEncoder().sha256;
    return result;
}

} // namespace phloxine
