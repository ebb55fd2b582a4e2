#include "core/measure/learning/clusters.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <boost/math/distributions/students_t.hpp>

#include "core/base/Dice.h"

namespace phloxine {

namespace {

double studentQuantile(double degrees) { return boost::math::quantile(boost::math::students_t(std::max(1.0, degrees)), 0.975); }

struct Cluster {
    double sum = 0, tiles = 0;
};

std::map<int, Cluster> clustersOf(const std::vector<double>& values, const std::vector<int>& groups) {
    std::map<int, Cluster> clusters;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& cluster = clusters[groups[i]];
        cluster.sum += values[i];
        cluster.tiles += 1;
    }
    return clusters;
}

// Mean over tiles and its variance over groups (the linearised ratio of two sums over groups).
struct Ratio {
    double mean = 0, variance = 0;
    int groups = 0;
};

Ratio ratioOver(const std::map<int, Cluster>& clusters) {
    Ratio ratio;
    double sum = 0, tiles = 0, squares = 0;
    for (const auto& [id, cluster] : clusters) sum += cluster.sum, tiles += cluster.tiles;
    ratio.groups = int(clusters.size());
    ratio.mean = sum / tiles;
    for (const auto& [id, cluster] : clusters) squares += std::pow(cluster.sum - ratio.mean * cluster.tiles, 2);
    if (ratio.groups > 1) ratio.variance = squares / (tiles * tiles) * ratio.groups / (ratio.groups - 1);
    return ratio;
}

std::string countText(std::size_t n, const std::string& what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

} // namespace

std::vector<int> foldsByGroup(const std::vector<int>& labels, const std::vector<int>& groups, int folds, std::uint64_t seed) {
    std::map<int, std::set<int>> groupsOfClass;
    for (std::size_t i = 0; i < labels.size(); ++i) groupsOfClass[labels[i]].insert(groups[i]);
    Dice dice(seed);
    std::map<int, int> foldOf;
    int next = 0;
    for (const auto& [label, ids] : groupsOfClass) {
        std::vector<int> order(ids.begin(), ids.end());
        dice.shuffle(order);
        for (const int id : order) foldOf.emplace(id, next++ % folds);
    }
    std::vector<int> result;
    for (const int group : groups) result.push_back(foldOf.at(group));
    return result;
}

Estimate shareOverGroups(const std::vector<bool>& right, const std::vector<int>& groups) {
    Estimate estimate;
    if (right.empty()) return estimate;
    const auto clusters = clustersOf({right.begin(), right.end()}, groups);
    const auto ratio = ratioOver(clusters);
    const double p = ratio.mean, n = double(right.size()), least = double(ratio.groups);
    // Where all groups agree the variance says nothing: then only as many observations as groups are believed.
    const double effective = ratio.variance > 0 ? std::clamp(p * (1 - p) / ratio.variance, least, n) : least;
    const double z = studentQuantile(least - 1), zz = z * z / effective;
    const double centre = (p + zz / 2) / (1 + zz), half = z / (1 + zz) * std::sqrt(p * (1 - p) / effective + zz / (4 * effective));
    estimate.value = p;
    estimate.low = std::max(0.0, std::min(p, centre - half));
    estimate.high = std::min(1.0, std::max(p, centre + half));
    estimate.tiles = int(right.size());
    estimate.groups = ratio.groups;
    estimate.method = "Wilson interval for clusters, " + countText(clusters.size(), "group");
    return estimate;
}

Estimate balancedGain(const std::vector<std::vector<double>>& gains, const std::vector<int>& labels, const std::vector<int>& groups) {
    Estimate estimate;
    if (gains.empty() || labels.empty()) return estimate;
    const std::set<int> classes(labels.begin(), labels.end());
    const double seeds = double(gains.size()), share = 1 / double(classes.size());
    std::vector<double> perSeed(gains.size());
    double overGroups = 0, groupParts = 0; // sum of variance^2 / degrees, for Satterthwaite
    for (const int label : classes) {
        std::vector<double> means;
        std::vector<int> ids;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] != label) continue;
            double mean = 0;
            for (const auto& of : gains) mean += of[i] / seeds;
            means.push_back(mean);
            ids.push_back(groups[i]);
        }
        for (std::size_t s = 0; s < gains.size(); ++s)
            for (std::size_t i = 0; i < labels.size(); ++i)
                if (labels[i] == label) perSeed[s] += share * gains[s][i] / double(means.size());
        const auto ratio = ratioOver(clustersOf(means, ids));
        const double part = share * share * ratio.variance;
        overGroups += part;
        if (ratio.groups > 1) groupParts += part * part / (ratio.groups - 1);
        estimate.groups += ratio.groups;
    }
    double mean = 0, overSeeds = 0;
    for (const double gain : perSeed) mean += gain / seeds;
    for (const double gain : perSeed) overSeeds += std::pow(gain - mean, 2) / (seeds * std::max(1.0, seeds - 1));
    const double variance = overGroups + overSeeds;
    const double parts = groupParts + (seeds > 1 ? overSeeds * overSeeds / (seeds - 1) : 0);
    const double half = variance > 0 ? studentQuantile(parts > 0 ? variance * variance / parts : 1) * std::sqrt(variance) : 0;
    estimate.value = mean;
    estimate.low = mean - half, estimate.high = mean + half;
    estimate.tiles = int(labels.size());
    estimate.method = "paired t over " + countText(std::size_t(estimate.groups), "test group") +
                      (gains.size() > 1 ? " and " + countText(gains.size(), "training seed") : ", one training seed");
    return estimate;
}

} // namespace phloxine
