#include "core/measure/measured_cache.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Sha256.h"
#include "core/generate/Generator.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace {

namespace fs = std::filesystem;

constexpr int version = 1; // to be raised whenever the same tile would be measured or sketched otherwise
constexpr std::uintmax_t mostBytes = std::uintmax_t(1) << 30;

fs::path cacheFolder() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) return fs::path(cache) / "phloxine" / "measured";
    if (const char* home = std::getenv("HOME"); home && *home) return fs::path(home) / ".cache" / "phloxine" / "measured";
    return {};
}

// Rows of numbers as one tensor, and back. T: a fixed number of elements of E.
template <class E, class Rows>
at::Tensor tableOf(const Rows& rows, std::size_t width, at::ScalarType type) {
    auto table = at::empty({std::int64_t(rows.size()), std::int64_t(width)}, type);
    auto* out = table.template data_ptr<E>();
    for (const auto& row : rows) out = std::copy(row.begin(), row.end(), out);
    return table;
}
template <class Row, class E>
std::vector<Row> rowsOf(const at::Tensor& table, const Row& model) {
    std::vector<Row> rows(std::size_t(table.size(0)), model);
    const auto whole = table.contiguous();
    const auto* in = whole.const_data_ptr<E>();
    const auto width = std::size_t(table.size(1));
    for (auto& row : rows) {
        if (row.size() != width) throw Error(ErrorCode::Corrupt, "The remembered measures do not fit this program.");
        std::copy(in, in + width, row.begin()), in += width;
    }
    return rows;
}

Weights tensorsOf(const MeasuredSet& m) {
    Weights tensors;
    for (std::size_t i = 0; i < m.features.size(); ++i) tensors["features." + std::to_string(i)] = m.features[i];
    if (!m.sketches.empty()) {
        tensors["fingerprints"] = m.fingerprints;
        std::vector<std::vector<std::uint8_t>> coarse, fine;
        for (const auto& s : m.sketches) coarse.push_back(s.coarse), fine.push_back(s.fine);
        tensors["sketches.coarse"] = tableOf<std::uint8_t>(coarse, coarse[0].size(), at::kByte);
        tensors["sketches.fine"] = tableOf<std::uint8_t>(fine, fine[0].size(), at::kByte);
    }
    if (!m.measures.empty()) {
        tensors["measures"] = tableOf<double>(m.measures, m.measures[0].size(), at::kDouble);
        tensors["cues"] = tableOf<double>(m.cues, cueCount, at::kDouble);
        tensors["spectra"] = tableOf<double>(m.spectra, spectrumPoints, at::kDouble);
    }
    return tensors;
}

void bindTensors(const Weights& tensors, MeasuredSet& m) {
    for (std::size_t i = 0; tensors.count("features." + std::to_string(i)); ++i)
        m.features.push_back(tensors.at("features." + std::to_string(i)).clone());
    m.fingerprints = at::zeros({0, 0});
    if (tensors.count("fingerprints")) {
        m.fingerprints = tensors.at("fingerprints").clone();
        const std::vector<std::uint8_t> coarse(CopySketch::small * CopySketch::small), fine(CopySketch::large * CopySketch::large);
        auto small = rowsOf<std::vector<std::uint8_t>, std::uint8_t>(tensors.at("sketches.coarse"), coarse);
        auto large = rowsOf<std::vector<std::uint8_t>, std::uint8_t>(tensors.at("sketches.fine"), fine);
        for (std::size_t i = 0; i < small.size(); ++i) m.sketches.push_back({std::move(small[i]), std::move(large.at(i))});
    }
    if (tensors.count("measures")) {
        m.measures = rowsOf<std::vector<double>, double>(tensors.at("measures"), std::vector<double>(tileMeasureRows().size()));
        m.cues = rowsOf<CueFeatures, double>(tensors.at("cues"), CueFeatures{});
        m.spectra = rowsOf<RadialPower, double>(tensors.at("spectra"), RadialPower{});
    }
}

Json factsOf(const MeasuredSet& m) {
    Json faults = Json::array();
    for (const auto& f : m.set.faults) faults.push_back({f.name, f.reason});
    const auto& s = m.summary;
    return {{"faults", faults},
            {"physical", m.physical},
            {"width", s.widthPx},
            {"height", s.heightPx},
            {"content", s.contentSha256},
            {"mpp", s.scale.micronsPerPixel},
            {"mpp_source", int(s.scale.source)}};
}

void makeRoom(const fs::path& folder, std::uintmax_t bytes) {
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        bytes += entry.file_size();
        files.emplace_back(entry.last_write_time(), entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& [time, file] : files) {
        if (bytes <= mostBytes) break;
        bytes -= fs::file_size(file);
        fs::remove(file);
    }
}

} // namespace

std::string measuredKey(const TileSet& set, const PassPlan& plan) {
    Json facts{{"version", version},         {"build", buildName()},        {"sketches", plan.sketches},
               {"measures", plan.measures},  {"physical", plan.physical},   {"haematoxylin", plan.stain.haematoxylin},
               {"eosin", plan.stain.eosin},  {"extractors", Json::array()}, {"tiles", Json::array()},
               {"faults", set.faults.size()}};
    for (const auto& e : *plan.extractors) facts["extractors"].push_back({e.id, e.sha256, e.resize});
    for (const auto& t : set.tiles) facts["tiles"].push_back({t.name, t.className, t.group, t.scale.micronsPerPixel, sha256OfFile(t.file)});
    Sha256 sum;
    sum.add(facts.dump());
    return sum.hex();
}

std::optional<MeasuredSet> rememberedMeasures(const std::string& key, const TileSet& set) {
    try {
        const auto file = cacheFolder() / (key + ".safetensors");
        if (!fs::exists(file)) return {};
        std::map<std::string, std::string> metadata;
        const auto tensors = readSafetensors(file, &metadata);
        const auto facts = Json::parse(metadata.at("facts"));
        MeasuredSet m;
        bindTensors(tensors, m);
        m.set = set, m.physical = facts.at("physical");
        m.set.faults.clear();
        std::set<std::string> faulty;
        for (const auto& f : facts.at("faults")) m.set.faults.push_back({f.at(0), f.at(1)}), faulty.insert(m.set.faults.back().name);
        std::erase_if(m.set.tiles, [&](const auto& t) { return faulty.count(t.name) > 0; });
        const Scale scale{facts.at("mpp"), ScaleSource(facts.at("mpp_source").get<int>())};
        for (auto& tile : m.set.tiles)
            if (!tile.scale.known()) tile.scale = scale;
        m.groups = groupNumbers(m.set.tiles);
        m.summary = summaryOf(m.set, m.groups, facts.at("content"));
        m.summary.widthPx = facts.at("width"), m.summary.heightPx = facts.at("height"), m.summary.scale = scale;
        const auto n = m.set.tiles.size();
        const bool fits = (m.sketches.empty() || m.sketches.size() == n) && (m.measures.empty() || m.measures.size() == n) &&
                          std::all_of(m.features.begin(), m.features.end(), [&](const auto& f) { return std::size_t(f.size(0)) == n; });
        if (!fits) return {};
        fs::last_write_time(file, fs::file_time_type::clock::now());
        return m;
    } catch (const std::exception&) { return {}; } // a damaged file is measured anew
}

void rememberMeasures(const std::string& key, const MeasuredSet& measured) {
    try {
        const auto folder = cacheFolder();
        if (folder.empty()) return;
        fs::create_directories(folder);
        const auto tensors = tensorsOf(measured);
        std::uintmax_t bytes = 0;
        for (const auto& [name, tensor] : tensors) bytes += std::uintmax_t(tensor.nbytes());
        if (bytes > mostBytes / 2) return;
        makeRoom(folder, bytes);
        const auto file = folder / (key + ".safetensors");
        fs::remove(file); // one that could not be read
        writeSafetensors(file, tensors, {{"facts", factsOf(measured).dump()}});
    } catch (const std::exception&) {} // a full or read-only disk costs time only
}

} // namespace phloxine
