#pragma once
// A scale in words, always with where it came from.
#include <QString>

#include "core/image/Image.h"
#include "ui/widgets/Badge.h"

namespace phloxine::ui {

QString scaleText(const Scale& scale); // "0.499 um/px" with the proper sign, or "Not known"
QString scaleSourceText(ScaleSource source);
Tone toneOf(ScaleSource source);

} // namespace phloxine::ui
