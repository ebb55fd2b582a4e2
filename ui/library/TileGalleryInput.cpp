// The part of TileGallery that takes keys and the mouse.
#include <QApplication>
#include <QDrag>
#include <QFileInfo>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMimeData>
#include <QScrollBar>
#include <QToolTip>
#include <QUrl>

#include "ui/bridge/ProjectBridge.h"
#include "ui/library/TileGallery.h"
#include "ui/widgets/keys.h"

namespace phloxine::ui {

namespace {

constexpr int mostDragged = 1000; // files; more would freeze the program that takes them

struct MoveKey {
    int key;
    CardGrid::Move move;
};
constexpr MoveKey moveKeys[] = {{Qt::Key_Left, CardGrid::Move::Left},     {Qt::Key_Right, CardGrid::Move::Right},
                                {Qt::Key_Up, CardGrid::Move::Up},         {Qt::Key_Down, CardGrid::Move::Down},
                                {Qt::Key_PageUp, CardGrid::Move::PageUp}, {Qt::Key_PageDown, CardGrid::Move::PageDown},
                                {Qt::Key_Home, CardGrid::Move::First},    {Qt::Key_End, CardGrid::Move::Last}};

struct ActionKey {
    const char* row;
    TileAction action;
};
constexpr ActionKey actionKeys[] = {{"tiles.star", TileAction::Star},       {"tiles.reject", TileAction::Reject},
                                    {"tiles.useSeed", TileAction::UseSeed}, {"tiles.useAll", TileAction::UseAll},
                                    {"tiles.remix", TileAction::Remix},     {"tiles.show", TileAction::Show},
                                    {"tiles.trash", TileAction::Trash}};
constexpr const char* tagKeys[] = {"tiles.blur", "tiles.nuclei", "tiles.stain", "tiles.seam"};

} // namespace

bool TileGallery::actOn(const QKeyEvent& event) {
    const KeyRow* row = Keys::inUse().pressed(KeyPlace::Tiles, event);
    if (!row) return false;
    for (const auto& key : actionKeys)
        if (qstrcmp(row->id, key.row) == 0) Q_EMIT actionChosen(key.action);
    for (int tag = 0; tag < 4; ++tag)
        if (qstrcmp(row->id, tagKeys[tag]) == 0) Q_EMIT artefactChosen(tag);
    return true;
}

void TileGallery::keyPressEvent(QKeyEvent* event) {
    const bool shift = event->modifiers() & Qt::ShiftModifier, control = event->modifiers() & Qt::ControlModifier;
    if (actOn(*event)) return;
    for (const auto& row : moveKeys)
        if (event->key() == row.key) {
            const int to = grid().moved(m_model.selection().current(), row.move, viewport()->height());
            m_model.select([&](Selection& s) { s.moveTo(to, shift, control); });
            return showIndex(to);
        }
    if (event->key() == Qt::Key_Space) return m_model.select([](Selection& s) { s.toggleCurrent(); });
    if (event->matches(QKeySequence::SelectAll)) return m_model.select([](Selection& s) { s.selectAll(); });
    event->ignore();
}

void TileGallery::mousePressEvent(QMouseEvent* event) {
    const int index = grid().at(event->pos() + QPoint(0, top()));
    const bool shift = event->modifiers() & Qt::ShiftModifier, control = event->modifiers() & Qt::ControlModifier;
    m_pressed = event->pos();
    m_mayDrag = event->button() == Qt::LeftButton && index >= 0;
    m_choice = -1;
    if (m_model.selection().contains(index) && !shift && !control) {
        m_model.select([&](Selection& s) { s.moveTo(index, false, true); });
        if (event->button() == Qt::LeftButton) m_choice = index;
        return;
    }
    m_model.select([&](Selection& s) { s.choose(index, shift, control); });
}

void TileGallery::mouseReleaseEvent(QMouseEvent*) {
    m_mayDrag = false;
    if (const int index = std::exchange(m_choice, -1); index >= 0) m_model.select([&](Selection& s) { s.choose(index, false, false); });
}

void TileGallery::mouseMoveEvent(QMouseEvent* event) {
    if (m_mayDrag && (event->buttons() & Qt::LeftButton) &&
        (event->pos() - m_pressed).manhattanLength() >= QApplication::startDragDistance()) {
        m_mayDrag = false, m_choice = -1;
        return dragOut();
    }
    const int index = grid().at(event->pos() + QPoint(0, top()));
    if (index == m_hover) return;
    for (const int changed : {m_hover, index})
        if (changed >= 0 && changed < m_model.count()) viewport()->update(cardRect(changed));
    m_hover = index;
}

void TileGallery::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && grid().at(event->pos() + QPoint(0, top())) >= 0) Q_EMIT actionChosen(TileAction::Show);
}

void TileGallery::contextMenuEvent(QContextMenuEvent* event) {
    if (m_model.selection().size() == 0) return;
    const int current = m_model.selection().current();
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard && current >= 0;
    Q_EMIT menuRequested(byKey ? viewport()->mapToGlobal(cardRect(current).center()) : event->globalPos());
}

// Other programs get copies of the files, and the picture where it is one.
std::unique_ptr<QMimeData> TileGallery::dragData() const {
    QList<QUrl> files;
    const QString folder = m_model.project().folder();
    for (const int index : m_model.selection().indices()) {
        const auto* tile = m_model.record(index);
        if (!tile || tile->missing || files.size() >= mostDragged) continue;
        files.append(QUrl::fromLocalFile(folder + (tile->trashed ? QStringLiteral("/trash/") : QStringLiteral("/tiles/")) +
                                         QString::fromStdString(tile->file)));
    }
    if (files.isEmpty()) return {};
    auto data = std::make_unique<QMimeData>();
    data->setUrls(files);
    if (files.size() == 1) data->setImageData(QImage(files.front().toLocalFile())); // small, and needed at once
    return data;
}

void TileGallery::dragOut() {
    auto data = dragData();
    if (!data) return;
    auto* drag = new QDrag(this);
    drag->setMimeData(data.release());
    const auto* current = m_model.record(m_model.selection().current());
    const QImage picture = current ? m_thumbnails->picture(current->id) : QImage();
    if (!picture.isNull()) drag->setPixmap(QPixmap::fromImage(picture.scaled(64, 64, Qt::KeepAspectRatio, Qt::SmoothTransformation)));
    drag->exec(Qt::CopyAction);
}

bool TileGallery::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave && m_hover >= 0) {
        m_hover = -1;
        viewport()->update();
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = grid().at(help->pos() + QPoint(0, top()));
        if (index >= 0) QToolTip::showText(help->globalPos(), spoken(index), viewport(), cardRect(index));
        else QToolTip::hideText();
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TileGallery::focusInEvent(QFocusEvent*) {
    viewport()->update();
    announce();
}
void TileGallery::focusOutEvent(QFocusEvent*) { viewport()->update(); }

} // namespace phloxine::ui
