#pragma once
// Everything that the menus can do, found by words and done with Return.
#include <QDialog>

class QAction;
class QLineEdit;
class QMenuBar;
class QTreeWidget;

namespace phloxine::ui {

class ActionFinder : public QDialog {
    Q_OBJECT
public:
    explicit ActionFinder(QMenuBar* menus, QWidget* parent = nullptr);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // arrows in the field move in the list

private:
    void add(const QString& path, const QList<QAction*>& actions);
    void filter(const QString& text);
    void act();

    QLineEdit* m_search;
    QTreeWidget* m_list;
    QList<QAction*> m_actions; // of the rows
};

} // namespace phloxine::ui
