#pragma once
// The tiles that a filter finds: their ids all, their records only around what is looked at. Everything is asked of the project's thread;
// an answer that is overtaken by another question is dropped.
#include <functional>
#include <optional>
#include <unordered_map>

#include <QObject>
#include <QTimer>

#include "core/project/Project.h"
#include "ui/library/Selection.h"

namespace phloxine::ui {

class ProjectBridge;
using LibraryTile = phloxine::TileRecord; // of core/project; the bridge's TileRecord has the picture too

class LibraryModel : public QObject {
    Q_OBJECT
public:
    explicit LibraryModel(ProjectBridge& project, QObject* parent = nullptr);
    ProjectBridge& project() { return m_project; }

    void setFilter(const TileFilter& filter);
    const TileFilter& filter() const { return m_filter; }
    int count() const { return int(m_ids.size()); }
    bool known() const { return m_known; } // the first answer has come
    std::int64_t id(int index) const { return m_ids[std::size_t(index)]; }
    const LibraryTile* record(int index) const; // null: not read yet
    void look(int first, int behind);           // these are seen: their records are fetched, and some around them
    const Facets& facets() const { return m_facets; }
    int trashCount() const { return m_trash; }

    const Selection& selection() const { return m_selection; }
    void select(const std::function<void(Selection&)>& change);
    std::vector<std::int64_t> selectedIds() const;
    std::vector<const LibraryTile*> knownSelected() const; // the first of them, as far as they have been read
    bool allSelected(bool LibraryTile::*mark) const;       // of those
    bool allSelectedHave(const std::string& tag) const;

    void mark(const TileMarks& marks); // the selected
    void toggle(std::optional<bool> TileMarks::*field, bool LibraryTile::*mark);
    void toggleTag(const std::string& tag);
    void trashSelected(); // or restores it, in the trash
    bool canUndo() const { return !m_undo.empty(); }
    void undoTrash(); // what was last put there
    void emptyTrash();

Q_SIGNALS:
    void listChanged();    // other ids
    void recordsChanged(); // some of what is looked at
    void selectionChanged();
    void facetsChanged();
    void trashed(int tiles); // can be undone

private:
    void refresh();
    void find();
    void takeIds(std::vector<std::int64_t> ids);
    void fetch(std::vector<std::int64_t> ids, bool again);

    ProjectBridge& m_project;
    TileFilter m_filter;
    std::vector<std::int64_t> m_ids, m_undo;
    std::unordered_map<std::int64_t, LibraryTile> m_records;
    Facets m_facets;
    int m_trash = 0, m_first = 0, m_behind = 0;
    quint64 m_findTurn = 0, m_fetchTurn = 0;
    bool m_known = false, m_asked = false, m_fresh = false; // fresh: another filter, so nothing has a neighbour
    Selection m_selection;
    QTimer m_soon; // many tiles in one moment are one question
};

} // namespace phloxine::ui
