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
    int key;
    TileAction action;
};
constexpr ActionKey actionKeys[] = {{Qt::Key_S, TileAction::Star},     {Qt::Key_X, TileAction::Reject},
                                    {Qt::Key_U, TileAction::UseSeed},  {Qt::Key_A, TileAction::UseAll},
                                    {Qt::Key_R, TileAction::Remix},    {Qt::Key_Return, TileAction::Show},
                                    {Qt::Key_Enter, TileAction::Show}, {Qt::Key_Delete, TileAction::Trash}};

} // namespace

// Letters without Ctrl or Alt; the digits with Shift, which on some keyboards come as the sign above them.
bool TileGallery::actOn(const QKeyEvent& event) {
    const auto modifiers = event.modifiers() & ~Qt::KeypadModifier;
    if (modifiers == Qt::ShiftModifier) {
        constexpr int signs[] = {Qt::Key_Exclam, Qt::Key_At, Qt::Key_NumberSign, Qt::Key_Dollar};
        constexpr quint32 firstDigitCode = 10; // of the row of digits, in X11's and Wayland's count
        for (int tag = 0; tag < 4; ++tag)
            if (event.key() == Qt::Key_1 + tag || event.key() == signs[tag] || event.nativeScanCode() == firstDigitCode + quint32(tag)) {
                Q_EMIT artefactChosen(tag);
                return true;
            }
    }
    if (modifiers != Qt::NoModifier) return false;
    for (const auto& row : actionKeys)
        if (event.key() == row.key) {
            Q_EMIT actionChosen(row.action);
            return true;
        }
    return false;
}

void TileGallery::keyPressEvent(QKeyEvent* event) {
    const bool shift = event->modifiers() & Qt::ShiftModifier, control = event->modifiers() & Qt::ControlModifier;
    for (const auto& row : moveKeys)
        if (event->key() == row.key) {
            const int to = grid().moved(m_model.selection().current(), row.move, viewport()->height());
            m_model.select([&](Selection& s) { s.moveTo(to, shift, control); });
            return showIndex(to);
        }
    if (event->key() == Qt::Key_Space) return m_model.select([](Selection& s) { s.toggleCurrent(); });
    if (event->matches(QKeySequence::SelectAll)) return m_model.select([](Selection& s) { s.selectAll(); });
    if (!actOn(*event)) event->ignore();
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
