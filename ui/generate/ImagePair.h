#pragma once
// The synthetic tile and the real slide at one um/px, side by side or one over the other, in one light, under a bar that says how.
#include <optional>
#include <vector>

#include <QPointF>
#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QShortcut;
class QSlider;
class QTimer;
class QVBoxLayout;

namespace phloxine::ui {

class Badge;
class ClassSwatch;
class LightPanel;
class Note;
class RunErrorBar;
class SlideView;
class StainMatch;
class TileView;

enum class PairMode { SideBySide, Wipe, Flicker, Overlay, Difference };

class ImagePair : public QWidget {
    Q_OBJECT
public:
    explicit ImagePair(QWidget* parent = nullptr);
    SlideView& slide() { return *m_slide; }
    TileView& tile() { return *m_tile; }
    RunErrorBar& errorBar() { return *m_error; }

    void setCard(const ModelCard& card); // of the model that runs next: its scale and tile size
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void showTile(const TileRecord* tile);                   // null: none yet
    void showTogether(const std::vector<TileRecord>& tiles); // 2 to 4 of them, in a grid
    bool showsSeveral() const;
    StainMatch& stainMatch() { return *m_match; }
    void showPreview(const QImage& picture, const GenerateRequest& request, int tile, int step, int steps, double micronsPerPixel);
    void showRoundTrip(const QImage& picture, Scale scale, const QString& figures); // of real tissue, instead of a tile
    void showNotice(const QString& sentence);
    void refreshSlide(); // after another slide was opened
    void setMagnification(double power);

    PairMode mode() const { return m_mode; }
    void setMode(PairMode mode); // a mode that is not offered leaves all as it is
    // Where on the slide the pixels lie that the tile was made from, its middle in level-0 pixels; nothing: nowhere. Only there a
    // difference means something, so it goes there, and ends when the slide is moved away.
    void setRealPixels(std::optional<QPointF> centre);
    bool linked() const { return m_linked; }
    void setLinked(bool linked);
    LightPanel& light() { return *m_light; }

Q_SIGNALS:
    void tileChosen(int tile); // one of several, to be shown alone
    void tileWanted();         // after several or a round trip: the one that was shown before

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeToolBar();
    QWidget* makeTileHead();
    QWidget* makeSlideHead();
    void showKind(bool roundTrip);
    void showSubject(const GenerateRequest& request, const QString& title);
    void setZoom(double micronsPerPixel); // of both panes
    void fit();
    void takeSlideZoom();
    void showReadout();
    void connectPans();
    void leaveSeveral();
    void showMatch();
    void placeMatchBadge();

    // one over the other, and the light (ImagePairModes.cpp)
    void makeModes(QWidget& bar);
    bool pairKey(const QKeyEvent& event); // false: not one of ours
    void showOver();
    void showLight();
    void showAmount();

    QGridLayout* m_grid;
    QComboBox* m_modes;
    QSlider* m_amount; // of the mode: where the wipe is, how fast it flickers, how much of the tile is seen
    LightPanel* m_light;
    QTimer* m_flicker;
    QShortcut* m_stopFlicker;
    Badge *m_notLinked, *m_stainBadge, *m_matchBadge;
    StainMatch* m_match;
    PairMode m_mode = PairMode::SideBySide;
    bool m_linked = true;
    std::optional<QPointF> m_realPixels;
    bool m_phase = true, m_swapped = false, m_wiping = false;
    bool m_roundTrip = false; // is shown, and no tile

    ModelCard m_card;
    SharedCards m_cards = std::make_shared<ModelCards>();
    QLabel *m_power, *m_readout, *m_linkText, *m_tileName, *m_slideName;
    Badge *m_kindBadge, *m_previewBadge;
    ClassSwatch* m_swatch;
    TileView* m_tile;
    SlideView* m_slide;
    RunErrorBar* m_error;
    Note* m_notice;
};

} // namespace phloxine::ui
