#include "ui/generate/words.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QLocale>

#include "ui/viewer/overlay_painting.h"

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::GeneratePage)
};
} // namespace

QString groupedSeed(quint64 seed) { return groupedNumber(qint64(seed)); }

QString seedEnding(quint64 seed) {
    return seed < 1000 ? QString::number(seed) : QStringLiteral("\u2026%1").arg(seed % 1000, 3, 10, QLatin1Char('0'));
}

// English has no plural file, so its one special case is made here; translations use the second text's plural forms.
QString tilesText(int count) { return count == 1 ? Words::tr("1 tile") : Words::tr("%n tiles", nullptr, count); }

QString durationText(double seconds) {
    const int whole = std::max(1, int(std::lround(seconds)));
    if (whole < 60) return Words::tr("%1\u00a0s").arg(whole);
    if (whole < 600) return Words::tr("%1\u00a0min %2\u00a0s").arg(whole / 60).arg(whole % 60 / 10 * 10);
    return Words::tr("%1\u00a0min").arg(std::lround(whole / 60.0));
}

QString memoryText(double bytes) {
    const double gigabytes = std::max(0.1, bytes / 1e9);
    return Words::tr("%1\u00a0GB").arg(QLocale().toString(gigabytes, 'f', gigabytes < 99.95 ? 1 : 0));
}

QString guidanceText(double guidance) { return guidance == 1 ? Words::tr("off") : QLocale().toString(guidance, 'g', 3); }

QString distanceText(double distance) { return QLocale().toString(distance, 'f', 2); }

QString nearestText(const std::optional<NearestTraining>& nearest) {
    if (!nearest || !nearest->checked()) return {};
    return (nearest->nearCopy() ? Words::tr("near copy %1") : Words::tr("nearest %1, not a copy")).arg(distanceText(nearest->distance));
}

Subject subjectOf(const GenerateRequest& request, const ModelCard& card) {
    const QColor grey(0x88, 0x88, 0x88);
    if (!request.vector.empty()) return {Words::tr("Vec."), fromUtf8(request.vector.filename().string()), grey};
    if (request.classId.empty() && request.prompt.empty()) return {Words::tr("Free"), Words::tr("Not guided"), grey};
    if (request.classId.empty()) return {Words::tr("Text"), fromUtf8(request.prompt), grey};
    const TissueClass* found = card.findClass(request.classId);
    if (!found) return {fromUtf8(request.classId).left(2).toUpper(), fromUtf8(request.classId), grey};
    return {fromUtf8(found->code), fromUtf8(found->label), QColor(fromUtf8(found->colour))};
}

} // namespace phloxine::ui
