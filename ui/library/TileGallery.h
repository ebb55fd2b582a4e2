#pragma once
// The cards of the library, painted by hand: only those that are seen are known and drawn, however many there are.
#include <QAbstractScrollArea>

#include "ui/generate/ModelCards.h"
#include "ui/library/CardGrid.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/ThumbnailStore.h"

class QMimeData;

namespace phloxine::ui {

enum class TileAction { Star, Reject, UseSeed, UseAll, Remix, Show, Trash };

class TileGallery : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit TileGallery(LibraryModel& model, QWidget* parent = nullptr);
    void setCards(SharedCards cards);
    const ModelCards& cards() const { return *m_cards; }
    LibraryModel& model() const { return m_model; }
    ThumbnailStore& thumbnails() { return *m_thumbnails; }
    QRect cardRect(int index) const; // in the viewport
    std::pair<int, int> shown() const;
    void showIndex(int index); // scrolls to it
    QString spoken(int index) const;
    std::unique_ptr<QMimeData> dragData() const; // of the selected tiles: files, and the picture of a single one; null: none is there

Q_SIGNALS:
    void actionChosen(phloxine::ui::TileAction action);
    void artefactChosen(int tag); // 0..3
    void menuRequested(QPoint global);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    CardGrid grid() const;
    int top() const;
    void arrange();
    void look(); // asks for what is seen now
    void wantPictures();
    void listChanged();
    bool actOn(const QKeyEvent& event);
    void dragOut();
    void announce();

    LibraryModel& m_model;
    ThumbnailStore* m_thumbnails;
    SharedCards m_cards = std::make_shared<ModelCards>();
    QPoint m_pressed;
    int m_hover = -1, m_choice = -1; // choice: pressed on a selected card, chosen alone when it is let go
    bool m_mayDrag = false;
};

} // namespace phloxine::ui
