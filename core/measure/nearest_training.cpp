#include "core/measure/nearest_training.h"

#include <optional>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/image/ImageFile.h"
#include "core/measure/TileSet.h"
#include "core/measure/copying/known_neighbours.h"
#include "core/measure/learning/encoder.h"
#include "core/measure/neighbours.h"

namespace phloxine {

namespace {

struct KeptList {
    std::filesystem::path file;
    std::filesystem::file_time_type written;
    std::optional<KnownNeighbours> list;
    std::string problem; // where there is none
};

KeptList readList(const std::filesystem::path& file, std::filesystem::file_time_type written) {
    KeptList kept{file, written, {}, {}};
    try {
        kept.list = readKnownNeighbours(file, embeddedEncoder().sha256);
    } catch (const Error& e) {
        logWarning(e.what());
        kept.problem = e.what();
    }
    return kept;
}

} // namespace

NearestTraining nearestTraining(const Image& tile, const std::filesystem::path& modelFolder) {
    thread_local KeptList kept; // of the one thread that owns the tensors
    const auto file = modelFolder / neighboursFile;
    std::error_code missing;
    const auto written = std::filesystem::last_write_time(file, missing);
    if (missing) return {"This model brings no list of its training tiles."};
    if (kept.file != file || kept.written != written) kept = readList(file, written);
    if (!kept.list) return {kept.problem};
    const auto feature = embeddedEncoder().embed({tile});
    const auto [score, index] = kept.list->features.matmul(feature.t()).flatten().max(0);
    return {
        {}, std::max(0.0, 1 - score.item<double>()), 1 - kept.list->limit.score(0), int(kept.list->features.size(0)), index.item<int>()};
}

TrainingPicture trainingPicture(const std::filesystem::path& modelFolder, int index, const std::filesystem::path& trainingTiles) {
    constexpr double same = 0.99; // the list is rounded to 8 bits
    const auto list = readKnownNeighbours(modelFolder / neighboursFile, embeddedEncoder().sha256);
    const auto set = readTileSet(trainingTiles);
    const auto others = [&](const std::string& why) {
        return Error(ErrorCode::WrongUse,
                     "These are not the training tiles of this model: " + why + "; choose the folder that it was trained on.");
    };
    if (std::int64_t(set.tiles.size()) != list.features.size(0))
        throw others("there are " + std::to_string(set.tiles.size()) + " and it learned from " + std::to_string(list.features.size(0)));
    if (index < 0 || index >= int(set.tiles.size())) throw others("the list has no such tile");
    const auto& entry = set.tiles[std::size_t(index)];
    TrainingPicture found{readImage(entry.file), entry.name};
    const auto alike = embeddedEncoder().embed({found.picture})[0].dot(list.features[index]).item<double>();
    if (alike < same) throw others("the tile in that place is another one");
    return found;
}

} // namespace phloxine
