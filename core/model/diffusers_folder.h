#pragma once
// Parts of a diffusers folder, renamed to CompVis keys: the KL autoencoder (vae/) and the CLIP text encoder (text_encoder/, tokenizer/).
#include <filesystem>

#include "core/model/Model.h"

namespace phloxine {

Checkpoint openDiffusersVae(const std::filesystem::path& folder); // only first_stage_model.* is filled. Error(NotFound | Unsupported | ...)

// Only cond_stage_model.* is filled; the padding token comes from tokenizer/special_tokens_map.json. Error(NotFound | Unsupported | ...)
Checkpoint openDiffusersText(const std::filesystem::path& folder);

} // namespace phloxine
