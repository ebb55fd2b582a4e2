#pragma once
// The frame of the program: menu, rail, the page of the workspace, status row. It forwards actions to the page and shows what the page
// reports; it knows no model and no slide itself.
#include <memory>

#include <QMainWindow>

class QAction;
class QActionGroup;
class QLabel;
class QMenu;

namespace phloxine {
class ModelStore;
}

namespace phloxine::ui {

class GeneratePage;
class JobBridge;
class NavRail;
class StatusRow;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent = nullptr);
    ~MainWindow() override;
    GeneratePage* page() const { return m_page; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    // menus (menus.cpp)
    void buildMenus();
    void buildFileMenu();
    void buildViewMenu();
    void buildSlideMenu();
    void buildRunMenu();
    void buildHelpMenu();
    void buildCorner();
    QAction* addAction(QMenu* menu, const QString& text, const QKeySequence& keys, void (GeneratePage::*slot)());
    void addThemeChoices(QMenu* menu);

    void showStatus(const QString& text, double fraction);
    void showDevice();
    void toggleFullScreen(bool on);
    void cyclePanel(int direction);
    QList<QWidget*> panels() const; // in the order of F6
    void restore();
    void remember() const;
    bool mayClose();

    NavRail* m_rail;
    GeneratePage* m_page;
    StatusRow* m_status;
    QMenu* m_themeMenu = nullptr;
    QActionGroup* m_themes = nullptr;
    QAction *m_stopNow = nullptr, *m_stopAfterTile = nullptr;
    QLabel* m_researchIcon = nullptr;
};

} // namespace phloxine::ui
