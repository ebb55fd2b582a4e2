#pragma once
// The operations of parity cases, as a table.
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/Json.h"
#include "core/tensor/Weights.h"

namespace phloxine::verify {

struct Case {
    std::filesystem::path folder; // of the case
    std::filesystem::path model;  // resolved; empty when the case has none
    Json parameters;
    at::Device device = at::kCPU;    // where the operation runs
    Weights inputs;                  // by name, on the device
    std::vector<std::string> wanted; // names of the expected tensors
};

struct NotYet { // thrown where a variant of an operation is not there yet
    std::string reason;
};

struct Mismatch { // thrown by an operation that compares no tensors, where the result is not what the case says
    std::string reason;
};

struct OperationRow {
    const char* name;
    Weights (*run)(const Case&); // the tensors that were asked for, by name
    bool onDevice = true;        // else on the CPU, whatever is asked for: files, and numbers in double
};
const std::vector<OperationRow>& operations();

Weights runLoad(const Case&);
Weights runLora(const Case&);
Weights runFormula(const Case&);
Weights runUNet(const Case&);
Weights runEncode(const Case&);
Weights runDecode(const Case&);
Weights runText(const Case&);
Weights runClass(const Case&);
Weights runVector(const Case&);
Weights runSchedule(const Case&);
Weights runAnalytic(const Case&);
Weights runSample(const Case&);
Weights runInception(const Case&);
Weights runInceptionResize(const Case&);
Weights runFid(const Case&);
Weights runKid(const Case&);
Weights runPrdc(const Case&);
Weights runLossAndGradients(const Case&);
Weights runTrajectory(const Case&);

} // namespace phloxine::verify
