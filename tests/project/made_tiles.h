#pragma once
// PNGs as Phloxine writes them, small, without a model.
#include "core/generate/Generator.h"
#include "core/image/ImageFile.h"

namespace phloxine {

inline GenerateRequest madeRequest(std::uint64_t seed, const std::string& classId = "lung_scc", const std::string& prompt = {}) {
    GenerateRequest r;
    r.model = "lc25000", r.modelSha256 = std::string(64, 'a'), r.classId = prompt.empty() ? classId : std::string(), r.prompt = prompt;
    r.seed = seed, r.steps = 5, r.guidance = 2, r.sampler = "dpmpp2m", r.build = "a build";
    return r;
}

inline std::filesystem::path writeMadeTile(const std::filesystem::path& folder, const GenerateRequest& request) {
    std::filesystem::create_directories(folder);
    const auto file = folder / tileFileName(request);
    Image image(8, 6);
    fill(image, 0, 0, 8, 6, std::uint8_t(request.seed), 90, 120);
    writePng(file, image, provenance(request));
    return file;
}

} // namespace phloxine
