#pragma once
// The model in training: float32 masters of what is trained, the rest frozen, and the loss of a batch as a differentiable function of the
// masters. The computation may run in bfloat16: the masters are cast inside the graph.
#include <deque>
#include <set>

#include "core/model/Model.h"
#include "core/train/LoraFactors.h"
#include "core/train/TrainingSet.h"
#include "core/train/objective.h"

namespace phloxine {

// What guides each tile of a batch; an empty caption stands for no guidance, for models of classes too.
struct BatchConditions {
    std::vector<std::string> captions;
    std::vector<int> classes;
};

class TrainedModel {
public:
    // base: the model folder of the run. bf16 or fp32. What is trained, and what is frozen and read in steps, lies on the device.
    TrainedModel(const std::filesystem::path& base, const TrainRecipe& recipe, const TrainingSet& set, at::ScalarType precision,
                 at::Device device = at::kCPU);

    // Differentiable, contiguous; of the vocabulary the rows in use alone; of a LoRA its factors, and nothing else.
    const Weights& masters() const { return m_masters; }
    const NoiseSchedule& schedule() const { return m_schedule; }
    Prediction prediction() const { return m_prediction; }
    const Checkpoint& base() const { return m_base; } // in its file, on the CPU
    at::Device device() const { return m_device; }

    // Mean squared error of each tile, [n]; `weights` instead of the masters where given (a mean of them).
    at::Tensor losses(const NoisyBatch& batch, const BatchConditions& conditions, const Weights* weights = nullptr);

    // All weights under their full names, with those of the masters replaced, and a LoRA added; on the CPU.
    Checkpoint complete(const Weights& trained) const;
    const LoraFactors& lora() const { return m_lora; }
    std::int64_t frozenBytes() const; // in memory beside the masters in each step

private:
    struct TextState {
        at::Tensor tokens, vector, mask; // [n, length, width], [n, width], [n, length] where texts keep their own length
    };
    void keepEncoded(const std::string& text, const TextState& state);
    std::set<std::string> boundKeys() const;
    void chooseMasters(bool text, const TrainingSet& set, const TrainRecipe& recipe);
    void chooseFactors(bool text, const TrainRecipe& recipe);
    void bringToDevice();
    Binding binding() const;
    const Weights& read() const; // what steps read of the base, where they read it
    Weights adapted(const Weights& factors) const;
    nn::Context contextOf(const Weights& weights, const BatchConditions& conditions);
    nn::Context textContext(const Weights& weights, const std::vector<std::string>& captions);
    TextState encodeTexts(const Weights& weights, const std::vector<std::string>& captions) const;
    std::vector<std::int64_t> compactIds(std::vector<std::int64_t> ids) const;

    Checkpoint m_base, m_working;
    Weights m_masters;
    LoraFactors m_lora;
    Weights m_frozen; // beside a LoRA: what it does not adapt, the denoiser's in the precision of the computation
    NoiseSchedule m_schedule;
    Prediction m_prediction;
    at::ScalarType m_precision;
    at::Device m_device;
    Weights m_onDevice; // of m_base, what steps read beside masters and m_frozen, where that is another device; else empty
    bool m_trainText = false, m_pooled = false, m_recompute = false;
    at::Tensor m_rows;                            // of the vocabulary, that are masters
    std::map<std::int64_t, std::int64_t> m_rowOf; // token -> row of the compact table
    std::map<std::string, TextState> m_encoded;   // of a frozen text encoder
    std::deque<std::string> m_encodedOrder;       // the oldest first
    std::size_t m_encodedBytes = 0;
};

} // namespace phloxine
