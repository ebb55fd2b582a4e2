#pragma once
// What a checkpoint holds and what of it is used.
#include "core/model/Model.h"

namespace phloxine {

// Binds every part as it would be used and returns the keys that nothing reads, without those that are known to be of no use (schedule
// buffers, losses, position numbers, inception). The first tensor that is missing or of another shape ends it: Error(MissingKey | Shape).
std::vector<std::string> bindAll(const Checkpoint& checkpoint);

Weights trainable(const Weights& weights);            // without buffers, as a parameter count means it
int classCount(const ModelConfig& config);            // that can be asked for; 0 = not guided by classes
const char* conditionWord(const ModelConfig& config); // "clip-text", "class", "vector", "none"

} // namespace phloxine
