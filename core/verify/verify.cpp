#include "core/verify/verify.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/tensor/devices.h"
#include "core/tensor/safetensors.h"
#include "core/verify/operations.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using namespace verify;

const std::vector<OperationRow> table{{"load", runLoad, false},
                                      {"lora.merge", runLora},
                                      {"formula", runFormula, false},
                                      {"unet", runUNet},
                                      {"vae.encode", runEncode},
                                      {"vae.decode", runDecode},
                                      {"text.encode", runText},
                                      {"class.encode", runClass},
                                      {"vector.encode", runVector},
                                      {"schedule", runSchedule, false},
                                      {"sampler.analytic", runAnalytic},
                                      {"sample", runSample},
                                      {"inception", runInception},
                                      {"inception.resize", runInceptionResize, false},
                                      {"fid", runFid, false},
                                      {"kid", runKid, false},
                                      {"prdc", runPrdc, false},
                                      {"unet.loss_and_grad", runLossAndGradients},
                                      {"train.trajectory", runTrajectory}};

Weights tensorsOf(const Json& json, const char* key, const fs::path& folder) {
    const auto name = json.find(key);
    return name == json.end() || name->is_null() ? Weights() : readSafetensors(folder / name->get<std::string>());
}

TensorError compare(const std::string& name, const at::Tensor& got, const at::Tensor& expected, const Json& tolerance) {
    TensorError error{name};
    error.exact = tolerance.value("exact", false);
    const auto limit = [&](const char* key) { return tolerance.contains(key) ? std::max(tolerance[key].get<double>(), 0.0) : -1.0; };
    error.maxAbsLimit = error.exact ? 0 : limit("max_abs");
    error.relL2Limit = limit("rel_l2");
    if (!got.defined() || got.sizes() != expected.sizes()) {
        error.maxAbs = error.relL2 = std::numeric_limits<double>::infinity();
        error.name +=
            got.defined() ? " (shape " + shapeText(got.sizes()) + ", expected " + shapeText(expected.sizes()) + ")" : " (not computed)";
        return error;
    }
    const auto a = got.to(at::kDouble), b = expected.to(at::kDouble);
    const auto difference = a - b;
    error.maxAbs = difference.numel() ? difference.abs().max().item<double>() : 0;
    const double size = b.norm().item<double>();
    error.relL2 = difference.norm().item<double>() / (size > 0 ? size : 1);
    error.pass = (error.maxAbsLimit < 0 || error.maxAbs <= error.maxAbsLimit) &&
                 (error.relL2Limit < 0 || error.relL2 <= error.relL2Limit); // NaN fails
    return error;
}

// A large result is stored as some of its values ("image.probe" at "image.probe_index") and its statistics ("image.channel_std").
at::Tensor derived(const std::string& name, const Weights& got, const Weights& expected) {
    const auto dot = name.rfind('.');
    if (const auto whole = got.find(name); whole != got.end()) return whole->second;
    const auto it = dot == std::string::npos ? got.end() : got.find(name.substr(0, dot));
    if (it == got.end()) return {};
    const auto& t = it->second;
    const auto kind = name.substr(dot + 1);
    const auto index = expected.find(name.substr(0, dot) + ".probe_index");
    if (kind == "probe_index" && index != expected.end()) return index->second; // which values were kept: an input in all but name
    if (kind == "probe" && index != expected.end()) return t.flatten().index_select(0, index->second);
    if (kind == "mean") return t.mean().view(1);
    if (kind == "std") return t.std().view(1);
    if (kind == "abs_max") return t.abs().max().view(1);
    if (kind == "channel_mean") return t.mean({0, 2, 3});
    if (kind == "channel_std") return t.std({0, 2, 3});
    return {};
}

void run(const fs::path& folder, at::Device device, CaseResult& result) {
    const auto json = parsePythonJson(readFile(folder / "case.json", 1 << 20), "case.json");
    requireFormat(json, "case", 1, result.name + "/case.json");
    result.name = json.value("name", result.name);
    result.operation = json.at("operation");
    const auto row = std::find_if(table.begin(), table.end(), [&](const OperationRow& r) { return r.name == result.operation; });
    if (row == table.end()) throw NotYet{"the operation " + result.operation + " is not there yet"};
    Case c;
    c.folder = folder;
    if (const auto model = json.find("model"); model != json.end() && model->is_string())
        c.model = (folder / model->get<std::string>()).lexically_normal();
    c.parameters = json.value("parameters", Json::object());
    c.inputs = tensorsOf(json, "inputs", folder);
    if (row->onDevice) c.device = device;
    for (auto& [name, tensor] : c.inputs) tensor = tensor.to(c.device);
    const auto expected = tensorsOf(json, "expected", folder);
    for (const auto& [name, tensor] : expected) c.wanted.push_back(name);
    auto got = row->run(c);
    for (auto& [name, tensor] : got) tensor = tensor.cpu();
    const auto tolerance = json.at("tolerance");
    bool all = !tolerance.empty() || result.operation == "load";
    for (const auto& [name, limits] : tolerance.items()) {
        const auto want = expected.find(name);
        if (want == expected.end()) throw Error(ErrorCode::Corrupt, "The case limits the tensor \"" + name + "\", which it does not hold.");
        result.tensors.push_back(compare(name, derived(name, got, expected), want->second, limits));
        all = all && result.tensors.back().pass;
    }
    for (const auto& [name, tensor] : expected)
        if (!tolerance.contains(name)) throw Error(ErrorCode::Corrupt, "The case holds the tensor \"" + name + "\" without a limit.");
    result.status = all ? CaseStatus::Pass : CaseStatus::Fail;
}

} // namespace

const std::vector<OperationRow>& verify::operations() { return table; }

std::string toString(CaseStatus status) {
    switch (status) {
    case CaseStatus::Pass:
        return "pass";
    case CaseStatus::Fail:
        return "fail";
    case CaseStatus::NotYet:
        return "not-yet";
    case CaseStatus::Error:
        break;
    }
    return "error";
}

bool isCase(const fs::path& folder) { return fs::exists(folder / "case.json"); }

CaseResult runCase(const fs::path& folder, const std::string& word) {
    const auto device = chooseDevice(word);
    CaseResult result;
    result.name = fs::weakly_canonical(folder).filename().string();
    try {
        run(folder, device, result);
    } catch (const NotYet& e) {
        result.status = CaseStatus::NotYet;
        result.message = e.reason;
    } catch (const Mismatch& e) {
        result.status = CaseStatus::Fail;
        result.message = e.reason;
    } catch (const Error& e) {
        result.status = e.code() == ErrorCode::Unsupported ? CaseStatus::NotYet : CaseStatus::Error;
        result.message = e.what();
    } catch (const std::exception& e) { result.message = e.what(); }
    return result;
}

} // namespace phloxine
