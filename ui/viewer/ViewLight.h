#pragma once
// The light in which a pane shows tissue: what an eye changes at a microscope, never what is exported or measured. A plain value.
#include <QImage>

namespace phloxine::ui {

struct ViewLight {
    // Shown alone, by the stains of Ruifrok and Johnston: what absorbs at all (optical density, 2 is black), one stain in its own
    // colour, or as grey what neither stain explains.
    enum class Stain { All, Density, Haematoxylin, Eosin, Residual };
    Stain stain = Stain::All;
    int brightness = 0, contrast = 0; // -100..100
    double gamma = 1;                 // 0.2..5; above 1 lifts the dark
    bool operator==(const ViewLight&) const = default;
};

ViewLight::Stain nextStain(ViewLight::Stain stain); // round in a circle
QString stainName(ViewLight::Stain stain);          // "Haematoxylin only"; empty for All

// The picture in this light; the same pixels in the neutral one. RGB32. Values out of range count as the nearest.
QImage lit(const QImage& picture, const ViewLight& light);

} // namespace phloxine::ui
