#pragma once
// Small sentences and numbers that several panels of the page write alike.
#include <QColor>
#include <QString>

#include "core/generate/GenerateRequest.h"
#include "core/model/ModelCard.h"

class QLabel;
class QWidget;

namespace phloxine::ui {

QString fromUtf8(const std::string& text);
QString groupedSeed(quint64 seed);     // "412 907 733", with no-break spaces
QString seedEnding(quint64 seed);      // "...733"
QString scaleText(const Scale& scale); // "0.499 um/px" with the proper sign, or "Unknown"
QString scaleSourceText(ScaleSource source);
QString tilesText(int count);          // "1 tile", "8 tiles"
QString durationText(double seconds);  // "14 s", "2 min 10 s", "18 min"
QString guidanceText(double guidance); // "off" at 1
QString samplerTitle(const std::string& id);
QString samplingText(const GenerateRequest& request); // "DDIM, 50 steps, 1.75"

// What a request asks for: the class of the card, or the prompt.
struct Subject {
    QString code, name;
    QColor colour;
};
Subject subjectOf(const GenerateRequest& request, const ModelCard& card);

QLabel* sectionHead(const QString& text, QWidget* parent);
QLabel* mutedLabel(const QString& text, QWidget* parent);
// A label that cuts its text at the end and shows the whole as tooltip.
void setElided(QLabel& label, const QString& text, int width, Qt::TextElideMode mode = Qt::ElideRight);

} // namespace phloxine::ui
