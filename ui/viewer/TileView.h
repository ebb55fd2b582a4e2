#pragma once
// The pane of the synthetic tile: the finished picture or a preview of it, in the middle, at the um/px that it shares with the slide pane;
// or up to four tiles in a grid, all at that um/px. It owns no zoom: it asks for one, and whoever composes the panes sets it on both.
#include <optional>
#include <vector>

#include <QImage>
#include <QWidget>

#include "core/image/Image.h"
#include "core/measure/tissue/stain_match.h"
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
    struct Named {
        QImage image;
        Scale scale;
        QString name;  // for screen readers: "lung adenocarcinoma, seed 41"
        QString label; // the same in short, over the picture
    };
    void setTiles(const std::vector<Named>& tiles); // 2 to 4 beside each other; any other number shows the first, or none
    int tileCount() const { return int(m_tiles.size()); }
    void clear();
    bool hasTile() const { return !m_tiles.empty(); }
    void setViewMicronsPerPixel(double micronsPerPixel);
    double viewMicronsPerPixel() const { return m_micronsPerPixel; }
    void setExpectedTile(int tilePx, double micronsPerPixel); // the frame that waits for the first tile
    void setEmptyText(const QString& title, const QString& text);
    void setTileName(const QString& name); // what it shows, for screen readers: "lung adenocarcinoma, seed 41"
    double sideMicrometres() const;        // of the tile, else of the expected one, else 0
    QRect tileRect(int tile = 0) const;    // device pixels
    QSize cellSize() const;                // what one tile has of the pane, logical pixels
    // Where the middle of the pane lies, in um from the middle of the upright tile. What the user moves is moved as far as the middle of
    // the pane stays on the tile; what follows the other pane only as far as the tile is larger than this one, so that a tile that is
    // seen whole stays while the slide is looked through. The rest is kept, so the offset is there again when the slide comes back.
    QPointF pan() const;
    void panBy(QPointF micrometres);
    void follow(QPointF micrometres);
    void resetPan();
    void setOrientation(Orientation orientation);                                       // of the view alone
    void setLight(const ViewLight& light);                                              // of the view alone
    void setStainLook(const std::optional<StainLook>& look);                            // shown in this stain; of the view alone
    QImage shown() const { return m_tiles.empty() ? QImage() : m_tiles.front().shown; } // the tile in this stain and light

    QSize sizeHint() const override { return {480, 480}; }
    QSize minimumSizeHint() const override { return {160, 160}; }

Q_SIGNALS:
    void zoomRequested(double micronsPerPixel);
    void fitRequested();               // the key 0
    void panned(QPointF micrometres);  // by the user, as panBy
    void stepRequested(QPointF tiles); // to the next field, for the slide alone
    void tileChosen(int tile);         // one of several was clicked

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Shown : Named {
        QImage shown; // in this stain and light
    };
    QRect frameRect(int tile) const;
    QRect cellRect(int tile) const;
    double sideMicrometres(const Named& tile) const;
    QImage inLight(const QImage& image) const;
    void renew();
    void paintTile(QPainter& painter, int tile) const;
    void paintNames(QPainter& painter) const;
    void move(QPointF micrometres);
    void describe();

    EmptyState* m_empty;
    std::vector<Shown> m_tiles;
    std::optional<StainLook> m_look;
    ViewLight m_light;
    bool m_preview = false;
    Orientation m_orientation;
    QString m_name;
    double m_micronsPerPixel = 0; // 0 = not set yet: the tile fills the pane
    int m_expectedPx = 0;
    double m_expectedMicronsPerPixel = 0;
    QPointF m_pan; // wanted, um
    bool m_movedByHand = false;
    std::optional<QPointF> m_dragFrom;
    bool m_dragged = false;
    bool m_focusRing = false;
};

} // namespace phloxine::ui
