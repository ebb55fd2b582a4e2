#pragma once
// The frame of the program: menu, rail, the pages of the workspaces, status row. It forwards actions to the pages and shows what they
// report; it knows no model and no slide itself.
#include <memory>

#include <QMainWindow>

class QAbstractButton;
class QAction;
class QActionGroup;
class QLabel;
class QMenu;
class QStackedWidget;

namespace phloxine {
class ModelStore;
}

namespace phloxine::ui {

class ComparePage;
class GeneratePage;
class JobBridge;
class LibraryPage;
class ModelsPage;
class NavRail;
class Note;
class ProjectBridge;
class StatusRow;
class TrainPage;
enum class Tone;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent = nullptr);
    ~MainWindow() override;
    GeneratePage* page() const { return m_page; }
    ModelsPage* models() const { return m_models; }
    LibraryPage* library() const { return m_library; }
    ComparePage* compare() const { return m_compare; }
    TrainPage* train() const { return m_train; }
    ProjectBridge* project() const { return m_project; }
    void openProject(const QString& folder); // refused while a run goes on
    void showWorkspace(QWidget* page);       // one of the five

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    // menus (menus.cpp)
    void buildMenus();
    void buildFileMenu();
    void buildEditMenu();
    void buildViewMenu();
    void buildSlideMenu();
    void buildRunMenu();
    void buildHelpMenu();
    void addWorkspaceChoice(QMenu* menu, const QString& text, const char* keys, QWidget* page);
    void buildCorner();
    // Goes to the Generate page first when what it does is seen there.
    QAction* addAction(QMenu* menu, const QString& text, const char* keys, void (GeneratePage::*slot)(), bool seen = true);
    void addThemeChoices(QMenu* menu);

    // projects (projects.cpp)
    void addProjectChoices(QMenu* menu);
    void addRecentSlides(QMenu* menu);
    void connectProject();
    void openFirstProject();
    void openFound(const QString& folder); // that somebody chose: a project, or a folder of tiles
    void newProject();
    void openProjectDialog();
    void showProjectName();
    void nameProject(const QString& text);
    void sayOfProject(Tone tone, const QString& text, const QString& action);

    void addWorkspace(const char* icon, const QString& word, QWidget* page);
    void connectPages();
    void showSettings();
    void applySettings(); // those that act at once; the theme applies itself
    void runHere();       // what is set up on the page that is shown
    void stopHere();      // the job that is being done
    void showStatus(const QString& text, double fraction);
    void showDevice();
    void toggleFullScreen(bool on);
    void cyclePanel(int direction);
    QList<QWidget*> panels() const; // in the order of F6
    void restore();
    void remember() const;
    bool mayClose();

    ProjectBridge* m_project;
    NavRail* m_rail;
    QStackedWidget* m_pages;
    GeneratePage* m_page;
    LibraryPage* m_library;
    ModelsPage* m_models;
    ComparePage* m_compare;
    TrainPage* m_train;
    StatusRow* m_status;
    JobBridge& m_bridge;
    QActionGroup* m_themes = nullptr;
    QAction *m_stopNow = nullptr, *m_stopAfterTile = nullptr;
    QLabel *m_researchIcon = nullptr, *m_projectName = nullptr;
    Note* m_projectNote;
    QString m_projectTried; // that could not be opened
};

} // namespace phloxine::ui
