#pragma once
// What the window says about an error: a heading that tells what happened, and at most one thing to do about it.
#include <QString>

#include "core/base/Error.h"

namespace phloxine::ui {

enum class ErrorAction { None, TryAgain, OpenTileFolder, FewerTiles };

struct ErrorText {
    QString heading; // one sentence
    ErrorAction action = ErrorAction::None;
    QString actionText; // empty when there is none
};

ErrorText errorText(ErrorCode code);
QString detailsText(ErrorCode code, const QString& context); // for "Show details"

} // namespace phloxine::ui
