#include <chrono>
#include <map>
#include <set>

#include <c10/core/GradMode.h>

#include "core/base/Error.h"
#include "core/measure/learning/AssessReport.h"
#include "core/measure/learning/clusters.h"
#include "core/measure/learning/tile_data.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

constexpr double validationShare = 0.25; // of the real groups of a training: the rate is chosen on them, and nothing is trained on them

struct ArmRow {
    const char *id, *title;
    bool synthetic, augmented;
};

constexpr ArmRow arms[] = {
    {"real", "Real tiles alone", false, false},
    {"real+augmentation", "Real tiles, turned, cut and stained", false, true},
    {"real+synthetic", "Real and synthetic tiles", true, false},
    {"real+synthetic+augmentation", "Real and synthetic tiles, turned, cut and stained", true, true},
};

struct Arm {
    const ArmRow* row;
    double ratio;
};

std::vector<Arm> armsOf(const AssessRequest& request) {
    std::vector<Arm> result;
    for (const auto& row : arms) {
        if (!row.synthetic) result.push_back({&row, 0});
        else
            for (const double ratio : request.ratios) result.push_back({&row, ratio});
    }
    return result;
}

struct Pool {
    TileData training, test, synthetic;
};

// The tiles of one training: drawn anew for each seed, the same for all arms of that seed.
struct Draw {
    std::vector<int> train, validation; // rows of Pool::training
    int groups = 0;
};

// Rows by class, groups in a seeded order.
std::map<int, std::vector<std::vector<int>>> groupsByClass(const TileData& data, Dice& dice) {
    std::map<int, std::map<int, std::vector<int>>> tiles;
    for (int i = 0; i < data.tiles(); ++i) tiles[data.labels[std::size_t(i)]][data.groups[std::size_t(i)]].push_back(i);
    std::map<int, std::vector<std::vector<int>>> result;
    for (auto& [label, groups] : tiles) {
        auto& list = result[label];
        for (auto& [id, rows] : groups) list.push_back(std::move(rows));
        dice.shuffle(list);
    }
    return result;
}

Draw draw(const TileData& data, int groupsPerClass, std::uint64_t seed) {
    Dice dice(seed);
    Draw result;
    for (const auto& [label, groups] : groupsByClass(data, dice)) {
        const int used = groupsPerClass > 0 ? std::min(groupsPerClass, int(groups.size())) : int(groups.size());
        const int kept = std::clamp(int(std::lround(used * validationShare)), 1, used - 1);
        for (int g = 0; g < used; ++g) {
            auto& rows = g < kept ? result.validation : result.train;
            rows.insert(rows.end(), groups[std::size_t(g)].begin(), groups[std::size_t(g)].end());
        }
        result.groups += used - kept;
    }
    return result;
}

// Synthetic tiles in the proportions of the classes of the real ones, without repetition: fewer where there are fewer.
std::vector<int> drawSynthetic(const TileData& synthetic, const TileData& real, const std::vector<int>& rows, double ratio,
                               std::uint64_t seed) {
    std::map<int, int> wanted;
    for (const int i : rows) ++wanted[real.labels[std::size_t(i)]];
    Dice dice(seed);
    std::map<int, int> taken;
    std::vector<int> result;
    for (const int i : dice.permutation(synthetic.tiles())) {
        const int label = synthetic.labels[std::size_t(i)];
        if (taken[label] < std::lround(wanted[label] * ratio)) {
            result.push_back(i);
            ++taken[label];
        }
    }
    return result;
}

// Real tiles and synthetic ones as one training set; groups of the two stay apart.
TileData together(const TileData& real, const TileData& synthetic) {
    TileData all = real;
    if (synthetic.tiles() == 0) return all;
    all.pixels = at::cat({real.pixels, synthetic.pixels});
    all.labels.insert(all.labels.end(), synthetic.labels.begin(), synthetic.labels.end());
    for (const int group : synthetic.groups) all.groups.push_back(-1 - group);
    return all;
}

std::vector<bool> rightOn(const Weights& weights, const TileData& data, int sizePx) {
    const auto told = tileLogits(weights, data.pixels, sizePx).argmax(1);
    std::vector<bool> right;
    for (int i = 0; i < data.tiles(); ++i) right.push_back(told.data_ptr<std::int64_t>()[i] == data.labels[std::size_t(i)]);
    return right;
}

double balancedAccuracy(const std::vector<bool>& right, const std::vector<int>& labels) {
    std::map<int, std::pair<int, int>> counts;
    for (std::size_t i = 0; i < right.size(); ++i) {
        counts[labels[i]].first += right[i];
        ++counts[labels[i]].second;
    }
    double sum = 0;
    for (const auto& [label, count] : counts) sum += double(count.first) / count.second;
    return sum / double(counts.size());
}

// Progress over all trainings, counted in steps.
struct Clock {
    const ProgressHook& hook;
    double total = 1, done = 0;
    void step(const std::string& stage) {
        done += 1;
        if (hook) hook({stage, std::min(1.0, done / total)});
    }
};

struct Bench {
    const AssessRequest& request;
    const Pool& pool;
    Clock& clock;
    at::Device device;

    Weights train(const Arm& arm, const Draw& tiles, double rate, std::uint64_t seed) const {
        const auto real = pool.training.rows(tiles.train);
        const auto extra = arm.row->synthetic
                               ? pool.synthetic.rows(drawSynthetic(pool.synthetic, pool.training, tiles.train, arm.ratio, seed))
                               : TileData{pool.synthetic.pixels.narrow(0, 0, 0), {}, {}, real.classes};
        TileTraining how;
        how.shape = {3, 16, 3, 1, 64, 0};
        how.sizePx = request.sizePx;
        how.steps = request.steps;
        how.batch = request.batch;
        how.rate = rate;
        how.seed = seed;
        how.device = device;
        if (arm.row->augmented) how.augmentation = classicalAugmentation();
        return trainTileNet(together(real, extra), how, [&](int, double) { clock.step(arm.row->title); });
    }

    double bestRate(const Arm& arm, const Draw& tiles) const {
        const auto validation = pool.training.rows(tiles.validation);
        double best = -1, chosen = request.rates.front();
        for (const double rate : request.rates) {
            if (request.rates.size() == 1) break;
            const auto weights = train(arm, tiles, rate, request.seed);
            const double accuracy = balancedAccuracy(rightOn(weights, validation, request.sizePx), validation.labels);
            if (accuracy > best) best = accuracy, chosen = rate;
        }
        return chosen;
    }
};

void remark(AssessRow& row, const Arm& arm, const AssessReport& report, int wanted) {
    const auto& request = report.request;
    if (!arm.row->synthetic) return;
    if (row.syntheticTiles < wanted)
        row.remarks.push_back("Only " + std::to_string(row.syntheticTiles) + " synthetic tiles were there of the " +
                              std::to_string(wanted) + " that the ratio asks for.");
    if (request.generatorTiles > row.realTiles)
        row.remarks.push_back("The generator saw " + std::to_string(request.generatorTiles) + " real tiles, this classifier " +
                              std::to_string(row.realTiles) + ": a gain may be knowledge of tiles that the other rows did not have.");
    else if (request.generatorTiles == 0 && request.generatorWords.empty())
        row.remarks.emplace_back("It is not stated which real tiles the generator saw; a gain may be knowledge of more of them than this "
                                 "classifier had, or of the test groups.");
    if (!request.generatorWords.empty()) row.remarks.push_back("The generator was trained on: " + request.generatorWords + ".");
}

// All arms for one number of real groups.
void assessSize(const Bench& bench, int groupsPerClass, AssessReport& report) {
    const auto& request = bench.request;
    const auto& test = bench.pool.test;
    std::vector<Draw> draws;
    for (int s = 0; s < request.seeds; ++s) draws.push_back(draw(bench.pool.training, groupsPerClass, request.seed + std::uint64_t(s)));
    std::map<const ArmRow*, std::vector<std::vector<bool>>> references; // of the two arms without synthetic tiles
    const auto gainOver = [&](const ArmRow* reference, const std::vector<std::vector<bool>>& right) {
        std::vector<std::vector<double>> gains(right.size());
        for (std::size_t s = 0; s < right.size(); ++s)
            for (std::size_t i = 0; i < right[s].size(); ++i)
                gains[s].push_back(double(right[s][i]) - double(references.at(reference)[s][i]));
        return balancedGain(gains, test.labels, test.groups);
    };
    for (const auto& arm : armsOf(request)) {
        AssessRow row;
        row.arm = arm.row->id, row.title = arm.row->title, row.ratio = arm.ratio;
        row.realGroups = draws.front().groups, row.realTiles = int(draws.front().train.size());
        row.rate = bench.bestRate(arm, draws.front());
        std::vector<std::vector<bool>> right;
        for (int s = 0; s < request.seeds; ++s) {
            const auto weights = bench.train(arm, draws[std::size_t(s)], row.rate, request.seed + std::uint64_t(s));
            right.push_back(rightOn(weights, test, request.sizePx));
            row.accuracies.push_back(balancedAccuracy(right.back(), test.labels));
            row.accuracy += row.accuracies.back() / request.seeds;
        }
        if (arm.row->synthetic)
            row.syntheticTiles =
                int(drawSynthetic(bench.pool.synthetic, bench.pool.training, draws.front().train, arm.ratio, request.seed).size());
        else references[arm.row] = right;
        if (arm.row != &arms[0]) row.overReal = gainOver(&arms[0], right);
        if (arm.row->synthetic) row.overAugmentation = gainOver(&arms[1], right);
        remark(row, arm, report, int(std::lround(arm.ratio * row.realTiles)));
        report.rows.push_back(std::move(row));
    }
}

// A fixed share of the groups of each class is only for testing, whatever else the request says.
std::pair<TileData, TileData> splitTest(const TileData& data, const AssessRequest& request) {
    Dice dice(request.seed ^ 0x7e57);
    std::vector<int> training, test;
    for (const auto& [label, groups] : groupsByClass(data, dice)) {
        const int kept = std::clamp(int(std::lround(double(groups.size()) * request.testShare)), 2, int(groups.size()) - 2);
        for (int g = 0; g < int(groups.size()); ++g) {
            auto& rows = g < kept ? test : training;
            rows.insert(rows.end(), groups[std::size_t(g)].begin(), groups[std::size_t(g)].end());
        }
    }
    return {data.rows(training), data.rows(test)};
}

void noteFewGroups(const TileData& training, int wanted, AssessReport& report) {
    std::map<int, std::set<int>> groups;
    for (int i = 0; i < training.tiles(); ++i) groups[training.labels[std::size_t(i)]].insert(training.groups[std::size_t(i)]);
    for (const auto& [label, ids] : groups)
        if (wanted > int(ids.size()))
            report.remarks.push_back("The class \"" + report.classes[std::size_t(label)] + "\" has " + std::to_string(ids.size()) +
                                     " groups to train on, not " + std::to_string(wanted) + ".");
}

// Every class needs tiles in both sets, or the arms would learn different tasks.
void requireSameClasses(const TileSet& real, const TileSet& synthetic) {
    const auto ours = classNamesOf(real), theirs = classNamesOf(synthetic);
    for (const auto& name : ours)
        if (std::find(theirs.begin(), theirs.end(), name) == theirs.end())
            throw Error(ErrorCode::WrongUse,
                        "The synthetic set has no tiles of the class \"" + name + "\"; both sets need the same classes.");
    for (const auto& name : theirs)
        if (std::find(ours.begin(), ours.end(), name) == ours.end())
            throw Error(ErrorCode::WrongUse, "The real set has no tiles of the class \"" + name + "\"; both sets need the same classes.");
}

} // namespace

AssessReport assess(const AssessRequest& request, const ProgressHook& progress, const std::string& word) {
    validate(request);
    const auto start = std::chrono::steady_clock::now();
    const auto device = chooseDevice(word);
    AssessReport report;
    report.request = request;
    TileSet realSet = readTileSet(request.real, {"real", request.realGroupPattern}),
            syntheticSet = readTileSet(request.synthetic, {"synthetic", {}});
    requireSameClasses(realSet, syntheticSet);
    report.classes = classNamesOf(realSet);
    const int storedPx = request.sizePx + request.sizePx / 4; // more than is seen, for the cut-outs
    const auto real = tileDataOf(realSet, report.classes, storedPx, progress);
    requireTrainable(real, "The real set", 4);
    Pool pool;
    pool.synthetic = tileDataOf(syntheticSet, report.classes, storedPx, progress);
    std::tie(pool.training, pool.test) = splitTest(real, request);
    report.testTiles = pool.test.tiles(), report.testGroups = pool.test.groupCount(), report.syntheticTiles = pool.synthetic.tiles();
    report.groupsKnown = realSet.groupsKnown;
    if (!report.groupsKnown)
        report.remarks.emplace_back(
            "The real set does not say which tiles belong together, so a tile counts as its own group: tiles of one field "
            "may lie on both sides of the split, and the accuracies and intervals are too good.");
    const auto faults = realSet.faults.size() + syntheticSet.faults.size();
    if (faults > 0) report.remarks.push_back(std::to_string(faults) + " files were no usable tiles and were left out.");
    const auto sizes = request.realGroups.empty() ? std::vector<int>{0} : request.realGroups;
    const double trainings =
        double(sizes.size() * armsOf(request).size()) * (request.seeds + (request.rates.size() > 1 ? double(request.rates.size()) : 0));
    Clock clock{progress, trainings * request.steps};
    const Bench bench{request, pool, clock, device};
    for (const int size : sizes) {
        noteFewGroups(pool.training, size, report);
        assessSize(bench, size, report);
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
}

} // namespace phloxine
