#pragma once
// A cell of the table of models: a line, and under it a smaller one or a badge. The chosen row is tinted, with a bar at its left.
#include <QStyledItemDelegate>

namespace phloxine::ui {

class ModelRowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    static constexpr int rowHeight = 56, edge = 12;

    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace phloxine::ui
