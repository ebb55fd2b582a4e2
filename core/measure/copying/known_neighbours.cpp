#include "core/measure/copying/known_neighbours.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Json.h"
#include "core/base/Sha256.h"
#include "core/tensor/safetensors.h"

namespace phloxine {

namespace {

constexpr const char* format = "phloxine-neighbours/1";
constexpr double unit = 127;

} // namespace

void writeKnownNeighbours(const std::filesystem::path& out, const KnownNeighbours& n) {
    auto groups = at::empty({std::int64_t(n.groups.size())}, at::kInt);
    std::copy(n.groups.begin(), n.groups.end(), groups.data_ptr<int>());
    const Json limit{{"median", n.limit.median[0]},
                     {"spread", n.limit.spread[0]},
                     {"over", n.limit.over},
                     {"stated_rate", n.limit.statedRate},
                     {"groups", n.limit.groups},
                     {"alarms", n.limit.alarms},
                     {"checked_groups", n.limit.checked},
                     {"false_alarm_low", n.limit.falseAlarmLow},
                     {"false_alarm_high", n.limit.falseAlarmHigh}};
    writeSafetensors(out, {{"features", (n.features * unit).round().to(at::kChar)}, {"groups", groups}},
                     {{"format", format}, {"encoder_sha256", n.encoder}, {"limit", limit.dump()}});
}

KnownNeighbours readKnownNeighbours(const std::filesystem::path& file, const std::string& encoder) {
    const auto name = file.filename().string();
    const auto corrupt = [&](const std::string& what) {
        return Error(ErrorCode::Corrupt, "The file " + name + " is no list of training neighbours: " + what + "; make it again.", name);
    };
    std::map<std::string, std::string> metadata;
    const auto tensors = readSafetensors(file, &metadata);
    if (metadata["format"] != format) throw corrupt("its format is not " + std::string(format));
    if (metadata["encoder_sha256"] != encoder)
        throw Error(ErrorCode::Unsupported,
                    "The training neighbours in " + name + " were made with another encoder than this program's; make them again.", name);
    const auto features = tensors.find("features"), groups = tensors.find("groups");
    if (features == tensors.end() || groups == tensors.end()) throw corrupt("it lacks its tensors");
    const auto &f = features->second, &g = groups->second;
    if (f.dim() != 2 || f.scalar_type() != at::kChar || g.dim() != 1 || g.scalar_type() != at::kInt || f.size(0) != g.size(0) || !f.numel())
        throw corrupt("its tensors do not fit each other");
    KnownNeighbours n;
    n.features = f.to(at::kFloat);
    n.features = n.features / n.features.norm(2, 1, true).clamp_min(1e-6);
    n.groups.assign(g.const_data_ptr<int>(), g.const_data_ptr<int>() + g.numel());
    n.encoder = encoder, n.fileSha256 = sha256OfFile(file);
    try {
        const auto limit = Json::parse(metadata["limit"]);
        n.limit.detectors = 1;
        n.limit.median[0] = limit.at("median"), n.limit.spread[0] = limit.at("spread"), n.limit.over = limit.at("over");
        n.limit.statedRate = limit.at("stated_rate"), n.limit.groups = limit.at("groups");
        n.limit.alarms = limit.at("alarms"), n.limit.checked = limit.at("checked_groups");
        n.limit.falseAlarmLow = limit.at("false_alarm_low"), n.limit.falseAlarmHigh = limit.at("false_alarm_high");
    } catch (const Json::exception&) { throw corrupt("its limit cannot be read"); }
    if (!(n.limit.spread[0] > 0) || !std::isfinite(n.limit.median[0] + n.limit.over)) throw corrupt("its limit is no number");
    return n;
}

} // namespace phloxine
