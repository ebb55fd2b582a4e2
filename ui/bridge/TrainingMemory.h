#pragma once
// What a training would hold in memory, in bytes, by the parts that the window shows.
#include <QMetaType>

namespace phloxine::ui {

struct TrainingMemory {
    qint64 weights = 0;     // with their running means
    qint64 optimiser = 0;   // with the gradients
    qint64 activations = 0; // and what else the steps need
    qint64 total() const { return weights + optimiser + activations; }
};

} // namespace phloxine::ui

Q_DECLARE_METATYPE(phloxine::ui::TrainingMemory)
