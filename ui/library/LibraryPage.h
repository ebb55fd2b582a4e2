#pragma once
// The Library workspace: all tiles of the project. On the left which are shown, in the middle the tiles, on the right what is known of the
// selected ones and what can be done with them.
#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QPushButton;
class QStackedWidget;

namespace phloxine::ui {

class EmptyState;
class FilterPanel;
class LibraryModel;
class Note;
class ProjectBridge;
class RecordPanel;
class TileGallery;
enum class TileAction;

class LibraryPage : public QWidget {
    Q_OBJECT
public:
    explicit LibraryPage(ProjectBridge& project, QWidget* parent = nullptr);
    void setCards(SharedCards cards);
    LibraryModel& model() { return *m_model; }
    void showTrash(bool on);
    void setAskBeforeTrash(bool ask) { m_ask = ask; }

public Q_SLOTS:
    void undo(); // of what was moved to the trash last
    void find();

Q_SIGNALS:
    void useSeed(quint64 seed);
    void useAll(const phloxine::GenerateRequest& request);
    void remix(const phloxine::GenerateRequest& request);
    void generateRequested();
    void doNotAskAgain(); // before tiles go to the trash

private:
    QWidget* makeLeft();
    QWidget* makeCentre();
    QWidget* makeRight();
    QWidget* makeHead(QWidget* parent);
    void connectParts();

    // what is done with the tiles (LibraryPageActions.cpp)
    void act(TileAction action);
    void showTiles(); // the selected one, or two side by side
    void trash();
    void emptyTrash();
    void showMenu(QPoint global);
    bool mayTrash(int tiles);

    void applyFilter();
    void showCount();
    void say(const QString& sentence, const QString& action = {});

    ProjectBridge& m_project;
    LibraryModel* m_model;
    SharedCards m_cards = std::make_shared<ModelCards>();
    FilterPanel* m_filter;
    TileGallery* m_gallery;
    RecordPanel* m_record;
    QStackedWidget* m_centre;
    EmptyState* m_empty;
    QPushButton *m_emptyButton, *m_trash, *m_emptyTrash;
    QLabel *m_title, *m_count;
    Note* m_note;
    bool m_inTrash = false, m_ask = true;
};

} // namespace phloxine::ui
