#include "core/measure/measured_set.h"

#include <fstream>
#include <map>
#include <set>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/measured_cache.h"

namespace phloxine {

namespace {

constexpr std::size_t batch = 32;

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

// What is found in the pixels of one tile.
struct TileRow {
    CopySketch sketch;
    std::vector<double> measures;
    RadialPower power{};
    CueFeatures cues{};
};

TileRow rowOf(const Image& image, const std::filesystem::path& file, const PassPlan& plan, bool physical) {
    TileRow row;
    if (plan.sketches) row.sketch = sketchOf(image);
    if (!plan.measures) return row;
    auto settings = nucleusSettings(physical ? image.scale : Scale{});
    settings.stain = plan.stain;
    row.measures = measureTile(image, settings, physical, &row.power);
    row.cues = cuesOf(image, isJpeg(file));
    return row;
}

// A batch of the pass: networks share their threads among its tiles, all else takes a thread a tile.
class Pass {
public:
    Pass(MeasuredSet& measured, const PassPlan& plan) : m_measured(measured), m_plan(plan), m_features(plan.extractors->size()) {}

    void add(const TileEntry& entry, const Image& image) {
        m_images.push_back(image), m_files.push_back(entry.file), m_groups.push_back(entry.group);
        if (m_images.size() == batch) flush();
    }

    void finish() {
        if (!m_images.empty()) flush();
        for (const auto& parts : m_features) m_measured.features.push_back(joined(parts));
        m_measured.fingerprints = joined(m_fingerprints);
        for (const auto& [group, sum] : m_spectra) m_measured.spectra.push_back(sum.mean());
    }

private:
    void flush() {
        const auto& extractors = *m_plan.extractors;
        at::Tensor fingerprints;
        for (std::size_t i = 0; i < extractors.size(); ++i) {
            m_features[i].push_back(extractors[i].run(m_images).to(at::kFloat));
            if (extractors[i].sha256 == embeddedEncoder().sha256) fingerprints = m_features[i].back();
        }
        if (m_plan.sketches)
            m_fingerprints.push_back(fingerprints.defined() ? fingerprints : embeddedEncoder(m_plan.device).embed(m_images));
        std::vector<TileRow> rows(m_images.size());
        at::parallel_for(0, std::int64_t(rows.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto k = std::size_t(begin); k < std::size_t(end); ++k)
                rows[k] = rowOf(m_images[k], m_files[k], m_plan, m_measured.physical);
        });
        for (std::size_t k = 0; k < rows.size(); ++k) {
            if (m_plan.sketches) m_measured.sketches.push_back(std::move(rows[k].sketch));
            if (!m_plan.measures) continue;
            m_measured.measures.push_back(std::move(rows[k].measures));
            m_measured.cues.push_back(rows[k].cues);
            m_spectra[m_groups[k]].add(rows[k].power);
        }
        m_images.clear(), m_files.clear(), m_groups.clear();
    }

    MeasuredSet& m_measured;
    const PassPlan& m_plan;
    std::vector<Image> m_images;
    std::vector<std::filesystem::path> m_files;
    std::vector<std::string> m_groups;
    std::vector<std::vector<at::Tensor>> m_features; // of each extractor, of each batch
    std::vector<at::Tensor> m_fingerprints;
    std::map<std::string, GroupPower> m_spectra;
};

} // namespace

SetSummary summaryOf(const TileSet& set, const std::vector<int>& groups, const std::string& contentSha256) {
    SetSummary summary;
    summary.name = set.name, summary.tiles = int(set.tiles.size());
    summary.groups = int(std::set<int>(groups.begin(), groups.end()).size());
    summary.groupsKnown = set.groupsKnown, summary.groupSource = set.groupSource;
    summary.contentSha256 = contentSha256;
    summary.faults = set.faults;
    std::map<std::string, int> classes;
    for (const auto& tile : set.tiles) ++classes[tile.className];
    if (!(classes.size() == 1 && classes.count(""))) summary.classes.assign(classes.begin(), classes.end());
    return summary;
}

MeasuredSet measureSet(const SetChoice& choice, const PassPlan& plan, const ProgressHook& progress) {
    MeasuredSet measured;
    measured.set = readTileSet(choice.path, {choice.name, choice.groupPattern});
    const auto key = plan.remembered ? measuredKey(measured.set, plan) : std::string();
    if (plan.remembered)
        if (auto known = rememberedMeasures(key, measured.set)) return std::move(*known);
    const auto total = double(measured.set.tiles.size());
    int done = 0, width = 0, height = 0;
    bool oneScale = true;
    Scale scale;
    Pass pass(measured, plan);
    forEachTile(measured.set, [&](const TileEntry& entry, const Image& image) {
        if (done % 16 == 0) progress({"Measuring " + measured.set.name, done / total});
        if (!done) measured.physical = plan.physical && physicalScale(image.scale);
        if (!done) scale = image.scale, width = image.width, height = image.height;
        oneScale = oneScale && scale == image.scale;
        ++done;
        pass.add(entry, image);
    });
    pass.finish();
    if (done < 2)
        throw Error(ErrorCode::WrongUse, "The set " + measured.set.name + " holds " + std::to_string(done) +
                                             " readable tiles, and two are the fewest that can be compared; add tiles.");
    measured.groups = groupNumbers(measured.set.tiles);
    measured.summary = summaryOf(measured.set, measured.groups, contentSha256(measured.set));
    measured.summary.widthPx = width, measured.summary.heightPx = height;
    if (oneScale) measured.summary.scale = scale;
    if (plan.remembered && oneScale) rememberMeasures(key, measured);
    return measured;
}

} // namespace phloxine
