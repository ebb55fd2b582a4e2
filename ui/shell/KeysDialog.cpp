#include "ui/shell/KeysDialog.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QKeySequence>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace phloxine::ui {
namespace {

void add(QTreeWidget* list, const QString& what, const QString& keys) { list->addTopLevelItem(new QTreeWidgetItem({what, keys})); }

QString shown(const char* sequence) { // in the words of the system, "Strg+O"
    return QKeySequence(QString::fromLatin1(sequence)).toString(QKeySequence::NativeText);
}

} // namespace

KeysDialog::KeysDialog(QWidget* parent) : QDialog(parent), m_list(new QTreeWidget(this)) {
    setWindowTitle(tr("Keys of this screen"));
    resize(480, 560);
    auto* search = new QLineEdit(this);
    search->setPlaceholderText(tr("Find a key or an action"));
    search->setAccessibleName(tr("Find a key or an action"));
    m_list->setHeaderLabels({tr("Action"), tr("Keys")});
    m_list->setRootIsDecorated(false);
    m_list->setAccessibleName(tr("Keys"));
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    add(m_list, tr("Open slide"), shown("Ctrl+O"));
    add(m_list, tr("Open project"), shown("Ctrl+Shift+O"));
    add(m_list, tr("Export tiles"), shown("Ctrl+E"));
    add(m_list, tr("Generate, compare or train what is set up on this screen"), shown("Ctrl+Return"));
    add(m_list, tr("Stop now; a training pauses"), shown("Ctrl+."));
    add(m_list, tr("Stop after this tile"), shown("Ctrl+Shift+."));
    add(m_list, tr("Workspace: Generate, Compare, Train, Models, Library"),
        shown("Alt+1") + QStringLiteral(", ") + shown("Alt+2") + QStringLiteral(", ") + shown("Alt+5") + QStringLiteral(", ") +
            shown("Alt+6") + QStringLiteral(", ") + shown("Alt+7"));
    add(m_list, tr("Next panel, previous panel"), shown("F6") + QStringLiteral(", ") + shown("Shift+F6"));
    add(m_list, tr("Full screen"), shown("F11"));
    add(m_list, tr("Keys of this screen"), shown("F1"));
    add(m_list, tr("Image: 2.5×, 5×, 10×, 20×, 40×"), QStringLiteral("1 2 3 4 5"));
    add(m_list, tr("Image: larger, smaller"), QStringLiteral("+ −"));
    add(m_list, tr("Image: fit the tile"), QStringLiteral("0"));
    add(m_list, tr("Slide: move, by one tile with Shift"), tr("Arrow keys"));
    add(m_list, tr("Image: side by side, wipe, flicker, difference"), QStringLiteral("V W F D"));
    add(m_list, tr("Image: less or more of the tile, slower or faster"), QStringLiteral(", ."));
    add(m_list, tr("Image: swap tile and slide while held, stop the flicker"), shown("Space") + QStringLiteral(", ") + shown("Esc"));
    add(m_list, tr("Image: link the panes, tile grid, stain view"), QStringLiteral("L G H"));
    add(m_list, tr("Image: turn left, turn right, flip"), QStringLiteral("[ ] M"));
    add(m_list, tr("Choices in a row: choose another"), tr("Arrow keys"));
    add(m_list, tr("Models: use the chosen one in Generate"), shown("Return"));
    add(m_list, tr("Library: find by words"), shown("Ctrl+F"));
    add(m_list, tr("Library: move, by a screen, to the first and last tile"), tr("Arrow keys, Page up and down, Home, End"));
    add(m_list, tr("Library: choose several, all"), tr("%1 or %2 and a click, %3").arg(tr("Shift"), tr("Ctrl"), shown("Ctrl+A")));
    add(m_list, tr("Library: star, reject"), QStringLiteral("S, X"));
    add(m_list, tr("Library: tag as blur, nuclei, stain, seam"), shown("Shift+1") + QStringLiteral("\u2026") + shown("Shift+4"));
    add(m_list, tr("Library: use seed, use all, remix"), QStringLiteral("U, A, R"));
    add(m_list, tr("Library: show the tile, or compare two"), shown("Return"));
    add(m_list, tr("Library: move to the trash, bring back"), shown("Del") + QStringLiteral(", ") + shown("Ctrl+Z"));
    add(m_list, tr("Quit"), shown("Ctrl+Q"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(search, &QLineEdit::textChanged, this, &KeysDialog::filter);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(search);
    column->addWidget(m_list, 1);
    column->addWidget(buttons);
}

void KeysDialog::filter(const QString& text) {
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_list->topLevelItem(i);
        const bool found = item->text(0).contains(text, Qt::CaseInsensitive) || item->text(1).contains(text, Qt::CaseInsensitive);
        item->setHidden(!found);
    }
}

} // namespace phloxine::ui
