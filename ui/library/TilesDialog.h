#pragma once
// One tile large, or two side by side at one scale with what differs in how they were made.
#include <vector>

#include <QDialog>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

namespace phloxine::ui {

// Sizes of two pictures, in logical pixels, at which a micrometre is equally long in both and the larger side is `side`. Without a scale
// in both files a pixel is.
std::pair<QSize, QSize> equalScale(const TileRecord& left, const TileRecord& right, int side);

class TilesDialog : public QDialog {
    Q_OBJECT
public:
    TilesDialog(const std::vector<TileRecord>& tiles, const ModelCards& cards, QWidget* parent = nullptr);

private:
    QWidget* picture(const TileRecord& tile, QSize size, const ModelCards& cards);
    QWidget* table(const TileRecord& left, const TileRecord& right);
};

} // namespace phloxine::ui
