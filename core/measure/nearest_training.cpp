#include "core/measure/nearest_training.h"

#include <optional>

#include "core/base/Error.h"
#include "core/base/Log.h"
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
    CopyScores scores;
    scores[0].score = kept.list->features.matmul(feature.t()).max().item<double>();
    return {{}, std::max(0.0, 1 - scores[0].score), 1 - kept.list->limit.score(0), int(kept.list->features.size(0))};
}

} // namespace phloxine
