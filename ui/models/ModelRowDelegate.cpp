#include "ui/models/ModelRowDelegate.h"

#include <QPainter>

#include "ui/models/ModelTable.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {

constexpr int barWidth = 3, gap = 2;

void paintGround(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) {
    const QRect& cell = option.rect;
    if (option.state & QStyle::State_Selected) painter.fillRect(cell, theme().soft);
    else if (option.state & QStyle::State_MouseOver) painter.fillRect(cell, theme().hover);
    if (option.state & QStyle::State_Selected && index.column() == 0)
        painter.fillRect(QRect(cell.left(), cell.top(), barWidth, cell.height()), theme().accent);
    painter.fillRect(QRect(cell.left(), cell.bottom(), cell.width(), 1), theme().line);
}

QFont smaller(QFont font) {
    font.setPixelSize(12);
    return font;
}

} // namespace

void ModelRowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    painter->save();
    paintGround(*painter, option, index);
    const bool selected = option.state & QStyle::State_Selected;
    const QString first = index.data().toString(), second = index.data(secondLineRole).toString();
    const QVariant tone = index.data(badgeToneRole);
    const int align = index.data(Qt::TextAlignmentRole).toInt() & Qt::AlignHorizontal_Mask;
    QFont font = option.font;
    if (index.column() == ModelTable::Title) font.setWeight(QFont::DemiBold);
    const QFont small = smaller(option.font);
    const int firstHeight = QFontMetrics(font).height();
    const int secondHeight = second.isEmpty() ? 0
                             : tone.isValid() ? badgeSize({}, Tone::Neutral, option.font).height()
                                              : QFontMetrics(small).height();
    const QRect inside = option.rect.adjusted(edge, 0, -edge, -1);
    const int top = inside.center().y() - (firstHeight + (secondHeight ? gap + secondHeight : 0)) / 2;

    painter->setFont(font);
    painter->setPen(selected ? theme().softText : theme().text);
    painter->drawText(QRect(inside.left(), top, inside.width(), firstHeight), align | Qt::AlignVCenter,
                      painter->fontMetrics().elidedText(first, Qt::ElideRight, inside.width()));
    const QRect below(inside.left(), top + firstHeight + gap, inside.width(), secondHeight);
    if (tone.isValid() && !second.isEmpty()) {
        paintBadge(*painter, below.topLeft(), second, Tone(tone.toInt()), option.font);
    } else if (!second.isEmpty()) {
        painter->setFont(small);
        painter->setPen(selected ? theme().softText : theme().text2);
        painter->drawText(below, align | Qt::AlignVCenter, painter->fontMetrics().elidedText(second, Qt::ElideRight, below.width()));
    }
    painter->restore();
}

QSize ModelRowDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
    return {80, std::max(rowHeight, 2 * option.fontMetrics.height() + 18)};
}

} // namespace phloxine::ui
