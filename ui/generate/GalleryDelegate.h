#pragma once
// A card of the gallery: picture in a dashed frame, swatch, end of the seed; a bar while the tile forms.
#include <QStyledItemDelegate>

#include "ui/generate/ModelCards.h"

namespace phloxine::ui {

struct GalleryCard;

class GalleryDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void paintPicture(QPainter& painter, const QRect& rect, const GalleryCard& card) const;
    void paintNearCopy(QPainter& painter, const QRect& line, double distance) const;
    void paintState(QPainter& painter, const QRect& line, const GalleryCard& card) const;

    SharedCards m_cards = std::make_shared<ModelCards>();
};

} // namespace phloxine::ui
