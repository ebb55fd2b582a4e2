#pragma once
// Differences of pictures [n, 3, h, w] in -1..1 that a mean error does not see, without any trained network.
#include <ATen/ATen.h>

namespace phloxine {

at::Tensor gradientLoss(const at::Tensor& made, const at::Tensor& real); // mean absolute error of the differences of neighbours

// One minus the contrast and structure term of SSIM (Wang et al. 2004) over windows of 7 x 7, the mean over sizes 1, 1/2 and 1/4 as
// multi-scale SSIM takes them: blurring costs even where the mean colour is right.
at::Tensor structureLoss(const at::Tensor& made, const at::Tensor& real);

// The contrast term of SSIM in three directions at three sizes: fine texture must be as strong as in the real tile, wherever its grains
// lie. The finest frequencies are left out: a network that shuffles pixels would fill them with lines two pixels apart.
at::Tensor textureLoss(const at::Tensor& made, const at::Tensor& real);

// Energy of lines two pixels apart, of a grey picture: networks that shuffle pixels draw them, and tissue has next to none.
double lineEnergy(const at::Tensor& picture); // [1, 3, h, w]

} // namespace phloxine
