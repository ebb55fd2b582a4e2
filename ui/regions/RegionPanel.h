#pragma once
// The tools, the labels and the list of regions, what is done with them, and what came of it.
#include <QWidget>

#include "core/image/Image.h"
#include "ui/regions/RegionLayer.h"
#include "ui/widgets/Badge.h"

class QAction;
class QButtonGroup;
class QComboBox;
class QLabel;
class QListView;
class QProgressBar;
class QPushButton;
class QSlider;
class QToolButton;

namespace phloxine::ui {

class Note;
class RegionListModel;

class RegionPanel : public QWidget {
    Q_OBJECT
public:
    explicit RegionPanel(RegionDocument& document, QWidget* parent = nullptr);
    void setSlide(bool there, const Scale& scale);
    void setLabels(const RegionLabels& labels);
    void setTool(RegionTool tool);
    void setPlacedTiles(int count, bool shown, double opacity);
    void say(Tone tone, const QString& sentence); // empty: nothing more to say
    QString said() const;
    void warn(const QString& sentence); // of keeping: it stays beside what is said until it is closed
    QString warned() const;
    void setWork(const QString& stage, double fraction); // what runs in the background; fraction below 0: nothing
    QMenu* menu() const { return m_menu; }               // the same on the slide by the right mouse button
    QString chosenClass() const;
    void setClass(const QString& id); // of new regions

Q_SIGNALS:
    void toolChosen(phloxine::ui::RegionTool tool);
    void classChosen(const QString& id);
    void newLabelRequested();
    void brushChosen(double radius);
    void goToRegion(int index);
    void tileBoxRequested();
    void tissueRequested();
    void importRequested();
    void exportRequested();
    void cutRequested();
    void initialRequested();
    void replaceRequested();
    void draftRequested();
    void roundTripRequested();
    void tilesShown(bool shown);
    void tilesOpacity(double opacity);
    void tilesCleared();
    void stopRequested();

private:
    QWidget* makeTools();
    QWidget* makeTiles();
    QWidget* makeWork();
    void makeMenus();
    void showRegions();
    void showChosen();
    void takeClass(int index);

    RegionDocument& m_document;
    RegionListModel* m_model;
    RegionLabels m_labels;
    QMenu *m_menu, *m_makeMenu;
    QWidget *m_body, *m_tiles, *m_work;
    QLabel *m_count, *m_none, *m_workText;
    QButtonGroup* m_tools;
    QComboBox* m_class;
    QWidget* m_brush;
    QListView* m_list;
    QToolButton *m_more, *m_eye;
    QPushButton* m_make;
    QSlider* m_opacity;
    QLabel* m_tilesText;
    QProgressBar* m_bar;
    Note *m_note, *m_warning;
    QAction *m_export, *m_cut, *m_deleteAll, *m_undo, *m_redo, *m_replace;
    bool m_slideThere = false;
};

} // namespace phloxine::ui
