#pragma once
// The column at the left edge: one button for each workspace, icon over word, and the settings at the bottom.
#include <QWidget>

class QAbstractButton;
class QVBoxLayout;

namespace phloxine::ui {

class NavRail : public QWidget {
    Q_OBJECT
public:
    explicit NavRail(QWidget* parent = nullptr);
    QAbstractButton* addWorkspace(const char* icon, const QString& word);

Q_SIGNALS:
    void settingsRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QVBoxLayout* m_column;
    QAbstractButton* m_settings;
    int m_workspaces = 0;
};

} // namespace phloxine::ui
