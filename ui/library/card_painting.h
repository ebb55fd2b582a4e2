#pragma once
// A card of the library: picture in a dashed frame, star and cross, artefact tag; class and end of the seed; distance to the nearest
// training tile.
#include <optional>

#include <QFont>
#include <QImage>
#include <QRect>

#include "ui/generate/ModelCards.h"
#include "ui/library/LibraryModel.h"

class QPainter;

namespace phloxine::ui {

struct TileCard {
    const LibraryTile* tile = nullptr; // null: not read yet
    QImage picture;
    bool exact = false, unreadable = false;
    bool selected = false, current = false, focus = false, hover = false;
    std::optional<double> nearLimit; // a distance below it is a near copy; none: not known
};

constexpr int cardPictureSide = 134;
void paintTileCard(QPainter& painter, const QRect& area, const TileCard& card, const ModelCards& cards, const QFont& font);

// "Synthetic tile, lung squamous cell carcinoma, seed 412907733, starred, nearest 0.41, not a copy"
QString spokenCard(const LibraryTile& tile, const ModelCards& cards, std::optional<double> nearLimit);
QString tagWord(const std::string& tag); // "Blur"
const std::vector<std::string>& artefactTags();

} // namespace phloxine::ui
