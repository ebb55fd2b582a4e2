#pragma once
// The synthetic tile and the real slide side by side at one um/px, under a bar that says which.
#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QVBoxLayout;

namespace phloxine::ui {

class Badge;
class ClassSwatch;
class Note;
class RunErrorBar;
class SlideView;
class TileView;

class ImagePair : public QWidget {
    Q_OBJECT
public:
    explicit ImagePair(QWidget* parent = nullptr);
    SlideView& slide() { return *m_slide; }
    TileView& tile() { return *m_tile; }
    RunErrorBar& errorBar() { return *m_error; }

    void setCard(const ModelCard& card); // of the model that runs next: its scale and tile size
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void showTile(const TileRecord* tile); // null: none yet
    void showPreview(const QImage& picture, const GenerateRequest& request, int tile, int step, int steps, double micronsPerPixel);
    void showNotice(const QString& sentence);
    void refreshSlide(); // after another slide was opened
    void setMagnification(double power);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeToolBar();
    QWidget* makeTileHead();
    QWidget* makeSlideHead();
    void showSubject(const GenerateRequest& request, const QString& title);
    void setZoom(double micronsPerPixel); // of both panes
    void fit();
    void takeSlideZoom();
    void showReadout();

    ModelCard m_card;
    SharedCards m_cards = std::make_shared<ModelCards>();
    QLabel *m_power, *m_readout, *m_linkText, *m_tileName, *m_slideName;
    Badge* m_previewBadge;
    ClassSwatch* m_swatch;
    TileView* m_tile;
    SlideView* m_slide;
    RunErrorBar* m_error;
    Note* m_notice;
};

} // namespace phloxine::ui
