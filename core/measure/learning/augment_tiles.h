#pragma once
// Random changes of tiles that leave the tissue what it is: how it lay under the microscope, how it was cut out, stained and stored.
#include <ATen/ATen.h>

#include "core/base/Dice.h"

namespace phloxine {

struct Augmentation {
    bool orientations = false; // the 8 of a square, each as likely
    double turnDegrees = 0;    // at most, either way, of every second tile
    double zoom = 1;           // the smallest share of the side that a cut-out keeps
    double stain = 0;          // spread of the amounts of haematoxylin, eosin and the rest, and of the channels' densities: log scale
    double grey = 0;           // the share of tiles that lose their colour ...
    double blur = 0;           // ... are blurred ...
    double jpeg = 0;           // ... and are quantised in the blocks of a JPEG
};

Augmentation noAugmentation();
Augmentation classicalAugmentation(); // what a careful pathologist's pipeline does: orientations, mild zoom and stain
Augmentation strongAugmentation();    // for fingerprints that shall survive all of it

// pixels [n, 3, h, w] bytes -> [n, 3, sizePx, sizePx] float32, 0..1. Without a geometric change larger pictures are reduced by area.
at::Tensor augmentTiles(const at::Tensor& pixels, int sizePx, const Augmentation& how, Dice& dice);

// Optical density of haematoxylin of [n, 3, h, w] in 0..1 -> [n, 1, h, w], by the fixed stain vectors of Ruifrok and Johnston,
// "Quantification of histochemical staining by color deconvolution", 2001.
at::Tensor haematoxylinOf(const at::Tensor& rgb);

} // namespace phloxine
