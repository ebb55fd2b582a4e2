#include "ui/widgets/scale_words.h"

#include <QCoreApplication>
#include <QLocale>

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::ScaleWords)
};
} // namespace

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

Tone toneOf(ScaleSource source) {
    switch (source) {
    case ScaleSource::Unknown:
        return Tone::Err;
    case ScaleSource::Assumed:
        return Tone::Warn;
    case ScaleSource::User:
        return Tone::Info;
    default:
        return Tone::Ok;
    }
}

} // namespace phloxine::ui
