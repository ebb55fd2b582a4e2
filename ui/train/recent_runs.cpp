#include "ui/train/recent_runs.h"

#include <algorithm>

#include <QCryptographicHash>

#include "ui/shell/settings.h"

namespace phloxine::ui {

namespace {
constexpr std::size_t most = 8;
const QString group = QStringLiteral("train/runs");

// Of what decides the cost of an image.
QString speedKey(Recipe recipe) {
    std::visit(
        [](auto& r) {
            std::decay_t<decltype(r)> plain;
            plain.data.tileSizePx = r.data.tileSizePx, plain.batch = r.batch, plain.precision = r.precision;
            if constexpr (requires { r.model; }) plain.model = r.model, plain.model.title.clear(), plain.optimiser.emas = r.optimiser.emas;
            else plain.patch = r.patch, plain.decoderWidths = r.decoderWidths, plain.cropPx = r.cropPx, plain.zChannels = r.zChannels;
            r = plain;
        },
        recipe);
    const auto sum = QCryptographicHash::hash(textOf(recipe).toUtf8(), QCryptographicHash::Sha256).toHex().left(16);
    return QStringLiteral("train/speed/") + QString::fromLatin1(sum);
}
} // namespace

std::vector<RecentRun> recentRuns() {
    std::vector<RecentRun> runs;
    const auto settings = openSettings();
    const int count = settings->beginReadArray(group);
    for (int i = 0; i < count; ++i) {
        settings->setArrayIndex(i);
        const auto word = [&](const char* key) { return settings->value(QString::fromLatin1(key)).toString(); };
        runs.push_back({word("folder"), word("data"), word("captions")});
    }
    settings->endArray();
    return runs;
}

RecentRun recentRun(const QString& folder) {
    for (const auto& run : recentRuns())
        if (run.folder == folder) return run;
    return {folder, {}, {}};
}

void rememberRecentRun(const RecentRun& run) {
    auto runs = recentRuns();
    RecentRun first = run;
    const auto known = std::find_if(runs.begin(), runs.end(), [&](const auto& r) { return r.folder == run.folder; });
    if (known != runs.end()) {
        if (first.data.isEmpty()) first.data = known->data;
        if (first.captions.isEmpty()) first.captions = known->captions;
        runs.erase(known);
    }
    runs.insert(runs.begin(), first);
    if (runs.size() > most) runs.resize(most);
    const auto settings = openSettings();
    settings->beginWriteArray(group, int(runs.size()));
    for (int i = 0; i < int(runs.size()); ++i) {
        settings->setArrayIndex(i);
        settings->setValue(QStringLiteral("folder"), runs[std::size_t(i)].folder);
        settings->setValue(QStringLiteral("data"), runs[std::size_t(i)].data);
        settings->setValue(QStringLiteral("captions"), runs[std::size_t(i)].captions);
    }
    settings->endArray();
}

double knownSpeed(const Recipe& recipe) { return openSettings()->value(speedKey(recipe), 0).toDouble(); }
void rememberSpeed(const Recipe& recipe, double imagesPerSecond) { openSettings()->setValue(speedKey(recipe), imagesPerSecond); }

} // namespace phloxine::ui
