// The part of LibraryPage that does something with tiles.
#include <QCheckBox>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>

#include "ui/bridge/ProjectBridge.h"
#include "ui/generate/words.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/RecordPanel.h"
#include "ui/library/TileGallery.h"
#include "ui/library/TilesDialog.h"
#include "ui/library/read_tile.h"
#include "ui/widgets/Note.h"

namespace phloxine::ui {

void LibraryPage::act(TileAction action) {
    const auto& one = m_record->shown();
    switch (action) {
    case TileAction::Star:
        return m_model->toggle(&TileMarks::star, &LibraryTile::star);
    case TileAction::Reject:
        return m_model->toggle(&TileMarks::rejected, &LibraryTile::rejected);
    case TileAction::UseSeed:
        if (one) Q_EMIT useSeed(one->request.seed);
        return;
    case TileAction::UseAll:
        if (one) Q_EMIT useAll(one->request);
        return;
    case TileAction::Remix:
        if (one) Q_EMIT remix(one->request);
        return;
    case TileAction::Show:
        return showTiles();
    case TileAction::Trash:
        if (!m_inTrash) trash(); // what lies there is brought back by a button, not by the key that put it there
        return;
    }
}

void LibraryPage::showTiles() {
    std::vector<LibraryTile> tiles;
    if (m_model->selection().size() > 2) return;
    for (const int index : m_model->selection().indices())
        if (const auto* tile = m_model->record(index)) tiles.push_back(*tile);
    if (tiles.empty()) return;
    m_project.ask(
        this,
        [tiles](Project& project) {
            std::vector<ReadTile> read;
            for (const auto& tile : tiles) read.push_back(readTile(project, tile));
            return read;
        },
        [this](const std::vector<ReadTile>& read) {
            std::vector<TileRecord> records;
            for (const auto& tile : read) {
                if (!tile.problem.isEmpty()) return say(tile.problem);
                records.push_back(tile.record);
            }
            auto* dialog = new TilesDialog(records, *m_cards, this);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            dialog->open();
        });
}

bool LibraryPage::mayTrash(int tiles) {
    if (!m_ask) return true;
    QMessageBox box(QMessageBox::NoIcon, tr("Move to the trash"), tr("Move %1 to the trash?", "8 tiles").arg(tilesText(tiles)),
                    QMessageBox::NoButton, this);
    box.setObjectName(QStringLiteral("trashQuestion"));
    box.setInformativeText(tr("They stay there, with their marks, until you empty it. Ctrl+Z brings them back."));
    auto* again = new QCheckBox(tr("Do not ask again"), &box);
    box.setCheckBox(again);
    auto* move = box.addButton(tr("Move to the trash"), QMessageBox::AcceptRole);
    box.addButton(tr("Keep"), QMessageBox::RejectRole);
    box.setDefaultButton(static_cast<QPushButton*>(move));
    box.exec();
    if (box.clickedButton() != move) return false;
    if (again->isChecked()) {
        m_ask = false;
        Q_EMIT doNotAskAgain();
    }
    return true;
}

void LibraryPage::trash() {
    const int tiles = m_model->selection().size();
    if (tiles == 0 || m_project.isReadOnly()) return;
    if (m_inTrash || mayTrash(tiles)) m_model->trashSelected();
}

void LibraryPage::emptyTrash() {
    QMessageBox box(QMessageBox::NoIcon, tr("Empty the trash"), tr("Delete %1 for good?", "8 tiles").arg(tilesText(m_model->trashCount())),
                    QMessageBox::NoButton, this);
    box.setObjectName(QStringLiteral("emptyTrashQuestion"));
    box.setInformativeText(tr("The files are removed from the disk. This cannot be undone."));
    auto* remove = box.addButton(tr("Delete for good"), QMessageBox::DestructiveRole);
    box.setDefaultButton(box.addButton(tr("Keep"), QMessageBox::RejectRole));
    box.exec();
    if (box.clickedButton() != remove) return;
    m_note->hide();
    m_model->emptyTrash();
}

void LibraryPage::showMenu(QPoint global) {
    QMenu menu(this);
    const bool one = m_record->shown().has_value() && m_model->selection().size() == 1, writable = !m_project.isReadOnly();
    const auto add = [&](const QString& text, TileAction action, bool enabled) {
        connect(menu.addAction(text), &QAction::triggered, this, [this, action] { act(action); });
        menu.actions().back()->setEnabled(enabled);
    };
    add(m_model->selection().size() == 2 ? tr("Compare\tReturn") : tr("Show\tReturn"), TileAction::Show, m_model->selection().size() <= 2);
    menu.addSeparator();
    add(tr("Use seed\tU"), TileAction::UseSeed, one);
    add(tr("Use all\tA"), TileAction::UseAll, one);
    add(tr("Remix\tR"), TileAction::Remix, one);
    menu.addSeparator();
    add(tr("Star\tS"), TileAction::Star, writable);
    add(tr("Reject\tX"), TileAction::Reject, writable);
    menu.addSeparator();
    connect(menu.addAction(m_inTrash ? tr("Restore") : tr("Move to the trash\tDel")), &QAction::triggered, this, &LibraryPage::trash);
    menu.actions().back()->setEnabled(writable);
    menu.exec(global);
}

} // namespace phloxine::ui
