#include "ui/library/LibraryModel.h"

#include <algorithm>

#include "ui/bridge/ProjectBridge.h"

namespace phloxine::ui {

namespace {
constexpr int refreshMs = 120, mostRecords = 4000, mostIdsAsked = 600, mostLookedAt = 200;
} // namespace

LibraryModel::LibraryModel(ProjectBridge& project, QObject* parent) : QObject(parent), m_project(project) {
    m_soon.setSingleShot(true);
    m_soon.setInterval(refreshMs);
    connect(&m_soon, &QTimer::timeout, this, &LibraryModel::refresh);
    connect(&project, &ProjectBridge::changed, this, [this] {
        if (!m_soon.isActive()) m_soon.start();
    });
    connect(&project, &ProjectBridge::opened, this, [this] {
        m_records.clear(), m_undo.clear(), m_ids.clear();
        m_selection.reset(0);
        m_known = m_asked = false;
        Q_EMIT selectionChanged();
        refresh();
    });
    connect(&project, &ProjectBridge::failed, this, [this] { m_asked = false; }); // it may have been this that failed
}

// Not asked again before it is answered: a fast run would fill the project's thread with questions.
void LibraryModel::refresh() {
    if (m_asked) return m_soon.start();
    m_asked = true;
    m_project.ask(
        this,
        [](Project& project) {
            TileFilter trash;
            trash.trash = true;
            return std::pair(project.facets(), int(project.find(trash).size()));
        },
        [this](const std::pair<Facets, int>& answer) {
            m_asked = false;
            std::tie(m_facets, m_trash) = answer;
            Q_EMIT facetsChanged();
        });
    find();
}

void LibraryModel::setFilter(const TileFilter& filter) {
    m_filter = filter;
    m_fresh = true;
    find();
}

void LibraryModel::find() {
    m_project.ask(
        this, [filter = m_filter](Project& project) { return project.find(filter); },
        [this, turn = ++m_findTurn](std::vector<std::int64_t>& ids) {
            if (turn == m_findTurn) takeIds(std::move(ids));
        });
}

// The selection stays with the tiles, wherever they lie now.
void LibraryModel::takeIds(std::vector<std::int64_t> ids) {
    auto selected = selectedIds();
    std::sort(selected.begin(), selected.end());
    const auto current = m_selection.current() < 0 ? -1 : id(m_selection.current());
    const int place = m_selection.current();
    m_ids = std::move(ids);
    m_selection.reset(count());
    std::vector<int> kept;
    int now = -1;
    if (!selected.empty() || current >= 0)
        for (int i = 0; i < count(); ++i) {
            if (std::binary_search(selected.begin(), selected.end(), id(i))) kept.push_back(i);
            if (id(i) == current) now = i;
        }
    if (now < 0 && place >= 0 && count() && !m_fresh) now = std::min(place, count() - 1); // its neighbour, where it has gone
    if (kept.empty() && !selected.empty() && now >= 0) kept.push_back(now);
    m_selection.restore(kept, now);
    m_known = true, m_fresh = false;
    Q_EMIT listChanged();
    Q_EMIT selectionChanged();
    // What is seen may have changed without moving.
    std::vector<std::int64_t> seen;
    for (int i = m_first; i < std::min(m_behind, count()); ++i) seen.push_back(id(i));
    for (const int index : kept)
        if (seen.size() < std::size_t(mostIdsAsked) && (index < m_first || index >= m_behind)) seen.push_back(id(index));
    fetch(std::move(seen), true);
}

const LibraryTile* LibraryModel::record(int index) const {
    if (index < 0 || index >= count()) return nullptr;
    const auto found = m_records.find(id(index));
    return found == m_records.end() ? nullptr : &found->second;
}

void LibraryModel::look(int first, int behind) {
    m_first = first, m_behind = behind;
    const int around = std::max(1, behind - first);
    std::vector<std::int64_t> wanted;
    const auto add = [&](int from, int to) {
        for (int i = std::max(0, from); i < std::min(to, count()); ++i)
            if (!m_records.contains(id(i))) wanted.push_back(id(i));
    };
    add(first, behind);
    if (!wanted.empty()) add(behind, behind + around), add(first - around, first); // with the next screens, so that most moves need none
    if (!wanted.empty()) fetch(std::move(wanted), false);
}

void LibraryModel::fetch(std::vector<std::int64_t> ids, bool again) {
    if (ids.empty()) return;
    if (ids.size() > std::size_t(mostIdsAsked)) ids.resize(std::size_t(mostIdsAsked));
    const quint64 turn = again ? m_fetchTurn : ++m_fetchTurn;
    m_project.ask(
        this, [ids = std::move(ids)](Project& project) { return project.records(ids); },
        [this, turn, again](std::vector<LibraryTile>& tiles) {
            if (int(m_records.size()) > mostRecords) m_records.clear();
            for (auto& tile : tiles) m_records[tile.id] = std::move(tile);
            if (turn != m_fetchTurn && !again) return; // a later answer paints it
            Q_EMIT recordsChanged();
        });
}

void LibraryModel::select(const std::function<void(Selection&)>& change) {
    change(m_selection);
    Q_EMIT selectionChanged();
}

std::vector<std::int64_t> LibraryModel::selectedIds() const {
    std::vector<std::int64_t> ids;
    for (const int index : m_selection.indices()) ids.push_back(id(index));
    return ids;
}

// Enough to show a state by; with a hundred thousand selected not all are looked at.
std::vector<const LibraryTile*> LibraryModel::knownSelected() const {
    std::vector<const LibraryTile*> tiles;
    for (int i = 0, seen = 0; i < count() && seen < std::min(m_selection.size(), mostLookedAt); ++i) {
        if (!m_selection.contains(i)) continue;
        ++seen;
        if (const auto* tile = record(i)) tiles.push_back(tile);
    }
    return tiles;
}

bool LibraryModel::allSelected(bool LibraryTile::*mark) const {
    const auto tiles = knownSelected();
    return !tiles.empty() && std::all_of(tiles.begin(), tiles.end(), [&](const auto* tile) { return tile->*mark; });
}

bool LibraryModel::allSelectedHave(const std::string& tag) const {
    const auto tiles = knownSelected();
    return !tiles.empty() && std::all_of(tiles.begin(), tiles.end(),
                                         [&](const auto* tile) { return std::binary_search(tile->tags.begin(), tile->tags.end(), tag); });
}

void LibraryModel::mark(const TileMarks& marks) {
    auto ids = selectedIds();
    if (ids.empty()) return;
    m_project.change([ids = std::move(ids), marks](Project& project) { project.mark(ids, marks); });
}

void LibraryModel::toggle(std::optional<bool> TileMarks::*field, bool LibraryTile::*flag) {
    TileMarks marks;
    marks.*field = !allSelected(flag);
    mark(marks);
}

void LibraryModel::toggleTag(const std::string& tag) {
    TileMarks marks;
    (allSelectedHave(tag) ? marks.removeTags : marks.addTags).push_back(tag);
    mark(marks);
}

void LibraryModel::trashSelected() {
    auto ids = selectedIds();
    if (ids.empty()) return;
    if (m_filter.trash) {
        m_undo.clear();
        return m_project.change([ids = std::move(ids)](Project& project) { project.restore(ids); });
    }
    m_undo = ids;
    const int tiles = int(ids.size());
    m_project.change([ids = std::move(ids)](Project& project) { project.moveToTrash(ids); });
    Q_EMIT trashed(tiles);
}

void LibraryModel::undoTrash() {
    if (m_undo.empty()) return;
    m_project.change([ids = std::exchange(m_undo, {})](Project& project) { project.restore(ids); });
}

void LibraryModel::emptyTrash() {
    m_undo.clear();
    m_project.change([](Project& project) { project.emptyTrash(); });
}

} // namespace phloxine::ui
