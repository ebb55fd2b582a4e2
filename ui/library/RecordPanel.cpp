#include "ui/library/RecordPanel.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QDesktopServices>
#include <QFileInfo>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMimeData>
#include <QPushButton>
#include <QUrl>
#include <QVBoxLayout>

#include <nlohmann/json.hpp>

#include "core/generate/Generator.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/generate/TilePanel.h"
#include "ui/generate/words.h"
#include "ui/library/ChipGroup.h"
#include "ui/library/card_painting.h"
#include "ui/library/read_tile.h"
#include "ui/widgets/Icon.h"

namespace phloxine::ui {

RecordPanel::RecordPanel(LibraryModel& model, QWidget* parent) : QWidget(parent), m_model(model) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    m_title = sectionHead({}, this);
    m_none = mutedLabel(tr("Choose a tile to see how it was made. Ctrl or Shift and a click choose several."), this);
    m_none->setWordWrap(true);
    column->addWidget(m_title);
    column->addWidget(m_none);
    m_single = new QWidget(this);
    auto* single = new QVBoxLayout(m_single);
    single->setContentsMargins(0, 0, 0, 0);
    single->setSpacing(12);
    m_tile = new TilePanel(m_single);
    m_nearest = mutedLabel({}, m_single);
    m_nearest->setWordWrap(true);
    single->addWidget(m_tile);
    single->addWidget(m_nearest);
    column->addWidget(m_single);
    addMarks(column);
    addActions(column);
    column->addStretch(1);
    connect(m_tile, &TilePanel::useSeed, this, &RecordPanel::useSeed);
    connect(m_tile, &TilePanel::useAll, this, &RecordPanel::useAll);
    connect(m_tile, &TilePanel::remix, this, &RecordPanel::remix);
    connect(&model, &LibraryModel::selectionChanged, this, &RecordPanel::refresh);
    connect(&model, &LibraryModel::recordsChanged, this, &RecordPanel::refresh);
    refresh();
}

void RecordPanel::setCards(SharedCards cards) {
    m_tile->setCards(std::move(cards));
    m_wanted = 0;
    refresh();
}

void RecordPanel::addMarks(QLayout* layout) {
    m_marks = new QWidget(this);
    auto* column = new QVBoxLayout(m_marks);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    m_star = new QPushButton(icon("star"), tr("Star"), m_marks);
    m_star->setObjectName(QStringLiteral("starButton"));
    m_star->setToolTip(tr("Star (S)"));
    m_reject = new QPushButton(icon("ban"), tr("Reject"), m_marks);
    m_reject->setObjectName(QStringLiteral("rejectButton"));
    m_reject->setToolTip(tr("Reject (X)"));
    for (auto* button : {m_star, m_reject}) {
        button->setCheckable(true);
        row->addWidget(button, 1);
    }
    column->addLayout(row);
    m_tags = new ChipGroup(tr("Artefacts and tags"), m_marks);
    m_tags->setObjectName(QStringLiteral("recordTags"));
    m_newTag = new QLineEdit(m_marks);
    m_newTag->setObjectName(QStringLiteral("newTag"));
    m_newTag->setPlaceholderText(tr("Add a tag"));
    m_newTag->setAccessibleName(tr("Add a tag"));
    m_newTag->setMaxLength(60);
    auto* add = m_newTag->addAction(icon("tag", 16, IconTone::Text2), QLineEdit::LeadingPosition);
    add->setText(tr("Add the tag"));
    connect(add, &QAction::triggered, this, &RecordPanel::addTag);
    column->addWidget(m_tags);
    column->addWidget(m_newTag);
    layout->addWidget(m_marks);
    connect(m_star, &QPushButton::clicked, this, [this] { m_model.toggle(&TileMarks::star, &LibraryTile::star); });
    connect(m_reject, &QPushButton::clicked, this, [this] { m_model.toggle(&TileMarks::rejected, &LibraryTile::rejected); });
    connect(m_tags, &ChipGroup::toggled, this, [this](const QString& tag, bool) { m_model.toggleTag(tag.toStdString()); });
    connect(m_newTag, &QLineEdit::returnPressed, this, &RecordPanel::addTag);
}

void RecordPanel::addActions(QLayout* layout) {
    m_actions = new QWidget(this);
    auto* grid = new QGridLayout(m_actions);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(8);
    const auto add = [&](const char* name, const QString& text, const QString& tip, int row, int column) {
        auto* button = new QPushButton(text, m_actions);
        button->setObjectName(QString::fromLatin1(name));
        button->setToolTip(tip);
        button->setProperty("compact", true);
        grid->addWidget(button, row, column);
        return button;
    };
    auto* image = add("copyImage", tr("Copy image"), tr("The picture, for another program"), 0, 0);
    auto* request = add("copyRequest", tr("Copy request"), tr("How it was made, as JSON that phloxine generate reads"), 0, 1);
    auto* folder = add("showInFolder", tr("Show in folder"), {}, 1, 0);
    m_compare = add("compareTiles", tr("Compare"), {}, 1, 1);
    m_trash = add("trashTiles", {}, {}, 2, 0);
    grid->addWidget(m_trash, 2, 0, 1, 2);
    layout->addWidget(m_actions);
    connect(image, &QPushButton::clicked, this, [this] {
        if (!m_shown) return;
        auto* data = new QMimeData;
        data->setImageData(m_shown->image);
        data->setUrls({QUrl::fromLocalFile(m_shown->file)});
        QGuiApplication::clipboard()->setMimeData(data);
    });
    connect(request, &QPushButton::clicked, this, [this] {
        if (m_shown) QGuiApplication::clipboard()->setText(fromUtf8(toJson(m_shown->request).dump(2)));
    });
    connect(folder, &QPushButton::clicked, this, [this] {
        if (m_shown) QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(m_shown->file).path()));
    });
    connect(m_compare, &QPushButton::clicked, this, &RecordPanel::compareRequested);
    connect(m_trash, &QPushButton::clicked, this, &RecordPanel::trashRequested);
}

void RecordPanel::addTag() {
    const QString tag = m_newTag->text().simplified();
    if (tag.isEmpty()) return;
    TileMarks marks;
    marks.addTags = {tag.toStdString()};
    m_model.mark(marks);
    m_newTag->clear();
}

void RecordPanel::refresh() {
    const int selected = m_model.selection().size();
    m_none->setVisible(selected == 0);
    m_title->setVisible(selected != 1);
    m_title->setText(selected == 0 ? tr("No tile chosen") : tr("%1 chosen", "8 tiles chosen").arg(tilesText(selected)));
    m_single->setVisible(selected == 1);
    m_marks->setVisible(selected > 0);
    m_marks->setEnabled(!m_model.project().isReadOnly());
    m_actions->setVisible(selected > 0);
    for (const char* name : {"copyImage", "copyRequest", "showInFolder"})
        findChild<QWidget*>(QString::fromLatin1(name))->setVisible(selected == 1);
    m_compare->setEnabled(selected == 2);
    m_compare->setToolTip(selected == 2 ? tr("Side by side, with what differs in how they were made")
                                        : tr("Choose two tiles to compare them"));
    const bool trash = m_model.filter().trash;
    m_trash->setIcon(icon(trash ? "arrow-back-up" : "trash", 16));
    m_trash->setText(trash ? tr("Restore") : tr("Move to the trash"));
    m_trash->setEnabled(!m_model.project().isReadOnly());
    if (selected > 0) showMarks();
    if (selected == 1) read();
    else m_shown.reset(), m_wanted = 0;
}

void RecordPanel::showMarks() {
    m_star->setChecked(m_model.allSelected(&LibraryTile::star));
    m_reject->setChecked(m_model.allSelected(&LibraryTile::rejected));
    m_star->setIcon(icon(m_star->isChecked() ? "star-filled" : "star"));
    std::vector<ChipGroup::Chip> chips;
    int key = 0;
    for (const auto& tag : artefactTags())
        chips.push_back({tag, tagWord(tag), tr("%1 (Shift+%2)").arg(tagWord(tag)).arg(++key), {}, {}, {}});
    std::vector<std::string> on;
    for (const auto& tag : artefactTags())
        if (m_model.allSelectedHave(tag)) on.push_back(tag);
    for (const auto* tile : m_model.knownSelected())
        for (const auto& tag : tile->tags) {
            if (std::any_of(chips.begin(), chips.end(), [&](const auto& chip) { return chip.key == tag; })) continue;
            chips.push_back({tag, tagWord(tag), {}, {}, {}, {}});
            if (m_model.allSelectedHave(tag)) on.push_back(tag);
        }
    m_tags->setChips(chips);
    m_tags->choose(on);
}

// Request and picture lie in the file: read on the project's thread.
void RecordPanel::read() {
    const int index = m_model.selection().firstSelected();
    const auto* tile = m_model.record(index);
    if (!tile) return;
    if (tile->nearest) m_nearest->setText(tr("%1 from the nearest training tile.").arg(QLocale().toString(*tile->nearest, 'f', 2)));
    m_nearest->setVisible(tile->nearest.has_value());
    if (m_wanted == tile->id) return;
    m_wanted = tile->id;
    m_shown.reset();
    m_model.project().ask(
        this, [tile = *tile](Project& project) { return readTile(project, tile); },
        [this, turn = ++m_turn](const ReadTile& read) {
            if (turn != m_turn) return;
            if (!read.problem.isEmpty()) {
                m_tile->showTile(nullptr);
                return Q_EMIT problem(read.problem);
            }
            m_shown = read.record;
            m_tile->showTile(&*m_shown);
        });
}

} // namespace phloxine::ui
