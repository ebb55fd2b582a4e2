#pragma once
// One field of real tissue to click nuclei on, with its counting frame. A left click adds a dot or takes the one under it away, a right
// click takes the nearest away; each can be undone. The picture is at least large enough for a nucleus to be hit.
#include <vector>

#include <QImage>
#include <QWidget>

#include "core/measure/NucleiCalibration.h"

namespace phloxine::ui {

class ClickField : public QWidget {
    Q_OBJECT
public:
    explicit ClickField(QWidget* parent = nullptr);
    // `room`: the pixels there are on the screen; `diameterPx`: of a nucleus on the tile.
    void setField(const QImage& tile, const CountingFrame& frame, std::vector<ClickedPoint> points, QSize room, double diameterPx);
    void clear(const QString& words); // no picture yet, or none at all
    const std::vector<ClickedPoint>& points() const { return m_points; }
    QPointF placeOf(const ClickedPoint& point) const; // on the widget
    bool canUndo() const { return !m_history.empty(); }

public Q_SLOTS:
    void undo();

Q_SIGNALS:
    void pointsChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    void change(std::vector<ClickedPoint> points);
    int dotNear(QPointF place, double reachPx) const; // -1: none
    void paintCountingFrame(QPainter& painter) const;

    QImage m_tile;
    CountingFrame m_frame;
    std::vector<ClickedPoint> m_points;
    std::vector<std::vector<ClickedPoint>> m_history;
    double m_zoom = 1;
    QString m_words;
};

} // namespace phloxine::ui
