#include "ui/viewer/TileCache.h"

#include <algorithm>

namespace phloxine::ui {

std::size_t tileBudgetBytes(std::size_t memoryBytes) {
    return std::clamp(memoryBytes / 4, std::size_t(256) << 20, std::size_t(2048) << 20);
}

void TileCache::begin(int slide) {
    m_entries.clear();
    m_byUse.clear();
    m_bytes = 0;
    m_slide = slide;
}

bool TileCache::insert(const TileKey& key, const QImage& tile) {
    const std::size_t size = std::size_t(tile.sizeInBytes());
    if (key.slide != m_slide || size > m_budget) return false;
    if (const auto old = m_entries.find(key); old != m_entries.end()) {
        m_bytes -= std::size_t(old->second->tile.sizeInBytes());
        m_byUse.erase(old->second);
        m_entries.erase(old);
    }
    while (m_bytes + size > m_budget) {
        m_bytes -= std::size_t(m_byUse.back().tile.sizeInBytes());
        m_entries.erase(m_byUse.back().key);
        m_byUse.pop_back();
    }
    m_byUse.push_front({key, tile});
    m_entries.emplace(key, m_byUse.begin());
    m_bytes += size;
    return true;
}

const QImage* TileCache::find(const TileKey& key) {
    const auto found = m_entries.find(key);
    if (found == m_entries.end()) return nullptr;
    m_byUse.splice(m_byUse.begin(), m_byUse, found->second);
    return &found->second->tile;
}

} // namespace phloxine::ui
