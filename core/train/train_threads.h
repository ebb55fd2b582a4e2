#pragma once

namespace phloxine {

// Threads of the computation from now on, in this thread. Part of what makes a training repeatable.
void setTrainingThreads(int threads);

} // namespace phloxine
