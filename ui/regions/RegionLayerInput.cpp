// How the tools answer to mouse and keys. A filter on the slide view: true means that the view does not get the event.
#include <algorithm>
#include <cmath>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>

#include "core/region/shapes.h"
#include "ui/regions/RegionLayer.h"
#include "ui/viewer/SlideView.h"
#include "ui/widgets/keys.h"

namespace phloxine::ui {

namespace {

constexpr double nearPx = 8;  // of a corner or a side
constexpr double clickPx = 4; // less is a click, more a drag
constexpr double strokeStepPx = 3;

double distance(QPointF a, QPointF b) { return std::hypot(a.x() - b.x(), a.y() - b.y()); }

double distanceToSide(QPointF p, QPointF a, QPointF b) {
    const QPointF along = b - a;
    const double length = QPointF::dotProduct(along, along);
    const double t = length > 0 ? std::clamp(QPointF::dotProduct(p - a, along) / length, 0.0, 1.0) : 0;
    return distance(p, a + t * along);
}

Ring& ringOf(Region& region, int polygon, int ring) {
    Polygon& p = region.polygons[std::size_t(polygon)];
    return ring == 0 ? p.outer : p.holes[std::size_t(ring - 1)];
}

template <typename Use>
void forEachRing(const Region& region, const Use& use) {
    for (int p = 0; p < int(region.polygons.size()); ++p) {
        use(p, 0, region.polygons[std::size_t(p)].outer);
        for (int h = 0; h < int(region.polygons[std::size_t(p)].holes.size()); ++h)
            use(p, h + 1, region.polygons[std::size_t(p)].holes[std::size_t(h)]);
    }
}

} // namespace

bool RegionLayer::eventFilter(QObject* watched, QEvent* event) {
    if (watched != &m_slide) return false;
    switch (event->type()) {
    case QEvent::Resize:
        setGeometry(m_slide.rect());
        return false;
    case QEvent::Leave:
        m_pointer.reset();
        update();
        return false;
    case QEvent::FocusOut:
        return false;
    case QEvent::MouseButtonPress:
        return m_slide.hasSlide() && press(*static_cast<QMouseEvent*>(event));
    case QEvent::MouseMove:
        return m_slide.hasSlide() && move(*static_cast<QMouseEvent*>(event));
    case QEvent::MouseButtonRelease: {
        const bool taken = m_slide.hasSlide() && release(*static_cast<QMouseEvent*>(event));
        if (m_tool != RegionTool::Select)
            QMetaObject::invokeMethod(this, &RegionLayer::showCursor, Qt::QueuedConnection); // after the view's
        return taken;
    }
    case QEvent::MouseButtonDblClick:
        return m_slide.hasSlide() && doubleClick(*static_cast<QMouseEvent*>(event));
    case QEvent::ContextMenu:
        if (!m_slide.hasSlide()) return false;
        Q_EMIT menuRequested(static_cast<QContextMenuEvent*>(event)->globalPos());
        return true;
    case QEvent::ShortcutOverride: // else a menu of the window takes Ctrl+Z
        if (!takesKey(*static_cast<QKeyEvent*>(event))) return false;
        event->accept();
        return true;
    case QEvent::KeyPress:
        return m_slide.hasSlide() && key(*static_cast<QKeyEvent*>(event));
    default:
        return false;
    }
}

SlidePoint RegionLayer::placeAt(QPointF screen) const {
    const QPointF at = m_slide.toLevel0(screen);
    const QSizeF size = m_document.slideSize();
    return {std::clamp(at.x(), 0.0, size.width()), std::clamp(at.y(), 0.0, size.height())};
}

std::optional<RegionLayer::Vertex> RegionLayer::vertexAt(QPointF screen) const {
    std::optional<Vertex> found;
    double nearest = nearPx;
    if (const ShownRegion* chosen = m_document.chosenRegion())
        forEachRing(chosen->region, [&](int polygon, int number, const Ring& ring) {
            for (int k = 0; k < int(ring.size()); ++k) {
                const double d = distance(screen, m_slide.toScreen({ring[std::size_t(k)].x, ring[std::size_t(k)].y}));
                if (d < nearest) nearest = d, found = Vertex{polygon, number, k};
            }
        });
    return found;
}

bool RegionLayer::press(const QMouseEvent& event) {
    if (event.button() != Qt::LeftButton) return false;
    m_slide.setFocus(Qt::MouseFocusReason);
    const QPointF at = event.position();
    const SlidePoint place = placeAt(at);
    m_pressed = at;
    switch (m_tool) {
    case RegionTool::Select: {
        m_vertex = vertexAt(at);
        const ShownRegion* chosen = m_document.chosenRegion();
        if (!chosen) return false;
        m_grabbedAt = place;
        if (m_vertex) {
            m_moved = chosen->region;
            return true;
        }
        // A region that fills the pane would leave no place to drag the slide by.
        const QRectF box(m_slide.toScreen({chosen->box.left, chosen->box.top}), m_slide.toScreen({chosen->box.right, chosen->box.bottom}));
        m_movingAll = QRectF(m_slide.rect()).contains(box.normalized()) && contains(chosen->region.polygons, place);
        return m_movingAll;
    }
    case RegionTool::Rectangle:
        m_places = {place, place};
        break;
    case RegionTool::Polygon:
        if (m_places.size() >= 3 && distance(at, m_slide.toScreen({m_places[0].x, m_places[0].y})) < nearPx) finish();
        else m_places.push_back(place);
        break;
    case RegionTool::Brush: {
        const QPointF free = m_slide.toLevel0(at); // a stroke may begin beside the slide
        const ShownRegion* chosen = m_document.chosenRegion();
        m_takeAway = chosen && (event.modifiers() & Qt::AltModifier);
        m_extend =
            chosen && !m_takeAway && ((event.modifiers() & Qt::ShiftModifier) || contains(chosen->region.polygons, {free.x(), free.y()}));
        m_places = {{free.x(), free.y()}};
        break;
    }
    }
    update();
    return true;
}

bool RegionLayer::move(const QMouseEvent& event) {
    const QPointF at = event.position();
    m_pointer = at;
    if (m_tool != RegionTool::Select && !(event.buttons() & Qt::LeftButton)) {
        if (m_tool == RegionTool::Brush || !m_places.empty()) update();
        return !event.buttons(); // the middle button pans
    }
    if (!(event.buttons() & Qt::LeftButton) || !m_pressed) return false;
    const SlidePoint place = placeAt(at);
    switch (m_tool) {
    case RegionTool::Select:
        if (!m_moved && m_movingAll && distance(at, *m_pressed) >= clickPx) m_moved = m_document.chosenRegion()->region;
        if (!m_moved) return m_movingAll;
        if (m_vertex) {
            ringOf(*m_moved, m_vertex->polygon, m_vertex->ring)[std::size_t(m_vertex->place)] = place;
        } else { // as far as it stays on the slide
            const ShownRegion& chosen = *m_document.chosenRegion();
            const QSizeF size = m_document.slideSize();
            const double dx =
                std::clamp(place.x - m_grabbedAt.x, std::min(0.0, -chosen.box.left), std::max(0.0, size.width() - chosen.box.right));
            const double dy =
                std::clamp(place.y - m_grabbedAt.y, std::min(0.0, -chosen.box.top), std::max(0.0, size.height() - chosen.box.bottom));
            m_moved = chosen.region;
            for (auto& polygon : m_moved->polygons) {
                for (auto& p : polygon.outer) p = {p.x + dx, p.y + dy};
                for (auto& hole : polygon.holes)
                    for (auto& p : hole) p = {p.x + dx, p.y + dy};
            }
        }
        break;
    case RegionTool::Rectangle:
        if (m_places.size() == 2) m_places[1] = place;
        break;
    case RegionTool::Polygon: // a drag draws freely
        if (!m_places.empty() && distance(at, m_slide.toScreen({m_places.back().x, m_places.back().y})) >= strokeStepPx)
            m_places.push_back(place);
        break;
    case RegionTool::Brush:
        if (!m_places.empty() && distance(at, m_slide.toScreen({m_places.back().x, m_places.back().y})) >= strokeStepPx) {
            const QPointF free = m_slide.toLevel0(at);
            m_places.push_back({free.x(), free.y()});
        }
        break;
    }
    update();
    return true;
}

bool RegionLayer::release(const QMouseEvent& event) {
    if (event.button() != Qt::LeftButton || !m_pressed) return false;
    const bool click = distance(event.position(), *m_pressed) < clickPx;
    const bool grabbed = m_moved || m_movingAll;
    m_pressed.reset();
    switch (m_tool) {
    case RegionTool::Select:
        if (m_moved && !click) {
            const auto vertex = m_vertex;
            changeChosen(std::move(*m_moved));
            m_vertex = vertex;
        } else if (click && !m_vertex) {
            const QPointF at = m_slide.toLevel0(event.position());
            m_document.choose(m_document.indexAt({at.x(), at.y()}));
        }
        m_moved.reset();
        m_movingAll = false;
        update();
        return grabbed;
    case RegionTool::Rectangle:
        finish();
        return true;
    case RegionTool::Polygon: {
        // A long free stroke that ends where it began is a whole outline.
        const bool closed = m_places.size() > 8 && distance(event.position(), m_slide.toScreen({m_places[0].x, m_places[0].y})) < nearPx;
        if (closed && !click) finish();
        return true;
    }
    case RegionTool::Brush:
        finishBrush();
        return true;
    }
    return true;
}

bool RegionLayer::doubleClick(const QMouseEvent& event) {
    if (event.button() != Qt::LeftButton) return false;
    if (m_tool == RegionTool::Polygon && !m_places.empty()) {
        finish();
        return true;
    }
    if (m_tool != RegionTool::Select) return press(event);
    if (const auto vertex = vertexAt(event.position())) {
        removeVertex(*vertex);
        return true;
    }
    return insertVertex(event.position()) || press(event);
}

bool RegionLayer::insertVertex(QPointF screen) {
    const ShownRegion* chosen = m_document.chosenRegion();
    if (!chosen) return false;
    std::optional<Vertex> after;
    double nearest = nearPx;
    forEachRing(chosen->region, [&](int polygon, int number, const Ring& ring) {
        for (std::size_t k = 0; k < ring.size(); ++k) {
            const auto &a = ring[k], &b = ring[(k + 1) % ring.size()];
            const double d = distanceToSide(screen, m_slide.toScreen({a.x, a.y}), m_slide.toScreen({b.x, b.y}));
            if (d < nearest) nearest = d, after = Vertex{polygon, number, int(k) + 1};
        }
    });
    if (!after) return false;
    Region region = chosen->region;
    Ring& ring = ringOf(region, after->polygon, after->ring);
    ring.insert(ring.begin() + after->place, placeAt(screen));
    changeChosen(std::move(region));
    m_vertex = after;
    return true;
}

void RegionLayer::removeVertex(const Vertex& vertex) {
    const ShownRegion* chosen = m_document.chosenRegion();
    if (!chosen) return;
    Region region = chosen->region;
    Ring& ring = ringOf(region, vertex.polygon, vertex.ring);
    if (ring.size() <= 3) {
        Q_EMIT said(tr("A region needs three corners. Press Delete without a corner chosen to remove the region."));
        return;
    }
    ring.erase(ring.begin() + vertex.place);
    changeChosen(std::move(region));
}

void RegionLayer::finish() {
    const auto places = std::move(m_places);
    const RegionTool tool = m_tool;
    cancel();
    if (places.empty()) return;
    if (tool == RegionTool::Rectangle) {
        const auto &a = places.front(), &b = places.back();
        return addRegion({{{{a.x, a.y}, {b.x, a.y}, {b.x, b.y}, {a.x, b.y}}, {}}});
    }
    Ring ring;
    for (const auto& p : places)
        if (ring.empty() || ring.back() != p) ring.push_back(p);
    addRegion({{std::move(ring), {}}});
}

void RegionLayer::finishBrush() {
    const auto stroke = std::move(m_places);
    const bool takeAway = m_takeAway, extend = m_extend;
    cancel();
    if (stroke.empty()) return;
    const QPointF pixel = m_slide.toLevel0({1, 0}) - m_slide.toLevel0({0, 0});
    const double step = std::hypot(pixel.x(), pixel.y()); // level-0 pixels of one of the screen
    const auto shape = brushed(stroke, m_brushRadius * step);
    const ShownRegion* chosen = m_document.chosenRegion();
    if (chosen && (takeAway || extend)) {
        Region region = chosen->region;
        region.polygons = combined(region.polygons, shape, takeAway ? Combine::TakeAway : Combine::Add, m_document.slideBox(), step / 2);
        return changeChosen(std::move(region));
    }
    auto polygons = combined({}, shape, Combine::Add, m_document.slideBox(), step / 2);
    if (polygons.empty()) Q_EMIT said(tr("The brush did not touch the slide, so no region was made."));
    else addRegion(std::move(polygons));
}

namespace {

bool isOfWindow(const QKeyEvent& event, const char* id) {
    const KeyRow* row = Keys::inUse().pressed(KeyPlace::Window, event);
    return row && qstrcmp(row->id, id) == 0;
}

constexpr std::pair<const char*, RegionTool> toolKeys[] = {{"region.select", RegionTool::Select},
                                                           {"region.rectangle", RegionTool::Rectangle},
                                                           {"region.polygon", RegionTool::Polygon},
                                                           {"region.brush", RegionTool::Brush}};

} // namespace

bool RegionLayer::takesKey(const QKeyEvent& event) const {
    return m_slide.hasSlide() && (isOfWindow(event, "edit.undo") || isOfWindow(event, "edit.redo"));
}

bool RegionLayer::key(const QKeyEvent& event) {
    if (takesKey(event)) {
        if (drawing()) cancel();
        else if (isOfWindow(event, "edit.undo")) m_document.undo();
        else m_document.redo();
        return true;
    }
    const KeyRow* row = Keys::inUse().pressed(KeyPlace::Image, event);
    for (const auto& [id, tool] : toolKeys)
        if (row && qstrcmp(row->id, id) == 0) {
            setTool(tool);
            return true;
        }
    if (event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier | Qt::ShiftModifier)) return false;
    switch (event.key()) {
    case Qt::Key_Escape:
        if (drawing() || m_moved) cancel();
        else if (m_tool != RegionTool::Select) setTool(RegionTool::Select);
        else if (m_document.chosen() >= 0) m_document.choose(-1);
        else return false; // nothing of ours to leave
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_tool == RegionTool::Polygon && drawing()) finish();
        else if (m_tool == RegionTool::Rectangle && !drawing()) addTileBox(); // a region without a mouse: move the box by the arrow keys
        else return false;
        return true;
    case Qt::Key_Backspace:
        if (m_tool != RegionTool::Polygon || !drawing()) return false;
        m_places.pop_back();
        update();
        return true;
    case Qt::Key_Delete:
        if (drawing()) cancel();
        else if (m_vertex && m_tool == RegionTool::Select) removeVertex(*m_vertex);
        else if (m_document.chosenRegion()) {
            Q_EMIT edited();
            m_document.remove(m_document.chosen());
        } else return false;
        return true;
    default:
        return false;
    }
}

} // namespace phloxine::ui
