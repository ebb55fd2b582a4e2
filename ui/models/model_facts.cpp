#include "ui/models/model_facts.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QLocale>

#include "core/base/Error.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace fs = std::filesystem;

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::ModelsPage)
};

bool offers(const ModelCard& card, const char* condition) {
    return std::count(card.conditions.begin(), card.conditions.end(), condition) > 0;
}

// A file that goes while it is counted is not counted.
qint64 bytesOf(const fs::path& path) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) return qint64(fs::file_size(path, error));
    qint64 bytes = 0;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        std::error_code gone;
        if (const auto size = it->is_regular_file(gone) ? it->file_size(gone) : 0; !gone) bytes += qint64(size);
    }
    return bytes;
}
} // namespace

QString ModelFacts::path() const { return fromUtf8(entry.path.string()); }

QString userModelFolder() {
    try {
        return fromUtf8(ModelStore::userRoot().string());
    } catch (const Error&) { return {}; } // no home folder
}

std::vector<ModelFacts> factsOf(const ModelStore& store) {
    const fs::path own = userModelFolder().toStdString();
    std::vector<ModelFacts> all;
    for (auto& entry : store.list()) {
        const bool mine = entry.path.parent_path().lexically_normal() == own.lexically_normal();
        const qint64 bytes = bytesOf(entry.path);
        all.push_back({std::move(entry), mine, bytes});
    }
    std::stable_partition(all.begin(), all.end(), [](const ModelFacts& facts) { return !facts.own; });
    return all;
}

QString originText(const ModelFacts& facts) { return facts.own ? Words::tr("Added by you") : Words::tr("Comes with Phloxine"); }

QString conditionText(const ModelCard& card) {
    QStringList words;
    if (offers(card, "class")) words += Words::tr("Tissue class");
    if (offers(card, "text")) words += words.isEmpty() ? Words::tr("Text") : Words::tr("text", "after another condition");
    if (offers(card, "vector")) words += words.isEmpty() ? Words::tr("Feature vectors") : Words::tr("vectors", "after another condition");
    return words.isEmpty() ? Words::tr("Nothing") : QLocale().createSeparatedList(words);
}

QString conditionSize(const ModelCard& card) {
    const int classes = int(card.classes.size());
    if (offers(card, "class") && classes) return classes == 1 ? Words::tr("1 class") : Words::tr("%n classes", nullptr, classes);
    if (offers(card, "text")) return Words::tr("%n tokens", nullptr, card.maxTokens);
    return {};
}

QString tileText(const ModelCard& card) { return Words::tr("%1\u00a0px").arg(card.tileSizePx); }

QString tileWidthText(const ModelCard& card) {
    if (!card.scale.known()) return {};
    return Words::tr("%1\u00a0\u00b5m wide").arg(std::lround(card.scale.micronsPerPixel * card.tileSizePx));
}

QString licenceText(const ModelCard& card) { return card.licence.empty() ? Words::tr("Not stated") : fromUtf8(card.licence); }

QString sizeText(qint64 bytes) { return QLocale().formattedDataSize(bytes, bytes < 1'000'000'000 ? 0 : 1, QLocale::DataSizeSIFormat); }

QString modelCountText(int count) { return count == 1 ? Words::tr("1 model") : Words::tr("%n models", nullptr, count); }

} // namespace phloxine::ui
