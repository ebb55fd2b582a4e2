#pragma once
// How close a picture is to its original.
#include "core/image/Image.h"

namespace phloxine {

// Peak signal-to-noise ratio in decibels over all red, green and blue values, peak 255: 10 log10(255^2 / MSE); infinite for equal
// pictures. Error(WrongUse) when the sizes differ or a picture is empty.
double peakSignalToNoise(const Image& a, const Image& b);

// Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) of the luminance 0.299 R + 0.587 G + 0.114 B: Gaussian window of 11 x 11
// with sigma 1.5, K1 = 0.01, K2 = 0.03, L = 255, mean over the positions where the window lies inside. The same as scikit-image's
// structural_similarity(gaussian_weights=True, use_sample_covariance=False). Error(WrongUse) also below 11 x 11 pixels.
double structuralSimilarity(const Image& a, const Image& b);

} // namespace phloxine
