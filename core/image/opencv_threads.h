#pragma once

namespace phloxine {

// Our threads share the cores with the denoiser: OpenCV must not start a pool of its own. Said once in a process, before anything else of
// OpenCV, because saying it again while another thread is inside OpenCV crashes there.
void keepOpenCvOnThisThread();

} // namespace phloxine
