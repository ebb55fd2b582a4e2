// How the regions look: outlines in the colour of their class over white, whatever the theme, because tissue is the same in both.
#include <algorithm>
#include <cmath>
#include <map>

#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>

#include "ui/regions/RegionLayer.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/ClassSwatch.h"

namespace phloxine::ui {

namespace {

constexpr double dotPx = 4;     // smaller regions are dots
constexpr int fewRegions = 200; // up to here all of them are drawn finely
constexpr int mostHandles = 400;
constexpr double handlePx = 8;
constexpr int swatchWidth = 26, swatchHeight = 18;

// A ring on the screen, without places that nobody could tell apart.
QPolygonF onScreen(const Ring& ring, const QTransform& map) {
    QPolygonF places;
    places.reserve(int(ring.size()) + 1);
    for (const auto& [x, y] : ring) {
        const QPointF p = map.map(QPointF(x, y));
        if (places.isEmpty() || std::abs(p.x() - places.back().x()) + std::abs(p.y() - places.back().y()) >= 1) places.append(p);
    }
    if (!places.isEmpty()) places.append(places.front());
    return places;
}

QPainterPath pathOf(const std::vector<Polygon>& polygons, const QTransform& map) {
    QPainterPath path; // even-odd, as inside a region is
    for (const auto& polygon : polygons) {
        path.addPolygon(onScreen(polygon.outer, map));
        for (const auto& hole : polygon.holes) path.addPolygon(onScreen(hole, map));
    }
    return path;
}

QRectF boxOnScreen(const SlideBox& box, const QTransform& map) {
    return map.mapRect(QRectF(QPointF(box.left, box.top), QPointF(box.right, box.bottom)));
}

void outline(QPainter& painter, const QPainterPath& path, const QColor& colour, double width, bool dashed) {
    QPen under(Qt::white, width + 2), over(colour, width);
    under.setJoinStyle(Qt::RoundJoin), over.setJoinStyle(Qt::RoundJoin);
    if (dashed) over.setDashPattern({3, 3});
    painter.setBrush(Qt::NoBrush);
    painter.setPen(under);
    painter.drawPath(path);
    painter.setPen(over);
    painter.drawPath(path);
}

QColor tint(QColor colour, int alpha) {
    colour.setAlpha(alpha);
    return colour;
}

} // namespace

// One affine map for a whole frame, taken from the view itself, so that a turned or mirrored view needs nothing here.
QTransform RegionLayer::toScreen() const {
    constexpr double far = 1000;
    const QPointF o = m_slide.toScreen({0, 0}), x = (m_slide.toScreen({far, 0}) - o) / far, y = (m_slide.toScreen({0, far}) - o) / far;
    return {x.x(), x.y(), y.x(), y.y(), o.x(), o.y()};
}

void RegionLayer::paintEvent(QPaintEvent*) {
    if (!m_slide.hasSlide()) return;
    QPainter painter(this);
    const QTransform map = toScreen();
    if (m_document.count() <= fewRegions) {
        paintRegions(painter, map);
    } else { // drawn once for each view, and copied while only something else changes
        const double ratio = devicePixelRatioF();
        const QSize size = (QSizeF(this->size()) * ratio).toSize();
        if (m_picture.size() != size || m_pictureMap != map || m_pictureVersion != m_version) {
            if (m_picture.size() != size) m_picture = QImage(size, QImage::Format_ARGB32_Premultiplied);
            m_picture.setDevicePixelRatio(ratio);
            m_picture.fill(Qt::transparent);
            QPainter inner(&m_picture);
            inner.setFont(font());
            paintRegions(inner, map);
            m_pictureMap = map, m_pictureVersion = m_version;
        }
        painter.drawImage(0, 0, m_picture);
    }
    paintChosen(painter, map);
    paintDrawing(painter);
    if (m_document.count() > 0 || drawing()) m_slide.paintChips(painter); // scale and place stay readable
}

void RegionLayer::paintRegions(QPainter& painter, const QTransform& map) const {
    const QRectF pane(rect());
    std::map<std::string, RegionLabel> labels;
    const auto labelOf = [&](const Region& region) -> const RegionLabel& {
        const auto [it, isNew] = labels.try_emplace(region.className + '\n' + region.colour);
        if (isNew) it->second = m_labels.of(region);
        return it->second;
    };
    std::map<QRgb, QVector<QRectF>> dots;
    std::map<QRgb, QVector<QLineF>> thin;
    const bool fine = m_document.count() <= fewRegions;
    if (fine) painter.setRenderHint(QPainter::Antialiasing);
    for (int i = 0; i < m_document.count(); ++i) {
        if (i == m_document.chosen()) continue; // on top, later
        const ShownRegion& shown = *m_document.at(i);
        const QRectF box = boxOnScreen(shown.box, map);
        if (!box.adjusted(-2, -2, 2, 2).intersects(pane)) continue;
        const RegionLabel& label = labelOf(shown.region);
        if (std::max(box.width(), box.height()) < dotPx) {
            dots[label.colour.rgb()].append(QRectF(box.center() - QPointF(1.5, 1.5), QSizeF(3, 3)));
        } else if (fine) {
            const QPainterPath path = pathOf(shown.region.polygons, map);
            painter.fillPath(path, tint(label.colour, 16));
            outline(painter, path, label.colour, 2, shown.outside);
            if (box.width() > 3 * swatchWidth && box.height() > 3 * swatchHeight && !label.code.isEmpty())
                paintClassSwatch(painter, QRect(box.topLeft().toPoint() + QPoint(4, 4), QSize(swatchWidth, swatchHeight)), label.code,
                                 label.colour);
        } else {
            auto& lines = thin[label.colour.rgb()];
            const auto addRing = [&](const Ring& ring) {
                const QPolygonF places = onScreen(ring, map);
                for (int k = 1; k < places.size(); ++k) lines.append(QLineF(places[k - 1], places[k]));
            };
            for (const auto& polygon : shown.region.polygons) {
                addRing(polygon.outer);
                for (const auto& hole : polygon.holes) addRing(hole);
            }
        }
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const auto& [colour, lines] : thin) {
        painter.setPen(QPen(QColor(colour), 1));
        painter.drawLines(lines);
    }
    painter.setPen(Qt::NoPen);
    for (const auto& [colour, rects] : dots) {
        painter.setBrush(QColor(colour));
        painter.drawRects(rects);
    }
}

void RegionLayer::paintChosen(QPainter& painter, const QTransform& map) const {
    const ShownRegion* chosen = m_document.chosenRegion();
    if (!chosen) return;
    const Region& region = m_moved ? *m_moved : chosen->region;
    const RegionLabel label = m_labels.of(region);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPainterPath path = pathOf(region.polygons, map);
    painter.fillPath(path, tint(label.colour, 26));
    outline(painter, path, label.colour, 3, chosen->outside);
    const QRectF box = path.boundingRect();
    if (!label.code.isEmpty() && box.width() > 2 * swatchWidth && box.height() > 2 * swatchHeight)
        paintClassSwatch(painter, QRect(box.topLeft().toPoint() + QPoint(12, 12), QSize(swatchWidth, swatchHeight)), label.code,
                         label.colour);
    if (m_tool != RegionTool::Select) return;
    std::vector<std::pair<QPointF, bool>> handles; // and whether it is the grabbed one
    const QRectF pane = QRectF(rect()).adjusted(-handlePx, -handlePx, handlePx, handlePx);
    for (int p = 0; p < int(region.polygons.size()); ++p) {
        const Polygon& polygon = region.polygons[std::size_t(p)];
        for (int r = 0; r <= int(polygon.holes.size()); ++r) {
            const Ring& ring = r == 0 ? polygon.outer : polygon.holes[std::size_t(r - 1)];
            for (int k = 0; k < int(ring.size()); ++k)
                if (const QPointF at = map.map(QPointF(ring[std::size_t(k)].x, ring[std::size_t(k)].y)); pane.contains(at))
                    handles.emplace_back(at, m_vertex == Vertex{p, r, k});
        }
    }
    if (int(handles.size()) > mostHandles) return; // zoom in to change them
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(QColor(0x0B, 0x67, 0x70), 1));
    for (const auto& [at, grabbed] : handles) {
        painter.setBrush(grabbed ? QColor(0x0B, 0x67, 0x70) : QColor(Qt::white));
        painter.drawRect(QRectF(at - QPointF(handlePx, handlePx) / 2, QSizeF(handlePx, handlePx)).toRect());
    }
}

void RegionLayer::paintDrawing(QPainter& painter) const {
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor teal(0x0B, 0x67, 0x70);
    QPolygonF places;
    for (const auto& [x, y] : m_places) places.append(m_slide.toScreen({x, y}));
    if (m_tool == RegionTool::Brush) {
        QPainterPath path;
        if (!places.isEmpty()) path.addPolygon(places);
        QPen pen(tint(m_takeAway ? QColor(Qt::white) : teal, 110), 2 * m_brushRadius);
        pen.setCapStyle(Qt::RoundCap), pen.setJoinStyle(Qt::RoundJoin);
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        if (places.size() == 1) painter.drawPoint(places[0]);
        else if (!places.isEmpty()) painter.drawPath(path);
        if (!m_pointer) return;
        for (const auto& [colour, width] : {std::pair(QColor(Qt::white), 3.0), std::pair(teal, 1.5)}) {
            painter.setPen(QPen(colour, width));
            painter.drawEllipse(*m_pointer, m_brushRadius, m_brushRadius);
        }
        return;
    }
    if (places.isEmpty()) return;
    if (m_tool == RegionTool::Rectangle &&
        places.size() == 2) { // its sides lie along those of the slide, which may be turned on the screen
        const auto &a = m_places[0], &b = m_places[1];
        places = {m_slide.toScreen({a.x, a.y}), m_slide.toScreen({b.x, a.y}), m_slide.toScreen({b.x, b.y}), m_slide.toScreen({a.x, b.y}),
                  m_slide.toScreen({a.x, a.y})};
    } else if (m_pointer && m_tool == RegionTool::Polygon) {
        places.append(*m_pointer);
    }
    for (const auto& [colour, width] : {std::pair(QColor(Qt::white), 4.0), std::pair(teal, 2.0)}) {
        painter.setPen(QPen(colour, width));
        painter.drawPolyline(places);
    }
    if (m_tool != RegionTool::Polygon) return;
    painter.setPen(QPen(teal, 1));
    painter.setBrush(Qt::white);
    painter.drawEllipse(places[0], handlePx / 2, handlePx / 2);
}

} // namespace phloxine::ui
