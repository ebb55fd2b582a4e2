#pragma once
// What the page says of a model from its card and its folder alone; nothing is loaded.
#include <vector>

#include <QString>

#include "core/model/ModelStore.h"

namespace phloxine::ui {

struct ModelFacts {
    ModelEntry entry;
    bool own = false; // the user's; the others come with the program
    qint64 bytes = 0; // on disk

    QString path() const;
    const ModelCard& card() const { return entry.card; }
};

std::vector<ModelFacts> factsOf(const ModelStore& store); // in the order of the table: those of the program first
QString userModelFolder();                                // empty where there is no home folder

QString originText(const ModelFacts& facts);
QString conditionText(const ModelCard& card); // "Tissue class, text"
QString conditionSize(const ModelCard& card); // "5 classes", "77 tokens"
QString tileText(const ModelCard& card);      // "224 px"
QString tileWidthText(const ModelCard& card); // "157 um wide" with the proper sign; empty when the scale is not known
QString licenceText(const ModelCard& card);
QString sizeText(qint64 bytes);
QString modelCountText(int count);

} // namespace phloxine::ui
