#pragma once
// Tiles of rendered tissue in two classes, and recipes so small that a run takes seconds.
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "core/image/ImageFile.h"
#include "core/measure/tissue/rendered_fields.h"
#include "core/train/AutoencoderRun.h"

namespace phloxine {

// <folder>/<dense|sparse>/g<group>_<tile>.png, groups of two tiles each, 48 px.
inline void writeTissue(const std::filesystem::path& folder, int groups = 6) {
    for (const auto* name : {"dense", "sparse"}) {
        std::filesystem::create_directories(folder / name);
        FieldSettings field;
        field.sidePx = 48, field.nuclei = std::string(name) == "dense" ? 16 : 4, field.stain = std::string(name) == "dense" ? 1.2 : 0.7;
        for (int g = 0; g < groups; ++g)
            for (int i = 0; i < 2; ++i)
                writePng(folder / name / ((g < 10 ? "g00" : "g0") + std::to_string(g) + "_" + std::to_string(i) + ".png"),
                         renderField(field, std::uint64_t(field.nuclei * 100 + g * 10 + i)));
    }
}

inline Json smallData() { return {{"tile_px", 48}, {"group_pattern", "^g([0-9]+)_"}, {"hold_out", "3$"}}; }

inline Json smallAutoencoder() {
    return {{"format", "phloxine-recipe/1"},
            {"kind", "autoencoder"},
            {"data", smallData()},
            {"patch", 8},
            {"z_channels", 4},
            {"norm_num_groups", 4},
            {"decoder_widths", {8, 8, 8}},
            {"steps", 6},
            {"warm_up_steps", 2},
            {"batch", 2},
            {"crop_px", 32},
            {"precision", "fp32"}};
}

inline Json smallDiffusion(const std::string& autoencoder, int steps = 12) {
    return {{"format", "phloxine-recipe/1"},
            {"kind", "diffusion"},
            {"data", smallData()},
            {"model",
             {{"id", "small"},
              {"autoencoder", autoencoder},
              {"unet",
               {{"model_channels", 16},
                {"channel_mult", {1, 2}},
                {"attention_resolutions", {2}},
                {"num_head_channels", 16},
                {"norm_num_groups", 8}}},
              {"text", {{"width", 16}, {"layers", 1}, {"heads", 2}, {"max_length", 8}}}}},
            {"optimiser", {{"warm_up_steps", 2}, {"emas", {0.9, 0.99}}, {"model_ema", 0.9}}},
            {"watch",
             {{"checkpoint_every", 4},
              {"validate_every", 6},
              {"samples_every", 12},
              {"validation_tiles", 4},
              {"samples_per_class", 1},
              {"sample_steps", 2}}},
            {"steps", steps},
            {"batch", 4},
            {"precision", "fp32"}};
}

inline void makeAutoencoder(const std::filesystem::path& tissue, const std::filesystem::path& folder) {
    AutoencoderRun run(autoencoderRecipeFromJson(smallAutoencoder(), "small"), tissue, folder, false);
    while (!run.finished()) (void)run.step();
    (void)run.finish();
}

} // namespace phloxine
