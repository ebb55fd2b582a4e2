#pragma once
// Read tiles of the slide that is open, by key, the least recently used thrown out when their bytes exceed the budget. Used by the GUI
// thread only. Tiles of another slide than the current one are stale and not taken.
#include <cstddef>
#include <list>
#include <unordered_map>

#include <QImage>

#include "ui/viewer/TilePyramid.h"

namespace phloxine::ui {

std::size_t tileBudgetBytes(std::size_t memoryBytes); // a quarter of the machine's memory, 256 MiB to 2 GiB

class TileCache {
public:
    explicit TileCache(std::size_t budgetBytes) : m_budget(budgetBytes) {}

    void begin(int slide);                               // forgets everything and takes tiles of `slide` only
    bool insert(const TileKey& key, const QImage& tile); // false: stale, or larger than the whole budget
    const QImage* find(const TileKey& key);              // null when not there; counts as a use
    bool contains(const TileKey& key) const { return m_entries.contains(key); }
    std::size_t bytes() const { return m_bytes; }
    std::size_t budget() const { return m_budget; }
    std::size_t count() const { return m_entries.size(); }

private:
    struct Entry {
        TileKey key;
        QImage tile;
    };
    std::list<Entry> m_byUse; // last used first
    std::unordered_map<TileKey, std::list<Entry>::iterator, TileKeyHash> m_entries;
    std::size_t m_bytes = 0, m_budget;
    int m_slide = 0;
};

} // namespace phloxine::ui
