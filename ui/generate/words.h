#pragma once
// Small sentences and numbers that several panels of the page write alike.
#include <optional>

#include <QColor>
#include <QString>

#include "core/generate/GenerateRequest.h"
#include "core/measure/nearest_training.h"
#include "core/model/ModelCard.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/scale_words.h"

namespace phloxine::ui {

QString groupedSeed(quint64 seed);     // "412 907 733", with no-break spaces
QString seedEnding(quint64 seed);      // "...733"
QString tilesText(int count);          // "1 tile", "8 tiles"
QString durationText(double seconds);  // "14 s", "2 min 10 s", "18 min"
QString memoryText(double bytes);      // "0.6 GB"
QString guidanceText(double guidance); // "off" at 1
QString distanceText(double distance); // "0.41"
// "nearest 0.41, not a copy", "near copy 0.08"; empty where it was not checked (yet).
QString nearestText(const std::optional<NearestTraining>& nearest);

// What a request asks for: the class of the card, or the prompt.
struct Subject {
    QString code, name;
    QColor colour;
};
Subject subjectOf(const GenerateRequest& request, const ModelCard& card);

} // namespace phloxine::ui
