#include "ui/generate/sampling_words.h"

#include <QCoreApplication>

#include "core/generate/Generator.h"
#include "ui/generate/words.h"

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::GeneratePage)
};
} // namespace

QString samplerTitle(const std::string& id) {
    for (const auto& row : samplerRows())
        if (row.id == id) return fromUtf8(row.title);
    return fromUtf8(id);
}

QString samplingText(const GenerateRequest& request) {
    return Words::tr("%1, %n steps, %2", nullptr, request.steps).arg(samplerTitle(request.sampler), guidanceText(request.guidance));
}

} // namespace phloxine::ui
