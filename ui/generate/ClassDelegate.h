#pragma once
// A row of the class list: swatch with the code, name, number of training tiles.
#include <QStyledItemDelegate>

namespace phloxine::ui {

// Roles of the items it draws; Qt::DisplayRole is the name.
enum ClassRole { classIdRole = Qt::UserRole, classCodeRole, classColourRole, classTilesRole };

class ClassDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace phloxine::ui
