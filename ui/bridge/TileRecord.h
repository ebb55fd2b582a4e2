#pragma once
// What the window keeps of a finished tile, and of a job that failed: plain values made on the worker thread.
#include <optional>

#include <QImage>
#include <QMetaType>
#include <QString>

#include "core/base/Error.h"
#include "core/generate/GenerateRequest.h"
#include "core/image/Image.h"
#include "core/measure/nearest_training.h"

namespace phloxine::ui {

inline constexpr int thumbnailSidePx = 192; // twice the size it is drawn at, for dense screens

struct TileRecord {
    QImage image;
    QImage thumbnail;
    GenerateRequest request; // resolved, for this tile alone
    double seconds = 0;
    QString file; // empty when not saved
    Scale scale;
    std::optional<NearestTraining> nearest = {}; // comes a moment after the tile
};

struct Failure {
    ErrorCode code = ErrorCode::Internal;
    QString message, context;
};

} // namespace phloxine::ui

Q_DECLARE_METATYPE(phloxine::ui::TileRecord)
Q_DECLARE_METATYPE(phloxine::ui::Failure)
