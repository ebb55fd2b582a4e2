#include "ui/regions/RegionDocument.h"

#include <algorithm>

#include "core/region/shapes.h"

namespace phloxine::ui {

namespace {
constexpr std::size_t mostSteps = 100;
} // namespace

RegionPtr shownRegion(Region region, QSizeF slideSize) {
    ShownRegion s{std::move(region), {}, 0, false};
    s.box = boundingBox(s.region.polygons);
    // Where nothing crosses the rings alone tell the area; else the rows of core/region do.
    const auto crosses = [](const Polygon& polygon) { return polygon.outer.size() <= mostCheckedPlaces && crossesItself(polygon.outer); };
    if (std::any_of(s.region.polygons.begin(), s.region.polygons.end(), crosses)) s.areaPx = phloxine::areaPx(s.region.polygons);
    else {
        const auto ringArea = [](const Ring& ring) {
            double twice = 0;
            for (std::size_t i = 0; i < ring.size(); ++i) {
                const auto &a = ring[i], &b = ring[(i + 1) % ring.size()];
                twice += a.x * b.y - b.x * a.y;
            }
            return std::abs(twice) / 2;
        };
        for (const auto& polygon : s.region.polygons) {
            s.areaPx += ringArea(polygon.outer);
            for (const auto& hole : polygon.holes) s.areaPx -= ringArea(hole);
        }
    }
    s.outside = s.box.right <= 0 || s.box.bottom <= 0 || s.box.left >= slideSize.width() || s.box.top >= slideSize.height();
    return std::make_shared<const ShownRegion>(std::move(s));
}

void RegionDocument::begin(QSizeF slideSize, RegionList regions) {
    m_slideSize = slideSize;
    m_before.clear();
    m_after.clear();
    m_nextId = int(regions.size()) + 1;
    take({std::move(regions), -1});
}

std::vector<Region> RegionDocument::values() const {
    std::vector<Region> all;
    all.reserve(m_regions.size());
    for (const auto& region : m_regions) all.push_back(region->region);
    return all;
}

void RegionDocument::step(RegionList regions, int chosen) {
    m_before.push_back({m_regions, m_chosen});
    if (m_before.size() > mostSteps) m_before.pop_front();
    m_after.clear();
    take({std::move(regions), chosen});
}

void RegionDocument::take(State state) {
    m_regions = std::move(state.regions);
    m_chosen = state.chosen < count() ? state.chosen : -1;
    Q_EMIT changed();
    Q_EMIT chosenChanged();
}

void RegionDocument::add(Region region) {
    const auto taken = [this](const std::string& id) {
        return std::any_of(m_regions.begin(), m_regions.end(), [&](const RegionPtr& r) { return r->region.id == id; });
    };
    do region.id = std::to_string(m_nextId++);
    while (taken(region.id));
    RegionList all = m_regions;
    all.push_back(shownRegion(std::move(region), m_slideSize));
    step(std::move(all), count());
}

void RegionDocument::addAll(const RegionList& regions) {
    if (regions.empty()) return;
    RegionList all = m_regions;
    all.insert(all.end(), regions.begin(), regions.end());
    const int first = count();
    step(std::move(all), regions.size() == 1 ? first : -1);
}

void RegionDocument::replace(int index, Region region) {
    if (!at(index)) return;
    RegionList all = m_regions;
    region.id = all[std::size_t(index)]->region.id;
    all[std::size_t(index)] = shownRegion(std::move(region), m_slideSize);
    step(std::move(all), index);
}

void RegionDocument::remove(int index) {
    if (!at(index)) return;
    RegionList all = m_regions;
    all.erase(all.begin() + index);
    step(std::move(all), -1);
}

void RegionDocument::removeAll() {
    if (!m_regions.empty()) step({}, -1);
}

void RegionDocument::undo() {
    if (m_before.empty()) return;
    m_after.push_back({m_regions, m_chosen});
    State state = std::move(m_before.back());
    m_before.pop_back();
    take(std::move(state));
}

void RegionDocument::redo() {
    if (m_after.empty()) return;
    m_before.push_back({m_regions, m_chosen});
    State state = std::move(m_after.back());
    m_after.pop_back();
    take(std::move(state));
}

void RegionDocument::choose(int index) {
    if (!at(index)) index = -1;
    if (index == m_chosen) return;
    m_chosen = index;
    Q_EMIT chosenChanged();
}

int RegionDocument::indexAt(SlidePoint place) const {
    int best = -1;
    for (int i = 0; i < count(); ++i) {
        const ShownRegion& r = *m_regions[std::size_t(i)];
        if (place.x < r.box.left || place.x > r.box.right || place.y < r.box.top || place.y > r.box.bottom) continue;
        if ((best < 0 || r.areaPx <= m_regions[std::size_t(best)]->areaPx) && contains(r.region.polygons, place)) best = i;
    }
    return best;
}

} // namespace phloxine::ui
