#include "ui/library/CardGrid.h"

#include <algorithm>

namespace phloxine::ui {

namespace {
constexpr int stepX = CardGrid::cardWidth + CardGrid::gap, stepY = CardGrid::cardHeight + CardGrid::gap;
} // namespace

int CardGrid::columns() const { return std::max(1, (width - 2 * margin + gap) / stepX); }
int CardGrid::rows() const { return (count + columns() - 1) / columns(); }
int CardGrid::height() const { return rows() == 0 ? 0 : 2 * margin + rows() * stepY - gap; }

QRect CardGrid::card(int index) const {
    return {margin + index % columns() * stepX, margin + index / columns() * stepY, cardWidth, cardHeight};
}

int CardGrid::at(QPoint point) const {
    const QPoint inside = point - QPoint(margin, margin);
    if (inside.x() < 0 || inside.y() < 0) return -1;
    const int column = inside.x() / stepX, index = inside.y() / stepY * columns() + column;
    return column < columns() && index < count && card(index).contains(point) ? index : -1;
}

std::pair<int, int> CardGrid::shown(int top, int height) const {
    const int first = std::max(0, (top - margin) / stepY), behind = std::max(0, (top + height - margin) / stepY + 1);
    return {std::min(count, first * columns()), std::min(count, behind * columns())};
}

int CardGrid::moved(int from, Move move, int pageHeight) const {
    if (count == 0) return -1;
    const int page = std::max(1, pageHeight / stepY) * columns();
    const auto by = [&](int step) { // a step that would leave the grid goes to its edge in the same column, as far as there is one
        if (from + step >= 0 && from + step < count) return from + step;
        if (std::abs(step) < columns()) return from;
        const int column = from % columns();
        if (step < 0) return column;
        const int last = (count - 1) / columns() * columns() + column;
        return last < count ? last : std::max(from, last - columns());
    };
    if (from < 0) return move == Move::Last ? count - 1 : 0;
    switch (move) {
    case Move::Left:
        return by(-1);
    case Move::Right:
        return by(1);
    case Move::Up:
        return from < columns() ? from : from - columns();
    case Move::Down: // from the row before the last also where the last row is shorter
        return from / columns() == (count - 1) / columns() ? from : std::min(count - 1, from + columns());
    case Move::PageUp:
        return by(-page);
    case Move::PageDown:
        return by(page);
    case Move::First:
        return 0;
    case Move::Last:
        break;
    }
    return count - 1;
}

int CardGrid::topToShow(int index, int top, int height) const {
    const QRect wanted = card(index).adjusted(0, -gap, 0, gap);
    if (wanted.top() < top) return std::max(0, wanted.top());
    return wanted.bottom() > top + height ? wanted.bottom() - height : top;
}

} // namespace phloxine::ui
