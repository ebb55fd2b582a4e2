#pragma once
// How a tile was sampled, in words; apart from the others because the samplers have their names from core.
#include <QString>

#include "core/generate/GenerateRequest.h"

namespace phloxine::ui {

QString samplerTitle(const std::string& id);
QString samplingText(const GenerateRequest& request); // "DDIM, 50 steps, 1.75"

} // namespace phloxine::ui
