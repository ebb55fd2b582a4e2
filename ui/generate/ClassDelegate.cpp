#include "ui/generate/ClassDelegate.h"

#include <algorithm>

#include <QLocale>
#include <QPainter>

#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr int rowHeight = 32, edge = 10, swatchWidth = 30, swatchHeight = 20, columnGap = 8;
} // namespace

void ClassDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    painter->save();
    const QRect row = option.rect;
    const bool selected = option.state & QStyle::State_Selected;
    if (selected) {
        painter->fillRect(row, theme().soft);
        painter->fillRect(QRect(row.left(), row.top(), 3, row.height()), theme().accent);
    } else if (option.state & QStyle::State_MouseOver) {
        painter->fillRect(row, theme().hover);
    }
    const QRect swatch(row.left() + edge, row.center().y() - swatchHeight / 2 + 1, swatchWidth, swatchHeight);
    paintClassSwatch(*painter, swatch, index.data(classCodeRole).toString(), index.data(classColourRole).value<QColor>());

    QFont font = option.font;
    const qint64 tiles = index.data(classTilesRole).toLongLong();
    const QString count = tiles > 0 ? QLocale().toString(tiles) : QString();
    const QRect text = row.adjusted(edge + swatchWidth + columnGap, 0, -edge, 0);
    painter->setFont(font);
    painter->setPen(theme().text2);
    painter->drawText(text, Qt::AlignVCenter | Qt::AlignRight, count);
    const int countWidth = count.isEmpty() ? 0 : painter->fontMetrics().horizontalAdvance(count) + columnGap;
    font.setWeight(selected ? QFont::DemiBold : QFont::Normal);
    painter->setFont(font);
    painter->setPen(theme().text);
    const QString name = painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, text.width() - countWidth);
    painter->drawText(text, Qt::AlignVCenter | Qt::AlignLeft, name);
    if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange) {
        painter->setPen(QPen(theme().accent, 1));
        painter->drawRect(row.adjusted(0, 0, -1, -1));
    }
    painter->restore();
}

QSize ClassDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    return {160, std::max(rowHeight, option.fontMetrics.height() + 12)};
}

} // namespace phloxine::ui
