#pragma once
// One worker thread for the life of the process owns every tensor and the device. Only immutable values cross.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/base/Error.h"
#include "core/exporting/ExportPlan.h"
#include "core/generate/Generator.h"
#include "core/generate/round_trip.h"
#include "core/measure/CompareRequest.h"
#include "core/measure/find_tissue.h"
#include "core/train/TrainRecipe.h"

namespace phloxine {

struct ModelReport;     // core/model/inspect.h
struct CompareReport;   // core/measure/CompareReport.h
struct MemoryEstimate;  // core/train/memory_estimate.h
struct TrainingPicture; // core/measure/nearest_training.h
struct NearestTraining; // core/measure/nearest_training.h

using JobId = std::uint64_t;

struct GenerateJob {
    GenerateRequest request;
    std::filesystem::path folder; // each finished tile is saved here as PNG with provenance; empty = not saved
    bool previews = true;
};
struct ExportJob {
    ExportPlan plan;
    std::filesystem::path folder;
};
struct InspectJob { // what a model folder or checkpoint is; nothing is kept
    std::filesystem::path path;
};
struct AddModelJob {
    std::filesystem::path source;
    AddModelOptions options;
    std::filesystem::path root; // empty = the user's own models
};
struct CompareJob {
    CompareRequest request;
    std::filesystem::path folder; // of the report; empty = not written
};
struct SaveReportJob { // of a comparison that has been shown
    std::shared_ptr<const CompareReport> report;
    std::filesystem::path folder;
    bool realPictures = false; // real tiles may be nobody's to pass on
};
// A training in a run folder. Between its steps the other jobs that wait are done, so that a tile never waits for days; a second training
// waits for the end of the first. However it ends, its state is saved and all memory is given back; `resume` goes on from there.
struct TrainJob {
    std::variant<TrainRecipe, AutoencoderRecipe> recipe;
    std::filesystem::path data, folder;
    bool resume = false;
};
struct EstimateTrainingJob { // what it would hold in memory
    TrainRecipe recipe;
};
struct FindTissueJob { // real tissue like a tile; other jobs that wait are done between two batches of places
    TissueSearch search;
};
struct NearestPictureJob { // the training tile that is nearest to a tile
    std::string model, modelSha256;
    int index = -1; // in the model's list
    std::filesystem::path trainingTiles;
};
struct RoundTripJob {
    RoundTripWish wish;
};
using Job = std::variant<GenerateJob, ExportJob, InspectJob, AddModelJob, CompareJob, SaveReportJob, TrainJob, EstimateTrainingJob,
                         FindTissueJob, NearestPictureJob, RoundTripJob>;

struct JobFailure {
    ErrorCode code = ErrorCode::Internal;
    std::string message, context;
};

struct TrainingReport { // where a training stands
    std::int64_t step = 0, steps = 0, images = 0;
    double loss = 0, imagesPerSecond = 0, secondsLeft = 0; // the last two from the mean over the last steps, with all that they cost
    std::uint64_t memoryBytes = 0;                         // of the whole process
    std::optional<double> validationLoss;                  // when it was measured at this step
    std::filesystem::path samples;                         // the sheet that this step has drawn; else empty
    bool saved = false;                                    // this step has saved a state
};

// Called on the worker thread. Order for each job: started, any of the others, then exactly one of finished, cancelled, failed. Between
// two events of a training those of other jobs may come.
class JobEvents {
public:
    virtual ~JobEvents() = default;
    virtual void started(JobId) {}
    virtual void progress(JobId, const Progress&) {}
    virtual void preview(JobId, const TilePreview&) {}
    virtual void tile(JobId, int index, const Tile&, const std::filesystem::path& file) {} // file empty when not saved
    virtual void nearest(JobId, int index, const NearestTraining&) {}                      // of a tile, right after it; of every tile
    virtual void notice(JobId, const std::string&) {}
    virtual void inspected(JobId, const ModelReport&) {}                  // once, by a job that inspects
    virtual void modelAdded(JobId, const ModelEntry&) {}                  // once, by a job that adds a model
    virtual void compared(JobId, std::shared_ptr<const CompareReport>) {} // once, by a comparison
    virtual void trained(JobId, const TrainingReport&) {}   // a few times a second, and at each step that measured, drew or saved
    virtual void estimated(JobId, const MemoryEstimate&) {} // once, by an estimate
    virtual void tissueFound(JobId, std::shared_ptr<const FoundTissue>) {} // once, by a search
    virtual void nearestPicture(JobId, const TrainingPicture&) {}          // once
    virtual void wentRound(JobId, const RoundTrip&) {}                     // once, by a round trip
    virtual void finished(JobId) {}
    virtual void cancelled(JobId) {}
    virtual void failed(JobId, const JobFailure&) {}
};

// A training saves its state whichever way; WithModel also writes the model as it is to <run>/models/<images>.
enum class Stop { Now, AfterTile, WithModel };

class JobQueue {
public:
    struct Options {
        int nice = 0; // the window gives 10, so that it stays smooth while all cores work
        std::string device = "auto";
    };
    JobQueue(std::shared_ptr<ModelStore> store, JobEvents& events, Options options);
    JobQueue(std::shared_ptr<ModelStore> store, JobEvents& events) : JobQueue(std::move(store), events, Options()) {}
    ~JobQueue(); // stops the running job now and joins

    JobId submit(Job job);         // returns at once
    void stop(JobId id, Stop how); // a waiting job is removed (and reported as cancelled)
    void stopAll(Stop how);
    bool idle() const;
    void setDevice(const std::string& device); // of jobs that begin from now on, but for requests that name one: auto, cpu, cuda, cuda:1

private:
    struct State;
    std::unique_ptr<State> m_state;
};

// Where the device and its memory stand, for the status bar.
struct DeviceStatus {
    std::string name;                                      // "CPU, 2 threads" or the GPU's name
    std::string kind;                                      // "cpu", "cuda"
    std::uint64_t memoryUsed = 0, memoryTotal = 0;         // bytes
    std::uint64_t memoryFree = 0;                          // that programs may still take, without what this one holds
    std::uint64_t hostMemoryTotal = 0, hostMemoryFree = 0; // the same of the computer
    struct Gpu {
        std::string device, name; // "cuda:1", "NVIDIA H200"
        std::uint64_t memory = 0; // bytes
        bool operator==(const Gpu&) const = default;
    };
    std::vector<Gpu> gpus;
    std::string noGpu; // why there is none to use, in words; empty where there is one
};
DeviceStatus deviceStatus(); // as last refreshed; safe from any thread, the name is empty until the worker has started
void refreshDeviceStatus(const std::string& device = "auto"); // of the jobs; only on the thread that owns the tensors; the worker does so before and after each job

} // namespace phloxine
