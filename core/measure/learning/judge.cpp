#include "core/measure/learning/judge.h"

#include <set>

#include "core/base/Error.h"
#include "core/measure/learning/clusters.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/learning/tile_data.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

constexpr int smallPx = 64; // what the judge of haematoxylin sees

// The logits of tiles, from what the judge reads of them.
using Classifier = std::function<at::Tensor(const at::Tensor& seen)>;

// Multinomial logistic regression with a small ridge on standardised features, by full gradient steps of Adam's form: the problem is convex
// and small. x [n, d], y [n].
Classifier logisticRegression(const at::Tensor& x, const at::Tensor& y, int classes) {
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

struct Labelled {
    const std::vector<int>&labels, &groups;
};

void addShares(const Labelled& tiles, const at::Tensor& probability, bool real, Judge& judge) {
    const auto classes = judge.classes.size();
    const auto taken = probability.argmax(1);
    std::vector<bool> right;
    std::vector<std::vector<bool>> rightOf(classes);
    std::vector<std::vector<int>> groupsOf(classes);
    auto& confusion = real ? judge.realConfusion : judge.syntheticConfusion;
    auto& probabilities = real ? judge.realProbability : judge.syntheticProbability;
    confusion.assign(classes, std::vector<int>(classes));
    for (std::size_t i = 0; i < tiles.labels.size(); ++i) {
        const auto label = std::size_t(tiles.labels[i]), told = std::size_t(taken.data_ptr<std::int64_t>()[i]);
        right.push_back(told == label);
        rightOf[label].push_back(told == label);
        groupsOf[label].push_back(tiles.groups[i]);
        ++confusion[label][told];
        probabilities.push_back(probability[std::int64_t(i)][std::int64_t(label)].item<double>());
    }
    (real ? judge.real : judge.synthetic) = shareOverGroups(right, tiles.groups);
    for (std::size_t c = 0; c < classes; ++c)
        (real ? judge.classes[c].real : judge.classes[c].synthetic) = shareOverGroups(rightOf[c], groupsOf[c]);
}

// Which network judges each synthetic tile: one alone, as real tiles are judged, for the mean of several would be right more often.
std::vector<int> foldsOfSynthetic(const TileData& synthetic, int folds) {
    std::vector<int> next(std::size_t(synthetic.classes)), result;
    for (const int label : synthetic.labels) result.push_back(next[std::size_t(label)]++ % folds);
    return result;
}

std::vector<int> rowsOf(const std::vector<int>& foldOf, int fold, bool inside) {
    std::vector<int> rows;
    for (int i = 0; i < int(foldOf.size()); ++i)
        if ((foldOf[std::size_t(i)] == fold) == inside) rows.push_back(i);
    return rows;
}

// Each tile judged by the one classifier of its fold; [n, classes] of shares.
at::Tensor shares(const at::Tensor& seen, const std::vector<int>& foldOf, const std::vector<Classifier>& byFold, int classes) {
    auto result = at::zeros({seen.size(0), classes});
    for (std::size_t fold = 0; fold < byFold.size(); ++fold) {
        const auto rows = indices(rowsOf(foldOf, int(fold), true));
        if (rows.numel()) result.index_copy_(0, rows, at::softmax(byFold[fold](seen.index_select(0, rows)), 1));
    }
    return result;
}

at::Tensor fingerprintsOf(const at::Tensor& pixels, at::Device device) {
    const auto& encoder = embeddedEncoder(device);
    return fingerprints(encoder.weights, pixels, encoder.sizePx).whole;
}

TileTraining haematoxylinTraining(const JudgeSettings& settings, int fold) {
    TileTraining how;
    how.shape = {1, 24, 3, 1, 64, 0};
    how.input = TileInput::Haematoxylin;
    how.sizePx = smallPx;
    how.steps = settings.steps;
    how.augmentation = classicalAugmentation();
    how.augmentation.stain = 0.1; // the density of nuclei is what it goes by
    how.seed = settings.seed + std::uint64_t(fold);
    how.device = chooseDevice(settings.device);
    return how;
}

struct Training {
    const TileData& real; // all of it; `rows` are for training
    const at::Tensor& seen;
    const std::vector<int>& rows;
    const JudgeSettings& settings;
    int fold;
    ProgressHook progress; // may be empty
};

Classifier trainFingerprints(const Training& t) {
    const auto rows = indices(t.rows);
    return logisticRegression(t.seen.index_select(0, rows), indices(t.real.labels).index_select(0, rows), t.real.classes);
}

Classifier trainHaematoxylin(const Training& t) {
    const auto how = haematoxylinTraining(t.settings, t.fold);
    auto weights = trainTileNet(t.real.rows(t.rows), how, [&](int step, double) {
        const double done = (t.fold + double(step) / how.steps) / t.settings.folds;
        if (t.progress) t.progress({"Training the judge of haematoxylin", 0.35 + 0.65 * done});
    });
    for (auto& [key, tensor] : weights) tensor = tensor.to(how.device);
    return [weights](const at::Tensor& pixels) { return tileLogits(weights, pixels, smallPx, TileInput::Haematoxylin); };
}

struct JudgeRow {
    const char *id, *title, *method;
    bool JudgeSettings::*wanted;
    at::Tensor (*see)(const at::Tensor& pixels, at::Device device); // what the judge reads of [n, 3, h, w] bytes
    Classifier (*train)(const Training& training);
};

constexpr JudgeRow judgeRows[] = {
    {"fingerprints", "By colour and form",
     "Logistic regression on fingerprints of the embedded encoder, cross-fitted over groups of the real set.", &JudgeSettings::fingerprints,
     fingerprintsOf, trainFingerprints},
    {"haematoxylin", "By haematoxylin alone",
     "A small network trained from scratch on the optical density of haematoxylin alone, cross-fitted over groups of the real set.",
     &JudgeSettings::haematoxylin, [](const at::Tensor& pixels, at::Device) { return pixels; }, trainHaematoxylin},
};

constexpr int judgedPx = 112;

} // namespace

struct ClassJudges::State {
    struct Trained {
        const JudgeRow* row;
        Judge real; // what it says of the real tiles
        std::vector<Classifier> byFold;
    };
    ClassAdherence real; // without judges
    std::vector<Trained> judges;
    int folds = 0;
    at::Device device = at::kCPU;
};

ClassJudges::ClassJudges(TileSet& real, const JudgeSettings& settings, const ProgressHook& progress) : m(std::make_unique<State>()) {
    if (settings.folds < 2 || settings.steps < 1) throw Error(ErrorCode::WrongUse, "A judge needs at least two parts and one step.");
    m->device = chooseDevice(settings.device);
    m->folds = settings.folds;
    m->real.classes = classNamesOf(real);
    const auto data = tileDataOf(real, m->real.classes, judgedPx, progress);
    requireTrainable(data, "The set \"" + real.name + "\"", settings.folds);
    m->real.realTiles = data.tiles();
    m->real.realGroups = int(std::set<int>(data.groups.begin(), data.groups.end()).size());
    if (settings.fingerprints) m->real.encoderSha256 = embeddedEncoder().sha256;
    const auto foldOf = foldsByGroup(data.labels, data.groups, settings.folds, settings.seed);
    for (const auto& row : judgeRows) {
        if (!(settings.*row.wanted)) continue;
        if (progress) progress({"What the judges read of the tiles", 0.3});
        const auto seen = row.see(data.pixels, m->device);
        State::Trained trained{&row, {row.id, row.title, row.method, {}, {}, {}, {}, {}, {}, {}}, {}};
        for (const auto& name : m->real.classes) trained.real.classes.push_back({name, {}, {}});
        for (int fold = 0; fold < settings.folds; ++fold)
            trained.byFold.push_back(row.train({data, seen, rowsOf(foldOf, fold, false), settings, fold, progress}));
        // Every real tile is judged by the one classifier that did not see its group.
        addShares({data.labels, data.groups}, shares(seen, foldOf, trained.byFold, data.classes), true, trained.real);
        m->judges.push_back(std::move(trained));
    }
}

ClassJudges::~ClassJudges() = default;
ClassJudges::ClassJudges(ClassJudges&&) noexcept = default;

ClassAdherence ClassJudges::judge(TileSet& synthetic, const ProgressHook& progress) const {
    const auto data = tileDataOf(synthetic, m->real.classes, judgedPx, progress);
    if (data.tiles() == 0) throw Error(ErrorCode::WrongUse, "The set \"" + synthetic.name + "\" has no tiles to judge.");
    auto result = m->real;
    result.syntheticTiles = data.tiles();
    const auto foldOf = foldsOfSynthetic(data, m->folds);
    for (const auto& trained : m->judges) {
        auto judge = trained.real;
        addShares({data.labels, data.groups}, shares(trained.row->see(data.pixels, m->device), foldOf, trained.byFold, data.classes), false,
                  judge);
        result.judges.push_back(std::move(judge));
    }
    return result;
}

} // namespace phloxine
