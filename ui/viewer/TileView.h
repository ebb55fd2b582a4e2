#pragma once
// The pane of the synthetic tile: the finished picture or a preview of it, in the middle, at the um/px that it shares with the slide pane.
// It owns no zoom: it asks for one, and whoever composes the panes sets it on both.
#include <QImage>
#include <QWidget>

#include "core/image/Image.h"
#include "ui/viewer/ViewLight.h"
#include "ui/viewer/ViewTransform.h"

namespace phloxine::ui {

class EmptyState;

class TileView : public QWidget {
    Q_OBJECT
public:
    explicit TileView(QWidget* parent = nullptr);

    // A scale that is not known is taken as that of the expected tile, else one tile pixel is one screen pixel.
    void setTile(const QImage& image, Scale scale, bool preview);
    void clear();
    bool hasTile() const { return !m_image.isNull(); }
    void setViewMicronsPerPixel(double micronsPerPixel);
    double viewMicronsPerPixel() const { return m_micronsPerPixel; }
    void setExpectedTile(int tilePx, double micronsPerPixel); // the frame that waits for the first tile
    void setEmptyText(const QString& title, const QString& text);
    void setTileName(const QString& name);        // what it shows, for screen readers: "lung adenocarcinoma, seed 41"
    double sideMicrometres() const;               // of the tile, else of the expected one, else 0
    QRect tileRect() const;                       // device pixels
    void setOrientation(Orientation orientation); // of the view alone
    void setLight(const ViewLight& light);        // of the view alone
    const QImage& shown() const { return m_lit; } // the tile in this light

    QSize sizeHint() const override { return {480, 480}; }
    QSize minimumSizeHint() const override { return {160, 160}; }

Q_SIGNALS:
    void zoomRequested(double micronsPerPixel);
    void fitRequested(); // the key 0

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    QRect frameRect() const;
    void paintTile(QPainter& painter) const;
    void describe();

    EmptyState* m_empty;
    QImage m_image, m_lit;
    ViewLight m_light;
    Scale m_scale;
    bool m_preview = false;
    Orientation m_orientation;
    QString m_name;
    double m_micronsPerPixel = 0; // 0 = not set yet: the tile fills the pane
    int m_expectedPx = 0;
    double m_expectedMicronsPerPixel = 0;
    bool m_focusRing = false;
};

} // namespace phloxine::ui
