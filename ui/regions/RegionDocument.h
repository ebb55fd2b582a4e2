#pragma once
// The regions of the open slide, which of them is chosen, and what can be undone. A region never changes: an edit puts another in its
// place, so that what is drawn, kept and undone can share it.
#include <deque>
#include <memory>
#include <vector>

#include <QObject>
#include <QSizeF>

#include "core/region/Region.h"

namespace phloxine::ui {

inline constexpr double leastAreaPx = 1; // less is no region: a slip of the hand, or places on one line

inline constexpr std::size_t mostCheckedPlaces = 1000; // of a ring, for crossings: longer ones come from masks, which cross nothing

struct ShownRegion {
    Region region;
    SlideBox box;
    double areaPx = 0;
    bool outside = false; // of the slide, wholly
};
using RegionPtr = std::shared_ptr<const ShownRegion>;
using RegionList = std::vector<RegionPtr>;
RegionPtr shownRegion(Region region, QSizeF slideSize); // on any thread

class RegionDocument : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    void begin(QSizeF slideSize, RegionList regions = {}); // another slide: nothing can be undone any more
    QSizeF slideSize() const { return m_slideSize; }
    SlideBox slideBox() const { return {0, 0, m_slideSize.width(), m_slideSize.height()}; }

    const RegionList& regions() const { return m_regions; }
    int count() const { return int(m_regions.size()); }
    const ShownRegion* at(int index) const { return index >= 0 && index < count() ? m_regions[std::size_t(index)].get() : nullptr; }
    std::vector<Region> values() const;

    // Each is one step of undo and chooses what it made.
    void add(Region region); // gets an id of its own
    void addAll(const RegionList& regions);
    void replace(int index, Region region);
    void remove(int index);
    void removeAll();

    bool canUndo() const { return !m_before.empty(); }
    bool canRedo() const { return !m_after.empty(); }
    void undo();
    void redo();

    int chosen() const { return m_chosen; } // -1: none
    const ShownRegion* chosenRegion() const { return at(m_chosen); }
    void choose(int index);
    int indexAt(SlidePoint place) const; // the smallest region that holds it; -1: none

Q_SIGNALS:
    void changed(); // other regions
    void chosenChanged();

private:
    struct State {
        RegionList regions;
        int chosen = -1;
    };
    void step(RegionList regions, int chosen);
    void take(State state);

    QSizeF m_slideSize;
    RegionList m_regions;
    int m_chosen = -1;
    int m_nextId = 1;
    std::deque<State> m_before, m_after;
};

} // namespace phloxine::ui
