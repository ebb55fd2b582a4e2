#include "ui/regions/RegionLayer.h"

#include <algorithm>

#include "core/region/shapes.h"
#include "ui/viewer/SlideView.h"

namespace phloxine::ui {

RegionLayer::RegionLayer(SlideView& slide, RegionDocument& document) : QWidget(&slide), m_slide(slide), m_document(document) {
    setAttribute(Qt::WA_TransparentForMouseEvents); // the view gets them, and this filters them there
    setFocusPolicy(Qt::NoFocus);
    setGeometry(slide.rect());
    slide.installEventFilter(this);
    slide.setMouseTracking(true);
    connect(&slide, &SlideView::viewChanged, this, qOverload<>(&QWidget::update));
    connect(&slide, &SlideView::opened, this, &RegionLayer::cancel); // what was being drawn belongs to the slide before
    connect(&document, &RegionDocument::changed, this, [this] {
        ++m_version;
        m_moved.reset();
        m_vertex.reset();
        update();
    });
    connect(&document, &RegionDocument::chosenChanged, this, [this] {
        ++m_version;
        m_vertex.reset();
        update();
    });
    show();
}

void RegionLayer::setTool(RegionTool tool) {
    cancel();
    if (tool == m_tool) return;
    m_tool = tool;
    showCursor();
    update();
    Q_EMIT toolChanged(tool);
}

void RegionLayer::setLabels(const RegionLabels& labels) {
    m_labels = labels;
    ++m_version;
    update();
}

void RegionLayer::setBrushRadius(double radius) {
    m_brushRadius = std::clamp(radius, 2.0, 200.0);
    update();
}

void RegionLayer::showCursor() {
    if (m_tool == RegionTool::Select) m_slide.unsetCursor();
    else m_slide.setCursor(Qt::CrossCursor);
}

void RegionLayer::cancel() {
    m_places.clear();
    m_moved.reset();
    m_pressed.reset();
    m_movingAll = m_takeAway = m_extend = false;
    update();
}

void RegionLayer::addTileBox() {
    const QRectF box = m_slide.tileFrameLevel0() & QRectF(QPointF(0, 0), m_slide.slideSize());
    if (!m_slide.hasSlide() || box.isEmpty()) return;
    addRegion({{{{box.left(), box.top()}, {box.right(), box.top()}, {box.right(), box.bottom()}, {box.left(), box.bottom()}}, {}}});
}

void RegionLayer::addRegion(std::vector<Polygon> polygons) {
    if (!(areaPx(polygons) >= leastAreaPx)) {
        Q_EMIT said(tr("This outline holds no area, so no region was made of it."));
        return;
    }
    Region region;
    region.className = m_newClass.toStdString();
    region.polygons = std::move(polygons);
    if (const RegionLabel* label = m_labels.find(m_newClass)) region.colour = label->colour.name().toUpper().toStdString();
    Q_EMIT edited();
    warnOfCrossing(region.polygons);
    m_document.add(std::move(region));
}

void RegionLayer::changeChosen(Region region) {
    const int chosen = m_document.chosen();
    if (region.polygons.empty() || !(areaPx(region.polygons) >= leastAreaPx)) {
        Q_EMIT said(tr("Nothing would be left of this region, so it was not changed. Press Delete to remove it."));
        return;
    }
    Q_EMIT edited();
    warnOfCrossing(region.polygons);
    m_document.replace(chosen, std::move(region));
}

void RegionLayer::warnOfCrossing(const std::vector<Polygon>& polygons) {
    const auto crosses = [](const Polygon& polygon) { return polygon.outer.size() <= mostCheckedPlaces && crossesItself(polygon.outer); };
    if (std::any_of(polygons.begin(), polygons.end(), crosses))
        Q_EMIT said(tr("This outline crosses itself. What it winds round twice counts as outside; move its corners if that is not meant."));
}

} // namespace phloxine::ui
