#pragma once
// The KL autoencoder of a diffusers folder (vae/config.json, vae/diffusion_pytorch_model.safetensors), renamed to CompVis keys.
#include <filesystem>

#include "core/model/Model.h"

namespace phloxine {

Checkpoint openDiffusersVae(const std::filesystem::path& folder); // only first_stage_model.* is filled. Error(NotFound | Unsupported | ...)

} // namespace phloxine
