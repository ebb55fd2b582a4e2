#pragma once
// The finished tiles of this session in a row, with the places of those to come.
#include <QWidget>

#include "ui/generate/GalleryModel.h"
#include "ui/generate/ModelCards.h"

class QAction;
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
    QString setNearest(quint64 job, const NearestTraining& nearest); // of its newest tile, whose file is returned
    void showPreview(const QImage& picture, int step, int steps);

    const GalleryModel& model() const { return *m_model; }
    const TileRecord* current() const;           // the tile that is shown; null while none is, or the one under way
    bool followsRun() const { return m_follow; } // nothing else was chosen: previews and new tiles are shown
    std::vector<TileRecord> allTiles() const;
    std::vector<int> selectedRows() const; // of finished tiles
    std::vector<TileRecord> selectedTiles() const;
    void choose(int tile); // as by a click

Q_SIGNALS:
    void currentChanged();
    void currentMeasured(); // how near it is to the training tiles is known now
    void exportRequested();
    void togetherRequested(); // the selected tiles, 2 to 4

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showRow(int row);
    void showTogether();
    void showSelection();
    void takeChoice(int row);
    void showCount();

    GalleryModel* m_model;
    GalleryDelegate* m_delegate;
    QListView* m_list;
    QLabel *m_count, *m_empty;
    QPushButton *m_export, *m_together;
    QAction* m_togetherAction;
    bool m_follow = true, m_choosing = false;
};

} // namespace phloxine::ui
