#pragma once
// Parity cases: run an operation on stored inputs and compare with stored numbers of the upstream system. The operations call the same code
// as the window and the command line. Format of a case: phloxine-case/1 (tests/reference/README.md).
#include <filesystem>
#include <string>
#include <vector>

namespace phloxine {

enum class CaseStatus { Pass, Fail, NotYet, Error };
std::string toString(CaseStatus status); // "pass", "fail", "not-yet", "error"

struct TensorError {
    std::string name;
    double maxAbs = 0, relL2 = 0;             // of max|a-b| and ||a-b|| / ||b||
    double maxAbsLimit = -1, relL2Limit = -1; // -1 = not checked
    bool exact = false, pass = false;
};

struct CaseResult {
    std::string name, operation, message;
    CaseStatus status = CaseStatus::Error;
    std::vector<TensorError> tensors;
};

// In fp32 on that device; the stored numbers were made on a CPU. Faults are in the result; Error where the device cannot be used.
CaseResult runCase(const std::filesystem::path& folder, const std::string& device = "cpu");
bool isCase(const std::filesystem::path& folder); // holds a case.json

} // namespace phloxine
