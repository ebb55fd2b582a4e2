#pragma once
// The finished tiles of this session in a row, with the places of those to come.
#include <QWidget>

#include "ui/generate/GalleryModel.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QListView;
class QPushButton;

namespace phloxine::ui {

class GalleryDelegate;

class GalleryStrip : public QWidget {
    Q_OBJECT
public:
    explicit GalleryStrip(QWidget* parent = nullptr);
    void setCards(SharedCards cards);
    void setJobs(const std::vector<JobRow>& jobs);
    void addTile(quint64 job, const TileRecord& record);
    void showPreview(const QImage& picture, int step, int steps);

    const GalleryModel& model() const { return *m_model; }
    const TileRecord* current() const;           // the tile that is shown; null while none is, or the one under way
    bool followsRun() const { return m_follow; } // nothing else was chosen: previews and new tiles are shown
    std::vector<TileRecord> allTiles() const;
    std::vector<TileRecord> selectedTiles() const;

Q_SIGNALS:
    void currentChanged();
    void exportRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void choose(int row);
    void takeChoice(int row);
    void showCount();

    GalleryModel* m_model;
    GalleryDelegate* m_delegate;
    QListView* m_list;
    QLabel *m_count, *m_empty;
    QPushButton* m_export;
    bool m_follow = true, m_choosing = false;
};

} // namespace phloxine::ui
