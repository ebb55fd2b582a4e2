#pragma once
// Where the cards of the library lie: rows from left to right. Numbers only, in logical pixels of the whole, unscrolled content.
#include <utility>

#include <QPoint>
#include <QRect>

namespace phloxine::ui {

struct CardGrid {
    static constexpr int cardWidth = 144, cardHeight = 188, gap = 8, margin = 16;
    enum class Move { Left, Right, Up, Down, PageUp, PageDown, First, Last };

    int count = 0, width = 0;

    int columns() const;
    int rows() const;
    int height() const;
    QRect card(int index) const;
    int at(QPoint point) const;                           // -1 between the cards
    std::pair<int, int> shown(int top, int height) const; // first and one behind the last that can be seen
    int moved(int from, Move move, int pageHeight) const; // by key; the first where nothing was chosen
    int topToShow(int index, int top, int height) const;  // scrolled as little as possible
};

} // namespace phloxine::ui
