#include "core/measure/neighbours.h"

#include <set>

#include "core/base/Error.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/measured_set.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace {

// Groups are known by name in both sets; a held-out tile whose group was trained on would set the limit too high.
void requireApart(const TileSet& training, const TileSet& heldOut) {
    std::set<std::string> groups;
    for (const auto& tile : training.tiles) groups.insert(tile.className + "/" + tile.group);
    for (const auto& tile : heldOut.tiles)
        if (groups.count(tile.className + "/" + tile.group))
            throw Error(ErrorCode::WrongUse, "The group " + tile.group +
                                                 " is in the training set and in the held-out set; a limit for "
                                                 "copies needs real tiles of groups that trained nothing.");
}

} // namespace

NeighboursSummary writeNeighbours(const SetChoice& training, const SetChoice& heldOut, const std::filesystem::path& out,
                                  const ProgressHook& hook) {
    initDevices("cpu");
    const auto progress = hook ? hook : [](const Progress&) {};
    if (std::filesystem::exists(out))
        throw Error(ErrorCode::Exists, "The file " + out.filename().string() + " is there already; nothing was overwritten.");
    const std::vector<FeatureNet> encoder{openFeatureNet("embedded")};
    const auto trained = measureSet(training, {&encoder, false, false}, progress),
               held = measureSet(heldOut, {&encoder, false, false}, progress);
    requireApart(trained.set, held.set);
    KnownNeighbours known;
    known.features = trained.features[0], known.groups = trained.groups, known.encoder = embeddedEncoder().sha256;
    const auto nearest = std::get<0>(held.features[0].matmul(known.features.t()).max(1)).contiguous();
    std::vector<CopyScores> scores(held.set.tiles.size());
    std::vector<std::string> groups;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        scores[i][0].score = nearest.const_data_ptr<float>()[i];
        groups.push_back(held.set.tiles[i].group);
    }
    known.limit = calibrateCopyLimit(scores, groups, 0.01, 1);
    writeKnownNeighbours(out, known);
    return {trained.summary.tiles, trained.summary.groups, known.limit.groups, known.limit.alarms};
}

} // namespace phloxine
