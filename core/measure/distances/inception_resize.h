#pragma once
// The three published ways to bring images to the 299 x 299 pixels of Inception. Distances are comparable only within one of them.
#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace phloxine {

struct InceptionResize {
    const char *id, *title;
    // [n, 3, h, w] with values 0..255 -> float32 [n, 3, 299, 299], still 0..255
    at::Tensor (*resize)(const at::Tensor& bytes);
    double shift, scale; // network input = (value - shift) / scale
};

// pytorch-fid: bilinear of PyTorch, half-pixel centres, no antialias. tf1: bilinear of TensorFlow 1 as torch-fidelity repeats it, corners
// aligned at the top left alone. cleanfid: Pillow's bicubic with antialias, in float, clipped (Parmar et al. 2022).
const std::vector<InceptionResize>& inceptionResizes();
const InceptionResize& findInceptionResize(const std::string& id); // Error(WrongUse) naming the known ones

// uint8 or float [n, 3, h, w], 0..255 -> what Inception reads.
at::Tensor inceptionInput(const at::Tensor& bytes, const InceptionResize& resize);

} // namespace phloxine
