#include "ui/generate/GalleryStrip.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QScrollBar>
#include <QVBoxLayout>
#include <QWheelEvent>

#include "ui/generate/GalleryDelegate.h"
#include "ui/generate/words.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/keys.h"

namespace phloxine::ui {

namespace {
constexpr int stripHeight = 220;
} // namespace

GalleryStrip::GalleryStrip(QWidget* parent) : QWidget(parent), m_model(new GalleryModel(this)) {
    setFixedHeight(stripHeight);
    setAttribute(Qt::WA_StyledBackground);
    setProperty("ground", QStringLiteral("panel"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 6, 16, 6);
    column->setSpacing(6);
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(sectionHead(tr("Gallery"), this));
    m_count = mutedLabel({}, this);
    m_count->setObjectName(QStringLiteral("galleryCount"));
    head->addWidget(m_count);
    head->addStretch(1);
    m_together = new QPushButton(icon("columns"), tr("Show together"), this);
    m_together->setObjectName(QStringLiteral("togetherButton"));
    head->addWidget(m_together);
    m_export = new QPushButton(icon("download"), tr("Export\u2026"), this);
    m_export->setObjectName(QStringLiteral("exportButton"));
    head->addWidget(m_export);
    column->addLayout(head);

    m_list = new QListView(this);
    m_list->setObjectName(QStringLiteral("gallery"));
    m_list->setAccessibleName(tr("Gallery of generated tiles"));
    m_list->setModel(m_model);
    m_delegate = new GalleryDelegate(m_list);
    m_list->setItemDelegate(m_delegate);
    m_list->setFlow(QListView::LeftToRight);
    m_list->setWrapping(false);
    m_list->setUniformItemSizes(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setProperty("plain", true);
    m_list->setStyleSheet(QStringLiteral("QListView { background: transparent; border: none; }"));
    m_list->viewport()->installEventFilter(this);
    column->addWidget(m_list, 1);
    m_empty = mutedLabel(tr("Finished tiles are kept here with the settings that made them."), m_list);
    m_empty->setAlignment(Qt::AlignCenter);
    auto* over = new QVBoxLayout(m_list->viewport());
    over->addWidget(m_empty);

    m_togetherAction = new QAction(tr("Show together"), m_list);
    m_list->addAction(m_togetherAction);
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);
    connect(m_togetherAction, &QAction::triggered, this, &GalleryStrip::showTogether);
    connect(m_together, &QPushButton::clicked, this, &GalleryStrip::showTogether);
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this, &GalleryStrip::showSelection);
    m_list->installEventFilter(this);
    connect(m_export, &QPushButton::clicked, this, &GalleryStrip::exportRequested);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& index) { takeChoice(index.row()); });
    showCount();
    showSelection();
}

// A wheel that only turns up and down scrolls the row; the key of the tiles that shows them shows several together.
bool GalleryStrip::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const KeyRow* row = Keys::inUse().pressed(KeyPlace::Tiles, *static_cast<QKeyEvent*>(event));
        if (!row || qstrcmp(row->id, "tiles.show") != 0) return false;
        if (m_togetherAction->isEnabled()) showTogether();
        else Q_EMIT currentChanged();
        return true;
    }
    if (event->type() != QEvent::Wheel) return QWidget::eventFilter(watched, event);
    const auto* wheel = static_cast<QWheelEvent*>(event);
    if (wheel->angleDelta().x() != 0 || wheel->angleDelta().y() == 0) return false;
    auto* bar = m_list->horizontalScrollBar();
    bar->setValue(bar->value() - wheel->angleDelta().y());
    return true;
}

void GalleryStrip::setCards(SharedCards cards) {
    m_delegate->setCards(std::move(cards));
    m_list->viewport()->update();
}

void GalleryStrip::setJobs(const std::vector<JobRow>& jobs) {
    m_choosing = true; // places that go away move the current card by themselves: nobody chose
    m_model->setJobs(jobs);
    m_choosing = false;
    if (m_follow && m_model->formingRow() >= 0) showRow(m_model->formingRow());
    showCount();
}

void GalleryStrip::addTile(quint64 job, const TileRecord& record) {
    const int row = m_model->addTile(job, record);
    if (m_follow) {
        showRow(row);
        Q_EMIT currentChanged(); // the card was there before, as the one under way
    }
    showCount();
}

QString GalleryStrip::setNearest(quint64 job, const NearestTraining& nearest) {
    const int row = m_model->setNearest(job, nearest);
    if (row < 0) return {};
    if (row == m_list->currentIndex().row()) Q_EMIT currentMeasured();
    return m_model->tile(row)->file;
}

void GalleryStrip::showPreview(const QImage& picture, int step, int steps) {
    m_model->setPreview(picture, step, steps);
    if (m_follow && m_model->formingRow() >= 0) showRow(m_model->formingRow());
}

void GalleryStrip::showRow(int row) {
    m_choosing = true;
    const QModelIndex index = m_model->index(row);
    m_list->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect);
    m_list->scrollTo(index);
    m_choosing = false;
}

void GalleryStrip::choose(int tile) {
    if (tile < 0 || tile >= m_model->finishedCount()) return;
    const bool already = m_list->currentIndex().row() == tile;
    m_list->selectionModel()->setCurrentIndex(m_model->index(tile), QItemSelectionModel::ClearAndSelect);
    m_list->scrollTo(m_model->index(tile));
    if (already) takeChoice(tile);
}

// What is under way must not push away what somebody compares.
void GalleryStrip::showTogether() {
    if (!m_togetherAction->isEnabled()) return;
    m_follow = false;
    Q_EMIT togetherRequested();
}

void GalleryStrip::showSelection() {
    const auto selected = selectedRows().size();
    const bool possible = selected >= 2 && selected <= 4;
    m_togetherAction->setEnabled(possible);
    m_together->setEnabled(possible);
    m_together->setToolTip(possible ? tr("Shows the selected tiles beside the slide, all at one scale (Enter)")
                                    : tr("Select 2 to 4 tiles: Ctrl-click, or Shift and the arrow keys"));
}

// Choosing an older tile stops following the run; choosing the newest or the one under way goes on with it.
void GalleryStrip::takeChoice(int row) {
    if (!m_choosing) m_follow = row < 0 || row >= m_model->finishedCount() - (m_model->formingRow() < 0 ? 1 : 0);
    Q_EMIT currentChanged();
}

const TileRecord* GalleryStrip::current() const { return m_model->tile(m_list->currentIndex().row()); }

std::vector<TileRecord> GalleryStrip::allTiles() const {
    std::vector<TileRecord> tiles;
    for (int row = 0; row < m_model->finishedCount(); ++row) tiles.push_back(*m_model->tile(row));
    return tiles;
}

std::vector<int> GalleryStrip::selectedRows() const {
    std::vector<int> rows;
    for (int row = 0; row < m_model->finishedCount(); ++row)
        if (m_list->selectionModel()->isSelected(m_model->index(row))) rows.push_back(row);
    return rows;
}

std::vector<TileRecord> GalleryStrip::selectedTiles() const {
    std::vector<TileRecord> tiles;
    for (const int row : selectedRows()) tiles.push_back(*m_model->tile(row));
    return tiles;
}

void GalleryStrip::showCount() {
    const int count = m_model->finishedCount();
    m_count->setText(count == 0 ? tr("empty") : tilesText(count));
    m_empty->setVisible(m_model->rowCount() == 0);
    m_export->setEnabled(count > 0);
    m_export->setToolTip(count ? QString() : tr("Generate a tile to export it"));
}

} // namespace phloxine::ui
