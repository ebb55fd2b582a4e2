#include "ui/bridge/error_text.h"

#include <QCoreApplication>

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::ErrorText)
};

ErrorText plain(const QString& heading) { return {heading, ErrorAction::None, {}}; }
ErrorText again(const QString& heading) { return {heading, ErrorAction::TryAgain, Words::tr("Try again")}; }
} // namespace

// No default branch: the compiler names a code that has no sentence.
ErrorText errorText(ErrorCode code) {
    switch (code) {
    case ErrorCode::Truncated:
        return plain(Words::tr("A file ends too early, so part of it is missing."));
    case ErrorCode::NotAModel:
        return plain(Words::tr("This file is not a model that Phloxine knows."));
    case ErrorCode::Unsafe:
        return plain(Words::tr("This file could run code, so Phloxine did not open it."));
    case ErrorCode::Corrupt:
        return plain(Words::tr("A file is damaged and cannot be read."));
    case ErrorCode::LegacyFormat:
        return plain(Words::tr("This model is in an old format that Phloxine does not read."));
    case ErrorCode::Dtype:
        return plain(Words::tr("The model holds numbers of a kind that Phloxine does not read."));
    case ErrorCode::Shape:
        return plain(Words::tr("The weights of the model do not fit its description."));
    case ErrorCode::MissingKey:
        return plain(Words::tr("Weights are missing from the model."));
    case ErrorCode::Nan:
        return plain(Words::tr("The model holds numbers that are not valid."));
    case ErrorCode::Yaml:
        return plain(Words::tr("The description of the model cannot be read."));
    case ErrorCode::Unsupported:
        return plain(Words::tr("Phloxine cannot work with this file."));
    case ErrorCode::OutOfMemory:
        return {Words::tr("The memory was full, so the run stopped."), ErrorAction::FewerTiles, Words::tr("Generate one tile")};
    case ErrorCode::DeviceLost:
        return plain(Words::tr("The GPU stopped, and with it the run."));
    case ErrorCode::DiskFull:
        return {Words::tr("The disk is full, so the run stopped."), ErrorAction::OpenTileFolder, Words::tr("Open tile folder")};
    case ErrorCode::ReadOnly:
        return again(Words::tr("The folder cannot be written to."));
    case ErrorCode::Exists:
        return plain(Words::tr("Something else is in this place already, and nothing was overwritten."));
    case ErrorCode::Busy:
        return again(Words::tr("Another program is at work in this place."));
    case ErrorCode::NotFound:
        return again(Words::tr("A file that is needed is not there."));
    case ErrorCode::WrongUse:
        return plain(Words::tr("These settings do not go together."));
    case ErrorCode::Internal:
        return again(Words::tr("An unexpected fault stopped the run."));
    }
    return again(Words::tr("An unexpected fault stopped the run."));
}

QString detailsText(ErrorCode code, const QString& context) {
    const auto word = toString(code);
    const QString name = QString::fromUtf8(word.data(), qsizetype(word.size()));
    return context.isEmpty() ? Words::tr("Code: %1").arg(name) : Words::tr("Code: %1\n%2").arg(name, context);
}

} // namespace phloxine::ui
