#pragma once
// The YAML beside a CompVis checkpoint, read as data: what a `target:` names is recognised from a table and never run.
#include "core/model/ModelConfig.h"
#include "core/tensor/Weights.h"

namespace phloxine {

// `textConfig`: JSON with the shape of the text tower (heads and activation cannot be read from weights); may not exist.
// Error(NotFound | Yaml | Unsupported).
ModelConfig readCompvisConfig(const std::filesystem::path& yaml, const std::filesystem::path& textConfig = {});

// One stage alone, `target` and `params`, as text. `name` is for messages.
nn::UNetConfig unetFromYaml(const std::string& stage, const std::string& name);
decltype(ModelConfig::firstStage) firstStageFromYaml(const std::string& stage, const std::string& name);

// The other way round, on one line. Error(Unsupported) for what CompVis' entries cannot say.
std::string firstStageToYaml(const decltype(ModelConfig::firstStage)& stage);

// Heads and activation from a CLIP text tower's config.json; the usual ones where the file is not there. Error(Corrupt | Unsupported).
nn::ClipTextConfig readTowerConfig(const std::filesystem::path& file);

// A file without YAML: the architecture follows from names and shapes where it is one of the known families (Stable Diffusion 1 and 2,
// PathLDM); else Error(NotFound) that asks for the YAML.
ModelConfig configFromWeights(const Weights& weights, const std::string& name);

} // namespace phloxine
