#include "core/measure/measured_set.h"

#include <fstream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/measure/learning/encoder.h"

namespace phloxine {

namespace {

constexpr std::size_t batch = 32;

// Rows of a batch go to the end of the table.
void append(std::vector<at::Tensor>& parts, const at::Tensor& rows) { parts.push_back(rows.to(at::kFloat)); }

at::Tensor joined(const std::vector<at::Tensor>& parts) { return parts.empty() ? at::zeros({0, 0}) : at::cat(parts); }

struct GroupPower {
    RadialPower sum{};
    int tiles = 0;
    void add(const RadialPower& power) {
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += power[i];
        ++tiles;
    }
    RadialPower mean() const {
        auto result = sum;
        for (auto& value : result) value /= tiles;
        return result;
    }
};

bool isJpeg(const std::filesystem::path& file) {
    char start[2] = {};
    std::ifstream(file, std::ios::binary).read(start, 2);
    return start[0] == char(0xff) && start[1] == char(0xd8);
}

SetSummary summaryOf(const TileSet& set, const std::vector<int>& groups) {
    SetSummary summary;
    summary.name = set.name, summary.tiles = int(set.tiles.size());
    summary.groups = int(std::set<int>(groups.begin(), groups.end()).size());
    summary.groupsKnown = set.groupsKnown, summary.groupSource = set.groupSource;
    summary.contentSha256 = contentSha256(set);
    summary.faults = set.faults;
    std::map<std::string, int> classes;
    for (const auto& tile : set.tiles) ++classes[tile.className];
    if (!(classes.size() == 1 && classes.count(""))) summary.classes.assign(classes.begin(), classes.end());
    return summary;
}

} // namespace

MeasuredSet measureSet(const SetChoice& choice, const PassPlan& plan, const ProgressHook& progress) {
    MeasuredSet measured;
    measured.set = readTileSet(choice.path, {choice.name, choice.groupPattern});
    const auto& extractors = *plan.extractors;
    std::vector<std::vector<at::Tensor>> features(extractors.size());
    std::vector<at::Tensor> fingerprints;
    std::vector<Image> waiting;
    const auto flush = [&] {
        if (waiting.empty()) return;
        for (std::size_t i = 0; i < extractors.size(); ++i) append(features[i], extractors[i].run(waiting));
        if (plan.sketches) append(fingerprints, embeddedEncoder().embed(waiting));
        waiting.clear();
    };
    const auto total = double(measured.set.tiles.size());
    int done = 0, width = 0, height = 0;
    bool oneScale = true;
    std::map<std::string, GroupPower> spectra;
    Scale scale;
    forEachTile(measured.set, [&](const TileEntry& entry, const Image& image) {
        if (done % 16 == 0) progress({"Measuring " + measured.set.name, done / total});
        if (!done) measured.physical = plan.physical && physicalScale(image.scale);
        if (!done) scale = image.scale, width = image.width, height = image.height;
        oneScale = oneScale && scale == image.scale;
        ++done;
        if (plan.sketches) measured.sketches.push_back(sketchOf(image));
        if (plan.measures) {
            RadialPower power{};
            auto settings = nucleusSettings(measured.physical ? image.scale : Scale{});
            settings.stain = plan.stain;
            measured.measures.push_back(measureTile(image, settings, measured.physical, &power));
            spectra[entry.group].add(power);
            measured.cues.push_back(cuesOf(image, isJpeg(entry.file)));
        }
        waiting.push_back(image);
        if (waiting.size() == batch) flush();
    });
    flush();
    if (done < 2)
        throw Error(ErrorCode::WrongUse, "The set " + measured.set.name + " holds " + std::to_string(done) +
                                             " readable tiles, and two are the fewest that can be compared; add tiles.");
    for (const auto& [group, sum] : spectra) measured.spectra.push_back(sum.mean());
    measured.groups = groupNumbers(measured.set.tiles);
    for (const auto& parts : features) measured.features.push_back(joined(parts));
    measured.fingerprints = joined(fingerprints);
    measured.summary = summaryOf(measured.set, measured.groups);
    measured.summary.widthPx = width, measured.summary.heightPx = height;
    if (oneScale) measured.summary.scale = scale;
    return measured;
}

} // namespace phloxine
