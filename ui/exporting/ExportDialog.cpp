#include "ui/exporting/ExportDialog.h"

#include <cmath>

#include <QCheckBox>
#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QStorageInfo>
#include <QTableWidget>
#include <QUrl>
#include <QVBoxLayout>

#include "ui/bridge/error_text.h"
#include "ui/exporting/export_checks.h"
#include "ui/generate/words.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/SegmentedControl.h"

namespace phloxine::ui {

namespace {
constexpr int dialogWidth = 560, labelWidth = 88, markSide = 16;

void setMark(IconLabel& label, bool good) {
    label.setMark(good ? "circle-check" : "alert-triangle", markSide, good ? IconTone::Ok : IconTone::Warn);
}
} // namespace

ExportDialog::ExportDialog(JobBridge& bridge, std::vector<TileRecord> all, std::vector<TileRecord> selected, const ModelCard& card,
                           QWidget* parent)
    : QDialog(parent), m_bridge(bridge), m_all(std::move(all)), m_selected(std::move(selected)), m_card(card) {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export tiles"));
    setMinimumWidth(dialogWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(10);
    makeWhat(*column);
    makeWhere(*column);
    makeChecks(*column);
    makeFoot(*column);
    connectJob();
    fillTable();
    refresh();
}

void ExportDialog::makeWhat(QVBoxLayout& column) {
    column.addWidget(sectionHead(tr("Tiles"), this));
    m_which = new SegmentedControl({tr("All tiles (%1)").arg(m_all.size()), tr("Selected (%1)").arg(m_selected.size())}, this);
    m_which->setObjectName(QStringLiteral("exportWhich"));
    m_which->setSegmentEnabled(1, !m_selected.empty(), tr("No tile is selected in the gallery"));
    column.addWidget(m_which);
    m_table = new QTableWidget(0, 2, this);
    m_table->setTabKeyNavigation(false);
    m_table->setObjectName(QStringLiteral("exportClasses"));
    m_table->setAccessibleName(tr("Tiles of each class"));
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_table->horizontalHeader()->hide();
    m_table->verticalHeader()->hide();
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setShowGrid(false);
    column.addWidget(m_table);
    connect(m_which, &SegmentedControl::currentChanged, this, [this] {
        fillTable();
        refresh();
    });
}

void ExportDialog::makeWhere(QVBoxLayout& column) {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    grid->setColumnMinimumWidth(0, labelWidth);
    m_title = new QLineEdit(tr("Synthetic tiles"), this);
    m_title->setObjectName(QStringLiteral("exportTitle"));
    m_folder = new QLineEdit(this);
    m_folder->setObjectName(QStringLiteral("exportFolder"));
    m_folder->setPlaceholderText(tr("An empty folder, or one to be made"));
    m_browse = new QPushButton(tr("Browse\u2026"), this);
    auto* titleLabel = new QLabel(tr("&Title"), this);
    auto* folderLabel = new QLabel(tr("&Folder"), this);
    titleLabel->setBuddy(m_title);
    folderLabel->setBuddy(m_folder);
    grid->addWidget(titleLabel, 0, 0);
    grid->addWidget(m_title, 0, 1, 1, 2);
    grid->addWidget(folderLabel, 1, 0);
    grid->addWidget(m_folder, 1, 1);
    grid->addWidget(m_browse, 1, 2);
    column.addLayout(grid);
    connect(m_title, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    connect(m_folder, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    connect(m_browse, &QPushButton::clicked, this, &ExportDialog::browse);
}

void ExportDialog::makeChecks(QVBoxLayout& column) {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    const auto addCheck = [&](int row, IconLabel*& mark, QLabel*& text) {
        mark = new IconLabel(this);
        text = new QLabel(this);
        text->setTextFormat(Qt::PlainText);
        text->setWordWrap(true);
        grid->addWidget(mark, row, 0, Qt::AlignTop);
        grid->addWidget(text, row, 1);
    };
    addCheck(0, m_folderMark, m_folderCheck);
    addCheck(1, m_spaceMark, m_spaceCheck);
    addCheck(2, m_rejectedMark, m_rejectedCheck);
    m_rejectedCheck->setObjectName(QStringLiteral("exportRejected"));
    m_withRejected = new QCheckBox(tr("Export the rejected tiles too"), this);
    m_withRejected->setObjectName(QStringLiteral("exportWithRejected"));
    grid->addWidget(m_withRejected, 3, 1);
    column.addLayout(grid);
    connect(m_withRejected, &QCheckBox::toggled, this, [this] {
        fillTable();
        refresh();
    });
}

void ExportDialog::makeFoot(QVBoxLayout& column) {
    m_stage = mutedLabel({}, this);
    m_bar = new QProgressBar(this);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_result = new Note(Tone::Ok, this);
    m_result->setObjectName(QStringLiteral("exportResult"));
    for (QWidget* w : {static_cast<QWidget*>(m_stage), static_cast<QWidget*>(m_bar), static_cast<QWidget*>(m_result)}) {
        w->hide();
        column.addWidget(w);
    }
    m_reason = mutedLabel({}, this);
    m_reason->setObjectName(QStringLiteral("exportReason"));
    m_reason->setWordWrap(true);
    m_run = new QPushButton(tr("Export"), this);
    m_run->setObjectName(QStringLiteral("exportRunButton"));
    m_run->setProperty("primary", true);
    m_run->setDefault(true);
    m_open = new QPushButton(icon("folder-open"), tr("Open folder"), this);
    m_open->setObjectName(QStringLiteral("exportOpenButton"));
    m_close = new QPushButton(tr("Close"), this);
    m_close->setObjectName(QStringLiteral("exportCloseButton"));
    for (QPushButton* button : {m_open, m_close}) {
        button->setProperty("tall", true);
        button->setAutoDefault(false);
    }
    m_open->hide();
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_reason, 1);
    row->addWidget(m_open);
    row->addWidget(m_close);
    row->addWidget(m_run);
    column.addLayout(row);
    connect(m_run, &QPushButton::clicked, this, &ExportDialog::run);
    connect(m_close, &QPushButton::clicked, this, &QDialog::reject); // a running export goes on in the queue
    connect(m_open, &QPushButton::clicked, this, [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_folder->text())); });
}

void ExportDialog::connectJob() {
    connect(&m_bridge, &JobBridge::progress, this, [this](quint64 id, const QString& stage, double fraction) {
        if (id != m_job || !m_job) return;
        m_stage->setText(stage);
        m_bar->setValue(int(std::lround(fraction * 1000)));
    });
    connect(&m_bridge, &JobBridge::finished, this, [this](quint64 id) {
        if (id == m_job && m_job)
            end(int(Tone::Ok), tr("%n tiles are in %1, each with the settings that made it.", nullptr, int(tiles().size()))
                                   .arg(QDir::toNativeSeparators(m_folder->text())));
    });
    connect(&m_bridge, &JobBridge::cancelled, this, [this](quint64 id) {
        if (id == m_job && m_job)
            end(int(Tone::Warn), tr("The export was stopped. What is written is complete; Export goes on from there."));
    });
    connect(&m_bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        if (id != m_job || !m_job) return;
        end(int(Tone::Err),
            tr("%1 %2 The tiles themselves are saved.", "heading, message").arg(errorText(failure.code).heading, failure.message));
    });
}

const std::vector<TileRecord>& ExportDialog::chosen() const { return m_which->currentIndex() == 1 ? m_selected : m_all; }

std::vector<TileRecord> ExportDialog::tiles() const {
    return m_withRejected->isChecked() ? chosen() : withoutRejected(chosen(), m_rejected);
}

void ExportDialog::awaitMarks() {
    m_marks = Marks::Awaited;
    refresh();
}

void ExportDialog::setRejectedUnknown() {
    if (m_marks != Marks::Awaited) return;
    m_marks = Marks::Unreadable;
    refresh();
}

void ExportDialog::setRejected(const QSet<QString>& files) {
    m_marks = Marks::Known;
    m_rejected = files;
    fillTable();
    refresh();
}

void ExportDialog::fillTable() {
    const auto counts = classCounts(tiles());
    m_table->setRowCount(int(counts.size()));
    int row = 0;
    for (const auto& [id, count] : counts) {
        const TissueClass* found = m_card.findClass(id.toStdString());
        m_table->setItem(row, 0,
                         new QTableWidgetItem(found                           ? fromUtf8(found->label)
                                              : id == QLatin1String("prompt") ? tr("From a text")
                                                                              : id));
        auto* number = new QTableWidgetItem(QLocale().toString(count));
        number->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_table->setItem(row++, 1, number);
    }
    const int shown = std::min(6, std::max(1, row));
    m_table->setFixedHeight(shown * m_table->verticalHeader()->defaultSectionSize() + 4);
}

QString ExportDialog::whyNotReady() const {
    if (m_job) return tr("The export is running.");
    if (m_marks == Marks::Awaited) return tr("Reading which tiles are rejected.");
    if (m_marks == Marks::Unreadable)
        return tr("The library cannot be read, so it is not known which tiles are rejected. Open the project again.");
    if (tiles().empty()) return chosen().empty() ? tr("There is no tile to export.") : tr("All of these tiles are rejected.");
    if (m_title->text().trimmed().isEmpty()) return tr("Give the set a title to start.");
    if (const int missing = unsavedTiles(tiles())) return tr("%n tiles have no file any more. Select the others.", nullptr, missing);
    if (const FolderState state = folderState(m_folder->text()); blocks(state))
        return state == FolderState::NotChosen ? tr("Choose a folder to start.") : tr("Choose another folder to start.");
    const QStorageInfo disk(nearestFolder(m_folder->text()));
    if (disk.isValid() && disk.bytesAvailable() < bytesNeeded(tiles()))
        return tr("The disk has too little free space. Choose another folder.");
    if (!m_bridge.queue()) return tr("Phloxine is not ready yet.");
    return {};
}

void ExportDialog::refresh() {
    const FolderState state = folderState(m_folder->text());
    setMark(*m_folderMark, !blocks(state));
    m_folderCheck->setText(sentence(state));
    const QStorageInfo disk(nearestFolder(m_folder->text()));
    const qint64 needed = bytesNeeded(tiles());
    setMark(*m_spaceMark, disk.bytesAvailable() >= needed);
    m_spaceCheck->setText(
        tr("About %1 needed, %2 free.").arg(QLocale().formattedDataSize(needed, 0), QLocale().formattedDataSize(disk.bytesAvailable(), 1)));
    const int rejected = rejectedTiles(chosen(), m_rejected);
    const bool taken = m_withRejected->isChecked();
    m_rejectedCheck->setText(rejected == 1 ? (taken ? tr("1 rejected tile is taken in.") : tr("1 rejected tile is left out."))
                             : taken       ? tr("%1 rejected tiles are taken in.").arg(QLocale().toString(rejected))
                                           : tr("%1 rejected tiles are left out.").arg(QLocale().toString(rejected)));
    setMark(*m_rejectedMark, !taken);
    for (QWidget* w : std::initializer_list<QWidget*>{m_rejectedMark, m_rejectedCheck, m_withRejected}) w->setVisible(rejected > 0);
    const QString reason = whyNotReady();
    m_reason->setText(m_done && !m_job ? QString() : reason);
    m_run->setEnabled(reason.isEmpty());
    m_withRejected->setEnabled(!m_job);
    for (QWidget* w :
         {static_cast<QWidget*>(m_which), static_cast<QWidget*>(m_title), static_cast<QWidget*>(m_folder), static_cast<QWidget*>(m_browse)})
        w->setEnabled(!m_job);
}

void ExportDialog::browse() {
    auto* dialog = new QFileDialog(this, tr("Export into"), m_folder->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, m_folder, &QLineEdit::setText);
    dialog->open();
}

void ExportDialog::run() {
    if (!whyNotReady().isEmpty()) return;
    ExportJob job;
    job.plan = planFor(m_title->text(), tiles());
    job.folder = m_folder->text().trimmed().toStdString();
    m_job = m_bridge.queue()->submit(std::move(job));
    m_result->hide();
    m_stage->setText(tr("Waiting for the run before it"));
    m_bar->setValue(0);
    m_stage->show();
    m_bar->show();
    refresh();
}

void ExportDialog::end(int tone, const QString& sentence) {
    m_job = 0;
    m_done = true;
    m_stage->hide();
    m_bar->hide();
    m_result->setTone(Tone(tone));
    m_result->setText(sentence);
    m_result->show();
    m_open->setVisible(Tone(tone) == Tone::Ok);
    refresh();
}

} // namespace phloxine::ui
