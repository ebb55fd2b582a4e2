#include "ui/library/TileGallery.h"

#include <QAccessible>
#include <QMimeData>
#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>

#include "ui/bridge/ProjectBridge.h"
#include "ui/library/accessible_gallery.h"
#include "ui/library/card_painting.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/paint_focus.h"

namespace phloxine::ui {

namespace {
constexpr qint64 cacheBytes = 96 << 20;
} // namespace

TileGallery::TileGallery(LibraryModel& model, QWidget* parent)
    : QAbstractScrollArea(parent), m_model(model), m_thumbnails(new ThumbnailStore(cacheBytes, this)) {
    describeGalleryToReaders();
    setObjectName(QStringLiteral("tileGallery"));
    setAccessibleName(tr("Tiles of the project"));
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // a bar that comes and goes would move all cards
    viewport()->setMouseTracking(true);
    connect(&model, &LibraryModel::listChanged, this, &TileGallery::listChanged);
    connect(&model, &LibraryModel::recordsChanged, this, [this] {
        wantPictures();
        viewport()->update();
    });
    connect(&model, &LibraryModel::selectionChanged, this, [this] {
        viewport()->update();
        announce();
    });
    connect(&model.project(), &ProjectBridge::opened, this, [this] { m_thumbnails->clear(); });
    connect(m_thumbnails, &ThumbnailStore::ready, this, [this] { viewport()->update(); });
}

void TileGallery::setCards(SharedCards cards) {
    m_cards = std::move(cards);
    viewport()->update();
}

CardGrid TileGallery::grid() const { return {m_model.count(), viewport()->width()}; }
int TileGallery::top() const { return verticalScrollBar()->value(); }
QRect TileGallery::cardRect(int index) const { return grid().card(index).translated(0, -top()); }
std::pair<int, int> TileGallery::shown() const { return grid().shown(top(), viewport()->height()); }
QString TileGallery::spoken(int index) const {
    const auto* tile = m_model.record(index);
    return tile ? spokenCard(*tile, *m_cards, {}) : tr("Tile %1 of %2").arg(index + 1).arg(m_model.count());
}

void TileGallery::arrange() {
    auto* bar = verticalScrollBar();
    bar->setPageStep(viewport()->height());
    bar->setSingleStep(CardGrid::cardHeight / 2);
    bar->setRange(0, std::max(0, grid().height() - viewport()->height()));
    bar->setEnabled(bar->maximum() > 0); // its place stays, its handle goes
    look();
}

void TileGallery::look() {
    if (!isVisible()) return;
    const auto [first, behind] = shown();
    m_model.look(first, behind);
    wantPictures();
}

void TileGallery::wantPictures() {
    const auto [first, behind] = shown();
    std::vector<ThumbnailStore::Wanted> wanted;
    const int around = behind - first; // then the next screen, then the one before
    for (const auto& [from, to] : {std::pair(first, behind), std::pair(behind, behind + around), std::pair(first - around, first)})
        for (int i = std::max(0, from); i < std::min(to, m_model.count()); ++i) {
            const auto* tile = m_model.record(i);
            bool exact = false;
            if (!tile || tile->missing || m_thumbnails->failed(tile->id)) continue;
            (void)m_thumbnails->picture(tile->id, &exact);
            if (exact) continue;
            const auto folder = m_model.project().folder().toStdString();
            wanted.push_back({tile->id, std::filesystem::path(folder) / (tile->trashed ? "trash" : "tiles") / tile->file});
        }
    m_thumbnails->want(std::move(wanted));
}

void TileGallery::listChanged() {
    arrange();
    viewport()->update();
}

void TileGallery::showIndex(int index) {
    if (index >= 0) verticalScrollBar()->setValue(grid().topToShow(index, top(), viewport()->height()));
}

void TileGallery::announce() {
    if (m_model.selection().current() < 0 || !hasFocus()) return;
    QAccessibleEvent event(this, QAccessible::Focus);
    event.setChild(m_model.selection().current());
    QAccessible::updateAccessibility(&event);
}

void TileGallery::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.fillRect(event->rect(), theme().panel);
    const auto [first, behind] = shown();
    const bool keys = hasFocus() && keyboardFocus(this);
    for (int i = first; i < behind; ++i) {
        const QRect area = cardRect(i);
        if (!area.intersects(event->rect())) continue;
        TileCard card;
        card.tile = m_model.record(i);
        if (card.tile) {
            card.picture = m_thumbnails->picture(card.tile->id, &card.exact);
            card.unreadable = card.picture.isNull() && m_thumbnails->failed(card.tile->id);
        }
        card.selected = m_model.selection().contains(i), card.current = i == m_model.selection().current();
        card.focus = keys, card.hover = i == m_hover;
        paintTileCard(painter, area, card, *m_cards, font());
    }
    if (keys) {
        painter.setRenderHint(QPainter::Antialiasing);
        paintInnerFocusRing(painter, viewport()->rect(), 4);
    }
}

void TileGallery::resizeEvent(QResizeEvent*) { arrange(); }

void TileGallery::scrollContentsBy(int, int) {
    look();
    viewport()->update();
}

void TileGallery::showEvent(QShowEvent*) {
    m_thumbnails->setSide(qRound(cardPictureSide * devicePixelRatioF()));
    arrange();
}

} // namespace phloxine::ui
