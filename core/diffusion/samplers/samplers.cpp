#include "core/diffusion/samplers/samplers.h"

#include "core/base/Error.h"

namespace phloxine {

const std::vector<SamplerInfo>& samplers() {
    static const std::vector<SamplerInfo> table{
        {"dpmpp_2m", "DPM++ 2M Karras", sampleDpmpp2m, karrasLevels},
        {"ddim", "DDIM", sampleDdim, [](const NoiseSchedule& s, int n) { return ddimLevels(s, n); }},
        {"euler", "Euler Karras", sampleEuler, karrasLevels},
        {"heun", "Heun Karras", sampleHeun, karrasLevels},
    };
    return table;
}

const SamplerInfo& findSampler(const std::string& id) {
    std::string known;
    for (const auto& row : samplers()) {
        if (row.id == id) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.id);
    }
    throw Error(ErrorCode::WrongUse, "The sampler \"" + id + "\" is not known; use one of " + known + ".", id);
}

at::Tensor requireFiniteLatent(at::Tensor x) {
    if (!at::isfinite(x).all().item<bool>())
        throw Error(ErrorCode::Nan, "The sampling left the range of numbers; use fp32 precision, more steps or less guidance.");
    return x;
}

} // namespace phloxine
