#include "ui/generate/words.h"

#include <cmath>

#include <QCoreApplication>
#include <QLabel>
#include <QLocale>

#include "core/generate/Generator.h"
#include "ui/viewer/overlay_painting.h"

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::GeneratePage)
};
} // namespace

QString fromUtf8(const std::string& text) { return QString::fromStdString(text); }

QString groupedSeed(quint64 seed) { return groupedNumber(qint64(seed)); }

QString seedEnding(quint64 seed) {
    return seed < 1000 ? QString::number(seed) : QStringLiteral("\u2026%1").arg(seed % 1000, 3, 10, QLatin1Char('0'));
}

QString scaleText(const Scale& scale) {
    if (!scale.known()) return Words::tr("Not known");
    return Words::tr("%1\u00a0\u00b5m/px").arg(QLocale().toString(scale.micronsPerPixel, 'g', 3));
}

QString scaleSourceText(ScaleSource source) {
    switch (source) {
    case ScaleSource::Unknown:
        return Words::tr("Unknown");
    case ScaleSource::Property:
    case ScaleSource::Tags:
        return Words::tr("From the slide file");
    case ScaleSource::User:
        return Words::tr("Set by you");
    case ScaleSource::Model:
        return Words::tr("From the model");
    case ScaleSource::Assumed:
        return Words::tr("Assumed");
    }
    return {};
}

// English has no plural file, so its one special case is made here; translations use the second text's plural forms.
QString tilesText(int count) { return count == 1 ? Words::tr("1 tile") : Words::tr("%n tiles", nullptr, count); }

QString durationText(double seconds) {
    const int whole = std::max(1, int(std::lround(seconds)));
    if (whole < 60) return Words::tr("%1\u00a0s").arg(whole);
    if (whole < 600) return Words::tr("%1\u00a0min %2\u00a0s").arg(whole / 60).arg(whole % 60 / 10 * 10);
    return Words::tr("%1\u00a0min").arg(std::lround(whole / 60.0));
}

QString guidanceText(double guidance) { return guidance == 1 ? Words::tr("off") : QLocale().toString(guidance, 'g', 3); }

QString samplerTitle(const std::string& id) {
    for (const auto& row : samplerRows())
        if (row.id == id) return fromUtf8(row.title);
    return fromUtf8(id);
}

QString samplingText(const GenerateRequest& request) {
    return Words::tr("%1, %n steps, %2", nullptr, request.steps).arg(samplerTitle(request.sampler), guidanceText(request.guidance));
}

Subject subjectOf(const GenerateRequest& request, const ModelCard& card) {
    if (request.classId.empty()) return {Words::tr("Text"), fromUtf8(request.prompt), QColor(0x88, 0x88, 0x88)};
    const TissueClass* found = card.findClass(request.classId);
    if (!found) return {fromUtf8(request.classId).left(2).toUpper(), fromUtf8(request.classId), QColor(0x88, 0x88, 0x88)};
    return {fromUtf8(found->code), fromUtf8(found->label), QColor(fromUtf8(found->colour))};
}

QLabel* sectionHead(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("section"));
    return label;
}

QLabel* mutedLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QStringLiteral("secondary"));
    label->setTextFormat(Qt::PlainText);
    return label;
}

void setElided(QLabel& label, const QString& text, int width, Qt::TextElideMode mode) {
    const QString shown = label.fontMetrics().elidedText(text, mode, width);
    label.setText(shown);
    label.setToolTip(shown == text ? QString() : text);
    label.setAccessibleName(text);
}

} // namespace phloxine::ui
