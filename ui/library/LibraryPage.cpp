#include "ui/library/LibraryPage.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/bridge/ProjectBridge.h"
#include "ui/generate/words.h"
#include "ui/library/FilterPanel.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/RecordPanel.h"
#include "ui/library/TileGallery.h"
#include "ui/library/card_painting.h"
#include "ui/viewer/EmptyState.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"

namespace phloxine::ui {

namespace {

constexpr int leftWidth = 272, rightWidth = 280, headHeight = 56;

QScrollArea* scrolled(QWidget* content, QWidget* parent) {
    auto* area = new QScrollArea(parent);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    auto* body = new QWidget(area);
    body->setProperty("ground", QStringLiteral("none"));
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(16, 12, 16, 14);
    column->addWidget(content);
    area->setWidget(body);
    return area;
}

} // namespace

LibraryPage::LibraryPage(ProjectBridge& project, QWidget* parent)
    : QWidget(parent), m_project(project), m_model(new LibraryModel(project, this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeLeft());
    row->addWidget(separatorLine(this, true));
    row->addWidget(makeCentre(), 1);
    row->addWidget(separatorLine(this, true));
    row->addWidget(makeRight());
    m_filter->setProperty("panel", 1); // F6 goes through them in this order
    m_gallery->setProperty("panel", 2);
    m_record->setProperty("panel", 3);
    connectParts();
    showCount();
}

QWidget* LibraryPage::makeLeft() {
    auto* left = new QWidget(this);
    left->setFixedWidth(leftWidth);
    m_filter = new FilterPanel(left);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(scrolled(m_filter, left), 1);
    column->addWidget(separatorLine(left));
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(16, 12, 16, 12);
    m_trash = new QPushButton(icon("trash"), tr("Trash"), left);
    m_trash->setObjectName(QStringLiteral("trashButton"));
    m_trash->setCheckable(true);
    foot->addWidget(m_trash);
    column->addLayout(foot);
    return left;
}

QWidget* LibraryPage::makeHead(QWidget* parent) {
    auto* head = new QWidget(parent);
    head->setFixedHeight(headHeight);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(8);
    m_title = new QLabel(head);
    m_title->setProperty("role", QStringLiteral("page"));
    m_count = mutedLabel({}, head);
    m_count->setObjectName(QStringLiteral("libraryCount"));
    m_emptyTrash = new QPushButton(tr("Empty the trash\u2026"), head);
    m_emptyTrash->setObjectName(QStringLiteral("emptyTrashButton"));
    row->addWidget(m_title);
    row->addSpacing(4);
    row->addWidget(m_count);
    row->addStretch(1);
    row->addWidget(m_emptyTrash);
    return head;
}

QWidget* LibraryPage::makeCentre() {
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_note = new Note(Tone::Info, centre);
    m_note->setObjectName(QStringLiteral("libraryNote"));
    m_note->setBar(true);
    m_note->setClosable(true);
    m_note->hide();
    m_centre = new QStackedWidget(centre);
    m_gallery = new TileGallery(*m_model, m_centre);
    m_empty = new EmptyState(QStringLiteral("library-photo"), m_centre);
    m_emptyButton = m_empty->addButton(tr("Go to Generate"));
    m_emptyButton->setObjectName(QStringLiteral("libraryEmptyButton"));
    m_centre->addWidget(m_gallery);
    m_centre->addWidget(m_empty);
    column->addWidget(makeHead(centre));
    column->addWidget(separatorLine(centre));
    column->addWidget(m_note);
    column->addWidget(m_centre, 1);
    return centre;
}

QWidget* LibraryPage::makeRight() {
    m_record = new RecordPanel(*m_model, this);
    auto* right = scrolled(m_record, this);
    right->setFixedWidth(rightWidth);
    return right;
}

void LibraryPage::connectParts() {
    connect(m_filter, &FilterPanel::changed, this, &LibraryPage::applyFilter);
    connect(m_trash, &QPushButton::toggled, this, &LibraryPage::showTrash);
    connect(m_emptyTrash, &QPushButton::clicked, this, &LibraryPage::emptyTrash);
    connect(m_emptyButton, &QPushButton::clicked, this, [this] {
        if (m_inTrash) m_trash->setChecked(false);
        else if (m_filter->filtering()) m_filter->clear();
        else Q_EMIT generateRequested();
    });
    connect(m_model, &LibraryModel::listChanged, this, &LibraryPage::showCount);
    connect(m_model, &LibraryModel::facetsChanged, this, [this] {
        m_filter->setFacets(m_model->facets());
        showCount();
    });
    connect(m_model, &LibraryModel::trashed, this,
            [this](int tiles) { say(tr("%1 moved to the trash.", "8 tiles moved").arg(tilesText(tiles)), tr("Undo")); });
    connect(m_note, &Note::actionTriggered, this, &LibraryPage::undo);
    connect(m_gallery, &TileGallery::actionChosen, this, &LibraryPage::act);
    connect(m_gallery, &TileGallery::artefactChosen, this, [this](int tag) { m_model->toggleTag(artefactTags()[std::size_t(tag)]); });
    connect(m_gallery, &TileGallery::menuRequested, this, &LibraryPage::showMenu);
    connect(m_record, &RecordPanel::useSeed, this, &LibraryPage::useSeed);
    connect(m_record, &RecordPanel::useAll, this, &LibraryPage::useAll);
    connect(m_record, &RecordPanel::remix, this, &LibraryPage::remix);
    connect(m_record, &RecordPanel::compareRequested, this, &LibraryPage::showTiles);
    connect(m_record, &RecordPanel::trashRequested, this, &LibraryPage::trash);
    connect(m_record, &RecordPanel::problem, this, [this](const QString& sentence) { say(sentence); });
    connect(&m_project, &ProjectBridge::opened, this, [this] { m_note->hide(); });
}

void LibraryPage::setCards(SharedCards cards) {
    m_cards = cards;
    m_filter->setCards(cards);
    m_gallery->setCards(cards);
    m_record->setCards(std::move(cards));
}

void LibraryPage::applyFilter() {
    TileFilter filter = m_inTrash ? TileFilter() : m_filter->filter();
    filter.trash = m_inTrash;
    m_model->setFilter(filter);
}

void LibraryPage::showTrash(bool on) {
    m_inTrash = on;
    m_trash->setChecked(on);
    m_filter->setEnabled(!on);
    applyFilter();
    m_record->refresh();
}

void LibraryPage::showCount() {
    m_title->setText(m_inTrash ? tr("Trash") : tr("Library"));
    const int trash = m_model->trashCount(), shown = m_model->count();
    m_trash->setText(trash ? tr("Trash (%1)").arg(QLocale().toString(trash)) : tr("Trash"));
    m_emptyTrash->setVisible(m_inTrash);
    m_emptyTrash->setEnabled(trash > 0 && !m_project.isReadOnly());
    int all = 0;
    for (const Facet& model : m_model->facets().models) all += model.tiles;
    const QLocale locale;
    m_count->setText(!m_model->known()           ? QString()
                     : m_inTrash || shown == all ? (shown == 1 ? tilesText(1) : tr("%1 tiles").arg(locale.toString(shown)))
                                                 : tr("%1 of %2 tiles").arg(locale.toString(shown), locale.toString(all)));
    m_centre->setCurrentWidget(shown || !m_model->known() ? static_cast<QWidget*>(m_gallery) : m_empty);
    if (shown || !m_model->known()) return;
    const QString mark = QStringLiteral("library-photo");
    if (m_inTrash) {
        m_empty->setText(QStringLiteral("trash"), tr("The trash is empty"), tr("Tiles that you delete lie here until you empty it."));
        m_emptyButton->setText(tr("Back to the library"));
    } else if (m_filter->filtering()) {
        m_empty->setText(QStringLiteral("search"), tr("No tile fits"), tr("Fewer words or fewer choices on the left show more."));
        m_emptyButton->setText(tr("Clear the filters"));
    } else {
        m_empty->setText(mark, tr("The tiles of this project appear here"),
                         tr("Finished tiles are kept with the settings that made them."));
        m_emptyButton->setText(tr("Go to Generate"));
    }
}

void LibraryPage::say(const QString& sentence, const QString& action) {
    m_note->setTone(action.isEmpty() ? Tone::Warn : Tone::Info);
    m_note->setText(sentence);
    m_note->setAction(action);
    m_note->show();
}

void LibraryPage::undo() {
    m_note->hide();
    m_model->undoTrash();
}

void LibraryPage::find() { m_filter->focusSearch(); }

} // namespace phloxine::ui
