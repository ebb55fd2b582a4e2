#pragma once
// The regions over the slide, and the tools that draw and change them. It lies on a SlideView, takes its mouse and key events before it
// does, and leaves to it what no tool uses, so that the slide pans and zooms as ever. Places are level-0 pixels; the view maps them.
#include <functional>
#include <optional>

#include <QImage>
#include <QTransform>
#include <QWidget>

#include "ui/regions/RegionDocument.h"
#include "ui/regions/region_labels.h"

class QKeyEvent;
class QMouseEvent;

namespace phloxine::ui {

class SlideView;

enum class RegionTool { Select, Rectangle, Polygon, Brush };

class RegionLayer : public QWidget {
    Q_OBJECT
public:
    RegionLayer(SlideView& slide, RegionDocument& document);

    RegionTool tool() const { return m_tool; }
    void setTool(RegionTool tool); // ends what is being drawn
    void setLabels(const RegionLabels& labels);
    void setNewClass(const QString& id) { m_newClass = id; } // of regions that are drawn from now on
    double brushRadius() const { return m_brushRadius; }     // logical pixels of the screen
    void setBrushRadius(double radius);
    bool drawing() const { return !m_places.empty(); }
    void addTileBox(); // the box of one tile becomes a region

Q_SIGNALS:
    void toolChanged(phloxine::ui::RegionTool tool);
    void said(const QString& sentence); // what was not done, or is doubtful
    void edited();                      // something was drawn, changed or deleted: what was said before is past
    void menuRequested(QPoint global);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Vertex {                            // of the chosen region
        int polygon = -1, ring = 0, place = 0; // ring 0 is the outer one
        bool operator==(const Vertex&) const = default;
    };

    // input (RegionLayerInput.cpp)
    bool press(const QMouseEvent& event);
    bool move(const QMouseEvent& event);
    bool release(const QMouseEvent& event);
    bool doubleClick(const QMouseEvent& event);
    bool key(const QKeyEvent& event);
    bool takesKey(const QKeyEvent& event) const;
    SlidePoint placeAt(QPointF screen) const; // on the slide
    std::optional<Vertex> vertexAt(QPointF screen) const;
    bool insertVertex(QPointF screen);
    void removeVertex(const Vertex& vertex);
    void finish(); // what is being drawn becomes a region
    void finishBrush();
    void cancel();
    void addRegion(std::vector<Polygon> polygons);
    void changeChosen(Region region);
    void warnOfCrossing(const std::vector<Polygon>& polygons);
    void showCursor();

    // painting (RegionLayerPainting.cpp)
    QTransform toScreen() const;
    void paintRegions(QPainter& painter, const QTransform& map) const;
    void paintChosen(QPainter& painter, const QTransform& map) const;
    void paintDrawing(QPainter& painter) const;

    SlideView& m_slide;
    RegionDocument& m_document;
    RegionLabels m_labels;
    RegionTool m_tool = RegionTool::Select;
    QString m_newClass;
    double m_brushRadius = 20;

    std::vector<SlidePoint> m_places; // being drawn
    bool m_takeAway = false, m_extend = false;
    std::optional<QPointF> m_pressed; // where the left button went down
    std::optional<Vertex> m_vertex;   // grabbed last; Delete removes it
    std::optional<Region> m_moved;    // the chosen region while it is dragged
    SlidePoint m_grabbedAt;
    bool m_movingAll = false;
    std::optional<QPointF> m_pointer;

    QImage m_picture; // of many regions, for one view of them
    QTransform m_pictureMap;
    int m_version = 0, m_pictureVersion = -1;
};

} // namespace phloxine::ui
