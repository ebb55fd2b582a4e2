#include "ui/widgets/FlowLayout.h"

#include <algorithm>

#include <QWidget>

namespace phloxine::ui {

FlowLayout::FlowLayout(int gap, int leastWidth, QWidget* parent) : QLayout(parent), m_gap(gap), m_leastWidth(leastWidth) {
    setContentsMargins(0, 0, 0, 0);
}

FlowLayout::~FlowLayout() {
    for (auto* item : m_items) delete item;
}

QLayoutItem* FlowLayout::itemAt(int index) const { return index >= 0 && index < count() ? m_items[std::size_t(index)] : nullptr; }

QLayoutItem* FlowLayout::takeAt(int index) {
    auto* item = itemAt(index);
    if (item) m_items.erase(m_items.begin() + index);
    return item;
}

QSize FlowLayout::minimumSize() const {
    QSize size(m_leastWidth, 0);
    for (const auto* item : m_items) size = size.expandedTo(item->minimumSize());
    return size;
}

void FlowLayout::setGeometry(const QRect& area) {
    QLayout::setGeometry(area);
    arrange(area, true);
}

int FlowLayout::arrange(const QRect& area, bool place) const {
    int x = area.left(), y = area.top(), row = 0;
    const bool mirrored = parentWidget() && parentWidget()->layoutDirection() == Qt::RightToLeft;
    for (auto* item : m_items) {
        if (item->isEmpty()) continue;
        QSize size = item->sizeHint();
        size.setWidth(std::min(size.width(), area.width()));
        if (x > area.left() && x + size.width() > area.left() + area.width()) x = area.left(), y += row + m_gap, row = 0;
        if (place) item->setGeometry({QPoint(mirrored ? area.right() - (x - area.left()) - size.width() + 1 : x, y), size});
        x += size.width() + m_gap;
        row = std::max(row, size.height());
    }
    return y + row - area.top();
}

} // namespace phloxine::ui
