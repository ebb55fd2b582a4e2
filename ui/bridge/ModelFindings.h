#pragma once
// What the worker found in a model folder or a checkpoint: plain values for the window.
#include <QMetaType>
#include <QString>
#include <QStringList>

namespace phloxine {
struct ModelReport;
}

namespace phloxine::ui {

struct ModelFindings {
    QStringList lines;     // sentences, without the one that repeats the card
    bool fits = false;     // every tensor that is needed is there
    QString problem;       // the sentence that says what does not fit; empty when all does
    QString problemKey;    // the tensor that it is about
    QStringList extraKeys; // tensors that nothing reads
    QString sha256;        // of the weights
    QString condition;     // "clip-text", "class", "vector", "none", "unsupported"
    int classes = 0;       // that the model can be asked for
    int tileSizePx = 0;
};

ModelFindings findingsOf(const ModelReport& report);

} // namespace phloxine::ui

Q_DECLARE_METATYPE(phloxine::ui::ModelFindings)
