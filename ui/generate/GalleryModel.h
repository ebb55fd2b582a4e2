#pragma once
// The cards of the gallery: finished tiles, then what the open jobs will still make. A preview is a state of the card under way, never a
// tile: only finished tiles are counted and kept.
#include <vector>

#include <QAbstractListModel>
#include <QImage>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/JobList.h"

namespace phloxine::ui {

enum class CardState { Finished, Forming, Waiting };

struct GalleryCard {
    CardState state = CardState::Waiting;
    QImage picture; // thumbnail, or the preview
    GenerateRequest request;
    quint64 seed = 0;
    int step = 0, steps = 0;
    bool saved = false;
    std::optional<NearestTraining> nearest = {};
};

class GalleryModel : public QAbstractListModel {
    Q_OBJECT
public:
    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override; // texts only; the delegate asks for cards
    Qt::ItemFlags flags(const QModelIndex& index) const override;

    GalleryCard card(int row) const;
    const TileRecord* tile(int row) const; // null for cards that are not finished
    int finishedCount() const { return int(m_tiles.size()); }
    int formingRow() const; // -1 when no tile is under way

    int addTile(quint64 job, const TileRecord& record);          // returns its row
    int setNearest(quint64 job, const NearestTraining& nearest); // of the newest tile of the job: its row, -1 for none
    void setPreview(const QImage& picture, int step, int steps);
    void setJobs(const std::vector<JobRow>& jobs); // what is still to come

private:
    struct Place { // one card to come
        quint64 job = 0;
        GenerateRequest request;
        bool operator==(const Place&) const = default;
    };
    void setPlaces(std::vector<Place> places, bool forming);

    std::vector<TileRecord> m_tiles;
    std::vector<quint64> m_jobs; // parallel to them
    std::vector<Place> m_places;
    bool m_forming = false; // the first place is the tile under way
    QImage m_preview;
    int m_step = 0, m_steps = 0;
};

} // namespace phloxine::ui
