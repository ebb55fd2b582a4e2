#include "ui/shell/ActionFinder.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/widgets/keys.h"

namespace phloxine::ui {
namespace {

QString words(const QString& text) { // without the mark of the letter, the dots and a key that is only shown
    return QString(text).section(QLatin1Char('\t'), 0, 0).remove(QLatin1Char('&')).remove(QStringLiteral("...")).remove(QChar(0x2026));
}

} // namespace

ActionFinder::ActionFinder(QMenuBar* menus, QWidget* parent)
    : QDialog(parent), m_search(new QLineEdit(this)), m_list(new QTreeWidget(this)) {
    setWindowTitle(tr("Find an action"));
    resize(560, 420);
    m_search->setObjectName(QStringLiteral("actionSearch"));
    m_search->setPlaceholderText(tr("What do you want to do?"));
    m_search->setAccessibleName(tr("Find an action"));
    m_search->installEventFilter(this);
    m_list->setColumnCount(2);
    m_list->setHeaderHidden(true);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAccessibleName(tr("Actions"));
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(m_search);
    column->addWidget(m_list, 1);
    for (QAction* menu : menus->actions())
        if (menu->menu()) add(words(menu->text()), menu->menu()->actions());
    connect(m_search, &QLineEdit::textChanged, this, &ActionFinder::filter);
    connect(m_search, &QLineEdit::returnPressed, this, &ActionFinder::act);
    connect(m_list, &QTreeWidget::itemActivated, this, &ActionFinder::act);
    filter({});
}

void ActionFinder::add(const QString& path, const QList<QAction*>& actions) {
    for (QAction* action : actions) {
        if (action->isSeparator() || action->text().isEmpty()) continue;
        const QString name = tr("%1: %2", "menu, action").arg(path, words(action->text()));
        if (action->menu()) {
            Q_EMIT action->menu()->aboutToShow(); // menus of recent things are filled only then
            add(name, action->menu()->actions());
            continue;
        }
        auto* item = new QTreeWidgetItem({name, shownKeys(action->shortcuts())});
        item->setDisabled(!action->isEnabled());
        m_list->addTopLevelItem(item);
        m_actions.append(action);
    }
}

// Every word must be there; the order does not matter.
void ActionFinder::filter(const QString& text) {
    const QStringList wanted = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    QTreeWidgetItem* first = nullptr;
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        auto* item = m_list->topLevelItem(i);
        const bool found = std::all_of(wanted.begin(), wanted.end(),
                                       [&](const QString& word) { return item->text(0).contains(word, Qt::CaseInsensitive); });
        item->setHidden(!found);
        if (found && !first && !item->isDisabled()) first = item;
    }
    m_list->setCurrentItem(first);
}

void ActionFinder::act() {
    auto* item = m_list->currentItem();
    if (!item || item->isHidden() || item->isDisabled()) return;
    QAction* action = m_actions[m_list->indexOfTopLevelItem(item)];
    accept();
    QTimer::singleShot(0, action, &QAction::trigger); // when the focus is back where it was
}

bool ActionFinder::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up || key == Qt::Key_PageDown || key == Qt::Key_PageUp) {
            QApplication::sendEvent(m_list, event);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace phloxine::ui
