#include "ui/generate/GalleryModel.h"

#include <algorithm>

#include "ui/generate/words.h"

namespace phloxine::ui {

namespace {
constexpr int mostPlaces = 24; // more cards to come would only push the scroll bar together
} // namespace

int GalleryModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int(m_tiles.size() + m_places.size()); }

const TileRecord* GalleryModel::tile(int row) const { return row >= 0 && row < finishedCount() ? &m_tiles[std::size_t(row)] : nullptr; }

int GalleryModel::formingRow() const { return m_forming ? finishedCount() : -1; }

GalleryCard GalleryModel::card(int row) const {
    if (const TileRecord* record = tile(row))
        return {CardState::Finished,     record->thumbnail, record->request, record->request.seed, 0, 0,
                !record->file.isEmpty(), record->nearest};
    const std::size_t place = std::size_t(row - finishedCount());
    if (place >= m_places.size()) return {};
    const GenerateRequest& request = m_places[place].request;
    if (place == 0 && m_forming) return {CardState::Forming, m_preview, request, request.seed, m_step, m_steps, false};
    return {CardState::Waiting, {}, request, request.seed, 0, 0, false};
}

QVariant GalleryModel::data(const QModelIndex& index, int role) const {
    if (role != Qt::AccessibleTextRole && role != Qt::ToolTipRole) return {};
    const GalleryCard shown = card(index.row());
    const QString name = fromUtf8(shown.request.classId.empty() ? shown.request.prompt : shown.request.classId);
    switch (shown.state) {
    case CardState::Finished:
        if (const QString near = nearestText(shown.nearest); !near.isEmpty())
            return tr("Synthetic tile, %1, seed %2, %3", "%3: how near the nearest training tile is")
                .arg(name, groupedSeed(shown.seed), near);
        return tr("Synthetic tile, %1, seed %2").arg(name, groupedSeed(shown.seed));
    case CardState::Forming:
        return tr("Tile under way, %1, step %2 of %3").arg(name).arg(shown.step).arg(shown.steps);
    case CardState::Waiting:
        return tr("Waiting, %1, seed %2").arg(name, groupedSeed(shown.seed));
    }
    return {};
}

Qt::ItemFlags GalleryModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemNeverHasChildren;
    return tile(index.row()) || index.row() == formingRow() ? flags | Qt::ItemIsSelectable : flags;
}

int GalleryModel::addTile(quint64 job, const TileRecord& record) {
    const int row = finishedCount();
    // The tile takes the place that waited for it; without one (a job that is not ours) it is inserted.
    if (!m_places.empty() && m_places.front().job == job) {
        m_places.erase(m_places.begin());
        m_tiles.push_back(record);
        m_jobs.push_back(job);
        m_forming = false;
        m_preview = {};
        Q_EMIT dataChanged(index(row), index(row));
        return row;
    }
    beginInsertRows({}, row, row);
    m_tiles.push_back(record);
    m_jobs.push_back(job);
    endInsertRows();
    return row;
}

int GalleryModel::setNearest(quint64 job, const NearestTraining& nearest) {
    const auto newest = std::find(m_jobs.rbegin(), m_jobs.rend(), job);
    if (newest == m_jobs.rend()) return -1;
    const int row = int(m_jobs.rend() - newest) - 1;
    m_tiles[std::size_t(row)].nearest = nearest;
    Q_EMIT dataChanged(index(row), index(row));
    return row;
}

void GalleryModel::setPreview(const QImage& picture, int step, int steps) {
    if (m_places.empty()) return;
    m_forming = true;
    m_preview = picture;
    m_step = step;
    m_steps = steps;
    Q_EMIT dataChanged(index(finishedCount()), index(finishedCount()));
}

void GalleryModel::setJobs(const std::vector<JobRow>& jobs) {
    std::vector<Place> places;
    bool forming = false;
    const auto add = [&places](const JobRow& job) {
        for (int i = job.tilesDone; i < job.request.count && int(places.size()) < mostPlaces; ++i)
            places.push_back({job.id, forTile(job.request, i)});
    };
    for (const JobRow& job : jobs)
        if (job.state == JobState::Running) {
            add(job);
            forming = !places.empty();
        }
    for (const JobRow& job : jobs)
        if (job.state == JobState::Waiting) add(job);
    setPlaces(std::move(places), forming);
}

void GalleryModel::setPlaces(std::vector<Place> places, bool forming) {
    if (!forming) {
        m_preview = {};
        m_step = m_steps = 0;
    }
    if (places == m_places && forming == m_forming) return;
    const int first = finishedCount(), before = int(m_places.size()), after = int(places.size());
    if (after > before) beginInsertRows({}, first + before, first + after - 1);
    if (after < before) beginRemoveRows({}, first + after, first + before - 1);
    m_places = std::move(places);
    m_forming = forming;
    if (after > before) endInsertRows();
    if (after < before) endRemoveRows();
    if (after) Q_EMIT dataChanged(index(first), index(first + after - 1));
}

} // namespace phloxine::ui
