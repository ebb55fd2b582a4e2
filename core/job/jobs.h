#pragma once
// What each kind of job does, on the worker thread. Each reports to the events, asks whether it was stopped, and throws when it fails.
#include "core/job/JobQueue.h"

namespace phloxine {

struct JobTools { // what the queue lends to the job that runs
    ModelStore& store;
    JobEvents& events;
    std::string device;                   // of all jobs but those whose request names one
    std::function<void()> throwIfStopped; // Cancelled when the job is to end now
    std::function<bool()> endAfterTile;
    std::function<std::optional<Stop>()> between; // does what waits, and says whether and how the job is to stop
};

void run(JobId id, const GenerateJob& job, const JobTools& tools);
void run(JobId id, const ExportJob& job, const JobTools& tools);
void run(JobId id, const InspectJob& job, const JobTools& tools);
void run(JobId id, const AddModelJob& job, const JobTools& tools);
void run(JobId id, const CompareJob& job, const JobTools& tools);
void run(JobId id, const SaveReportJob& job, const JobTools& tools);
void run(JobId id, const EstimateTrainingJob& job, const JobTools& tools);
void run(JobId id, const FindTissueJob& job, const JobTools& tools);
void run(JobId id, const NearestPictureJob& job, const JobTools& tools);
void run(JobId id, const RoundTripJob& job, const JobTools& tools);
void run(JobId id, const TrainJob& job, const JobTools& tools); // training.cpp

} // namespace phloxine
