#pragma once
// The pane of the real slide: pans and zooms a whole-slide image from a cache of tiles that two threads fill, with the box that covers
// exactly one tile of the model. Positions are level-0 pixels, zooms um per logical screen pixel. A slide without a scale is shown pixel
// for pixel as if it had that of the model's tile, and no scale bar is drawn.
#include <optional>
#include <unordered_set>
#include <vector>

#include <QImage>
#include <QTimer>
#include <QWidget>

#include "core/slide/SlideSource.h"
#include "ui/viewer/SlideFrame.h"
#include "ui/viewer/TileCache.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/ViewLight.h"
#include "ui/viewer/ViewTransform.h"

namespace phloxine {
enum class ErrorCode;
}

namespace phloxine::ui {

class EmptyState;
class SlideReader;

class SlideView : public QWidget {
    Q_OBJECT
public:
    explicit SlideView(QWidget* parent = nullptr);
    ~SlideView() override;

    // Asynchronous. The slide that was open stays until the new one is there, and stays when that fails.
    // "synthetic:WIDTHxHEIGHT" opens the synthetic slide.
    void openSlide(const QString& path);
    void closeSlide();
    bool hasSlide() const { return m_slide != 0; }
    bool isOpening() const { return m_opening != 0; }
    QString slideName() const;
    QString slidePath() const { return m_path; }
    Scale slideScale() const; // the user's own where there is one
    double objectivePower() const { return m_info.objectivePower; }
    QSizeF slideSize() const { return {m_pyramid.width(), m_pyramid.height()}; } // level-0 pixels

    void setUserScale(double micronsPerPixel); // 0 takes it back
    void setViewMicronsPerPixel(double micronsPerPixel);
    double viewMicronsPerPixel() const { return m_view.micronsPerPixel; }
    QPointF centre() const;
    void setCentre(QPointF level0);
    void setTileFrame(int tilePx, double micronsPerPixel); // 0: no box
    QRectF tileFrameLevel0() const;
    QRectF visibleLevel0() const;
    QPointF toScreen(QPointF level0) const; // logical pixels of the pane
    QPointF toLevel0(QPointF screen) const;
    void fitTile(); // the box, or without one the slide, fills the pane
    void fitSlide();
    Orientation orientation() const { return m_view.orientation; } // of the view alone: what is read of the slide stays as it is
    void setOrientation(Orientation orientation);
    void setLight(const ViewLight& light); // of the view alone
    void setColourProfile(bool used);      // of the scanner, where the slide brings one; of the view alone too
    bool hasColourProfile() const { return m_hasProfile; }
    void setGrid(bool shown); // of tiles of the model's size, one of them the box
    struct Over {             // a picture in the middle of the pane: the synthetic tile
        QImage picture;
        double sideMicrometres = 0;
        double opacity = 1;
        double from = 0; // shown right of this share of the box, as seen on the screen
        bool difference = false;
    };
    void setOver(const Over& over); // a null picture: none
    bool hasOver() const { return !m_over.picture.isNull(); }
    const ViewTransform& view() const { return m_view; } // micrometres = level-0 pixels * micrometresPerLevel0()
    double micrometresPerLevel0() const { return unit(); }

    void paintChips(QPainter& painter) const; // once more, by a layer that has painted over them

    QImage overview() const { return m_overview; }                                                        // in the colours of the file
    QImage shownOverview() const { return m_profiled && m_hasProfile ? m_profiledOverview : m_overview; } // in no light
    int pendingTiles() const; // 0 once everything visible is sharp or known to be unreadable
    std::size_t cachedBytes() const { return m_cache.bytes(); }
    std::size_t cacheBudget() const { return m_cache.budget(); }

    QSize sizeHint() const override { return {480, 480}; }
    QSize minimumSizeHint() const override { return {160, 160}; }

Q_SIGNALS:
    void opened();
    void failed(const QString& sentence); // opening failed, or (once) the file of the open slide is gone
    void viewChanged();
    void panned(QPointF micrometres); // by the user, by hand, arrow or a zoom about the pointer; not by one tile, which goes elsewhere
    void overviewReady();             // another shownOverview()
    void badTiles(int count);         // reads of this slide that met a place that cannot be decoded, so far
    void openRequested();
    void openSampleRequested();

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    // what the reader reports
    void connectReader();
    void showOpened(int slide, const SlideInfo& info, bool hasProfile);
    void showOpenFailure(int slide, ErrorCode code, const QString& message);
    void takeTile(const TileKey& key, const QImage& tile, int unreadable);
    void markFailed(const TileKey& key, ErrorCode code);
    void countBad(int more);
    void setFileGone(bool gone); // while it is, what failed is asked for again

    // geometry
    double unit() const;                 // um of a level-0 pixel, nominal when unknown
    double frameSideMicrometres() const; // 0 without a frame
    void relight(const ViewLight& light, bool profiled);
    void rescale(double oldUnit); // keeps the centre on its level-0 pixel
    double allowedZoom(double micronsPerPixel) const;
    void moved(); // after any change of the view
    void requestTiles();
    std::vector<TileKey> visibleTiles() const;
    int sharpLevel() const;

    // painting, in device pixels (SlideViewPainting.cpp)
    SlideMapping mapping() const;
    void paintSlide(QPainter& painter);
    void paintTile(const QRect& part, const TileKey& key); // into the frame, like the next two; false: not there
    bool paintCached(const QRect& part, const TileKey& key);
    bool paintFromAncestor(const QRect& part, const TileKey& key);
    void paintGrid(QPainter& painter) const;
    void paintOver(QPainter& painter) const;
    std::vector<TileKey> covering(const QRectF& level0, int level) const; // in the light of now
    QString positionText() const;

    void zoomAbout(QPointF screen, double micronsPerPixel);
    void panByUser(QPointF screen);
    void describe(); // accessible name and description
    void showMessage(const QString& icon, const QString& title, const QString& text);
    void showWelcome();

    SlideReader* m_reader;
    EmptyState* m_empty;
    TileCache m_cache;
    SlideFrame m_frame;
    TilePyramid m_pyramid;
    SlideInfo m_info;
    QString m_path, m_openingPath;
    int m_slide = 0, m_opening = 0; // numbers of openings; 0 = none
    QImage m_overview, m_profiledOverview, m_litOverview;
    ViewLight m_light;
    bool m_hasProfile = false, m_profiled = false;
    int m_lightNumber = 0, m_lightBefore = 0; // of what is shown until the new tiles are there
    bool m_grid = false;
    Over m_over;
    std::unordered_set<TileKey, TileKeyHash> m_failed;
    int m_badCount = 0;
    bool m_fileGone = false;
    QTimer m_retry;
    QString m_notice; // one sentence over the slide; empty = none

    ViewTransform m_view; // micrometres = level-0 pixels * unit()
    bool m_zoomChosen = false;
    double m_userScale = 0;
    int m_tilePx = 0;
    double m_tileMicronsPerPixel = 0;

    std::optional<QPointF> m_dragFrom;
    bool m_focusRing = false;
};

} // namespace phloxine::ui
