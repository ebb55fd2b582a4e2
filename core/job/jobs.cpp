#include "core/job/jobs.h"

#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/measure/compare.h"
#include "core/measure/nearest_training.h"
#include "core/measure/report_files.h"
#include "core/model/inspect.h"
#include "core/train/memory_estimate.h"

namespace phloxine {

namespace fs = std::filesystem;

void run(JobId id, const GenerateJob& job, const JobTools& tools) {
    GenerateHooks hooks;
    const int count = job.request.count;
    auto request = job.request;
    if (request.device == "auto") request.device = tools.device;
    hooks.step = [&](int tile, int step, int steps) {
        tools.throwIfStopped();
        tools.events.progress(id,
                              {"Tile " + std::to_string(tile + 1) + " of " + std::to_string(count), (tile + double(step) / steps) / count});
    };
    if (job.previews) hooks.preview = [&](const TilePreview& preview) { tools.events.preview(id, preview); };
    hooks.notice = [&](const std::string& sentence) { tools.events.notice(id, sentence); };
    hooks.stopAfterTile = [&, done = 0]() mutable { return ++done < count && tools.endAfterTile(); };
    if (!job.folder.empty()) makeWritableFolder(job.folder);
    const auto modelFolder = tools.store.find(job.request.model, job.request.modelSha256, job.request.modelSettings).path;
    hooks.tile = [&](int index, const Tile& tile) {
        fs::path file;
        if (!job.folder.empty()) {
            // Tiles of many requests lie in one folder: a hash of the request tells two with one seed apart, and the same request finds its
            // file.
            const auto texts = provenance(tile.request);
            const auto plainName = fs::path(tileFileName(tile.request)).stem().string();
            file = job.folder / (plainName + "-" + sha256(texts.front().text).substr(0, 8) + ".png");
            if (!fs::exists(file)) writePng(file, tile.image, texts);
        }
        tools.events.tile(id, index, tile, file);
        tools.events.nearest(id, index, nearestTraining(tile.image, modelFolder)); // milliseconds beside the seconds of a tile
    };
    tools.events.progress(id, {"Loading the model", 0});
    generate(tools.store, request, hooks);
}

void run(JobId id, const ExportJob& job, const JobTools& tools) {
    ExportHooks hooks;
    hooks.progress = [&](const Progress& progress) {
        tools.throwIfStopped();
        tools.events.progress(id, progress);
    };
    hooks.resolve = [&](GenerateRequest request) {
        if (request.device == "auto") request.device = tools.device;
        return resolve(request, tools.store.find(request.model, request.modelSha256, request.modelSettings));
    };
    hooks.card = [&](const GenerateRequest& resolved) {
        return tools.store.find(resolved.model, resolved.modelSha256, resolved.modelSettings).card;
    };
    hooks.makeTile = [&](const GenerateRequest& single) {
        Tile made;
        GenerateHooks tileHooks;
        tileHooks.step = [&](int, int, int) { tools.throwIfStopped(); };
        tileHooks.tile = [&](int, const Tile& tile) { made = tile; };
        generate(tools.store, single, tileHooks);
        return made;
    };
    exportSet(job.plan, job.folder, hooks);
}

// Reading a checkpoint cannot be interrupted: a stop that comes meanwhile keeps the result back.
void run(JobId id, const InspectJob& job, const JobTools& tools) {
    tools.throwIfStopped();
    tools.events.progress(id, {"Reading " + job.path.filename().string(), 0});
    const auto report = inspectModel(job.path);
    tools.throwIfStopped();
    tools.events.inspected(id, report);
}

// A model that has been added stays, whatever was asked meanwhile.
void run(JobId id, const AddModelJob& job, const JobTools& tools) {
    tools.throwIfStopped();
    tools.events.progress(id, {"Adding " + job.source.filename().string(), 0});
    tools.events.modelAdded(id, addModel(job.source, job.options, job.root));
}

void run(JobId id, const CompareJob& job, const JobTools& tools) {
    const auto report = std::make_shared<const CompareReport>(compare(
        job.request,
        [&](const Progress& progress) {
            tools.throwIfStopped();
            tools.events.progress(id, progress);
        },
        tools.device));
    if (!job.folder.empty()) writeReport(*report, job.folder);
    tools.events.compared(id, report);
}

void run(JobId id, const SaveReportJob& job, const JobTools& tools) {
    tools.throwIfStopped();
    tools.events.progress(id, {"Writing the report", 0});
    writeReport(*job.report, job.folder, {true, job.realPictures});
}

void run(JobId id, const EstimateTrainingJob& job, const JobTools& tools) {
    tools.throwIfStopped();
    tools.events.progress(id, {"Estimating the memory", 0});
    tools.events.estimated(id, estimateMemory(job.recipe, tools.device));
}

void run(JobId id, const FindTissueJob& job, const JobTools& tools) {
    const auto found = findTissueLike(job.search, [&](const Progress& progress) {
        tools.throwIfStopped();
        if (tools.between()) throw Cancelled(); // a tile does not wait for a slide
        tools.events.progress(id, progress);
    });
    tools.events.tissueFound(id, std::make_shared<const FoundTissue>(found));
}

void run(JobId id, const NearestPictureJob& job, const JobTools& tools) {
    tools.throwIfStopped();
    tools.events.nearestPicture(id, trainingPicture(tools.store.find(job.model, job.modelSha256).path, job.index, job.trainingTiles));
}

void run(JobId id, const RoundTripJob& job, const JobTools& tools) {
    tools.throwIfStopped();
    tools.events.progress(id, {"Round trip through the model", 0});
    const auto trip = roundTrip(tools.store, job.wish, tools.device);
    tools.throwIfStopped();
    tools.events.wentRound(id, trip);
}

} // namespace phloxine
