#include "ui/models/ModelsPage.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QShortcut>
#include <QTableView>
#include <QVBoxLayout>

#include "ui/bridge/JobBridge.h"
#include "ui/models/AddModelDialog.h"
#include "ui/models/CardEditor.h"
#include "ui/models/DropFrame.h"
#include "ui/models/Inspections.h"
#include "ui/models/ModelDetails.h"
#include "ui/models/ModelRowDelegate.h"
#include "ui/models/ModelTable.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int headHeight = 56, margin = 24, wideDetails = 376, narrowDetails = 320, narrowPage = 1280, leastTitle = 160;
} // namespace

ModelsPage::ModelsPage(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent)
    : QWidget(parent), m_store(std::move(store)), m_bridge(bridge), m_inspections(new Inspections(bridge, this)),
      m_table(new ModelTable(this)), m_details(new ModelDetails(*m_inspections, this)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeCentre(), 1);
    row->addWidget(separatorLine(this, true));
    row->addWidget(m_details);
    m_details->setFixedWidth(wideDetails);
    m_view->setProperty("panel", 1); // F6 goes through them in this order
    m_details->setProperty("panel", 2);
    connect(m_details, &ModelDetails::useRequested, this, &ModelsPage::useRequested);
    connect(m_details, &ModelDetails::editRequested, this, [this](const ModelEntry& entry) {
        auto* editor = new CardEditor(entry, this);
        editor->setAttribute(Qt::WA_DeleteOnClose);
        connect(editor, &CardEditor::saved, this, &ModelsPage::refresh);
        connect(editor, &CardEditor::saved, this, &ModelsPage::modelsChanged);
        editor->open();
    });
    connect(&m_bridge, &JobBridge::modelAdded, this, [this](quint64, const QString& id, const QString& folder) {
        refresh();
        choose(folder);
        m_note->setText(tr("Added as \u201c%1\u201d. It can be used in Generate now.").arg(id));
        m_note->show();
        Q_EMIT modelsChanged();
    });
    refresh();
}

QWidget* ModelsPage::makeHead() {
    auto* head = new QWidget(this);
    head->setFixedHeight(headHeight);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(margin, 0, margin, 0);
    row->setSpacing(8);
    auto* title = new QLabel(tr("Models"), head);
    title->setProperty("role", QStringLiteral("page"));
    m_count = mutedLabel({}, head);
    m_count->setObjectName(QStringLiteral("modelCount"));
    auto* inspect = new QPushButton(tr("Inspect\u2026"), head);
    inspect->setObjectName(QStringLiteral("inspectModelButton"));
    inspect->setToolTip(tr("Say what a file is, without adding it"));
    auto* add = new QPushButton(icon("plus", 18, IconTone::OnAccent), tr("Add model\u2026"), head);
    add->setObjectName(QStringLiteral("addModelButton"));
    add->setProperty("primary", true);
    inspect->setProperty("tall", true);
    row->addWidget(title);
    row->addSpacing(4);
    row->addWidget(m_count);
    row->addStretch(1);
    row->addWidget(inspect);
    row->addWidget(add);
    connect(inspect, &QPushButton::clicked, this, &ModelsPage::inspectFile);
    connect(add, &QPushButton::clicked, this, &ModelsPage::addModel);
    return head;
}

QWidget* ModelsPage::makeCentre() {
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHead());
    column->addWidget(separatorLine(centre));
    auto* body = new QVBoxLayout;
    body->setContentsMargins(margin, 16, margin, margin);
    body->setSpacing(16);
    m_note = new Note(Tone::Ok, centre);
    m_note->setObjectName(QStringLiteral("modelsNote"));
    m_note->setClosable(true);
    m_note->hide();
    makeTable();
    m_drop = new DropFrame(centre);
    body->addWidget(m_note);
    body->addWidget(m_view);
    body->addWidget(m_drop);
    body->addStretch(1);
    column->addLayout(body, 1);
    connect(m_drop, &DropFrame::addRequested, this, &ModelsPage::addModel);
    return centre;
}

void ModelsPage::makeTable() {
    m_view = new QTableView(this);
    m_view->setObjectName(QStringLiteral("modelTable"));
    m_view->setAccessibleName(tr("Models on this machine"));
    m_view->setModel(m_table);
    m_view->setItemDelegate(new ModelRowDelegate(m_view));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setTabKeyNavigation(false);
    m_view->setShowGrid(false);
    m_view->setMouseTracking(true);
    m_view->setWordWrap(false);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setDefaultSectionSize(ModelRowDelegate::rowHeight);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->horizontalHeader()->setSectionsClickable(false);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->horizontalHeader()->setSectionResizeMode(ModelTable::Title, QHeaderView::Stretch);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &ModelsPage::showChoice);
    connect(m_view, &QTableView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT useRequested(index.data(modelPathRole).toString()); });
}

void ModelsPage::refresh() {
    const QString chosen = m_view->currentIndex().data(modelPathRole).toString();
    auto models = factsOf(*m_store);
    qint64 bytes = 0;
    bool own = false;
    for (const ModelFacts& facts : models) {
        bytes += facts.bytes;
        own = own || facts.own;
    }
    m_count->setText(tr("%1, %2", "models, size").arg(modelCountText(int(models.size())), sizeText(bytes)));
    m_drop->setEmpty(!own);
    m_table->setModels(std::move(models));
    fitTable();
    m_view->setCurrentIndex(m_table->index(std::max(0, m_table->rowOf(chosen)), 0));
    showChoice();
}

void ModelsPage::choose(const QString& path) {
    if (const int row = m_table->rowOf(path); row >= 0) m_view->setCurrentIndex(m_table->index(row, 0));
}

void ModelsPage::showChoice() {
    const int row = m_view->currentIndex().row();
    m_details->showModel(isVisible() && row >= 0 ? &m_table->models()[std::size_t(row)] : nullptr);
}

// As high as its rows; when they do not fit on the page, they scroll. Columns give way to the titles on a narrow page.
void ModelsPage::fitTable() {
    const int rows = std::max(1, m_table->rowCount());
    const int height = m_view->horizontalHeader()->sizeHint().height() + rows * m_view->verticalHeader()->defaultSectionSize() + 2;
    m_view->setMaximumHeight(height);
    m_view->setMinimumHeight(std::min(height, 3 * ModelRowDelegate::rowHeight));
    const bool narrow = width() < narrowPage;
    m_details->setFixedWidth(narrow ? narrowDetails : wideDetails);
    const std::pair<int, int> widths[] = {{ModelTable::Condition, 132},
                                          {ModelTable::Latent, narrow ? 96 : 110},
                                          {ModelTable::TileSize, 100},
                                          {ModelTable::ScaleOfTile, narrow ? 110 : 116},
                                          {ModelTable::Licence, narrow ? 92 : 112},
                                          {ModelTable::Size, 72}};
    for (const auto& [column, width] : widths) m_view->setColumnWidth(column, width);
    m_view->horizontalHeader()->setMinimumSectionSize(std::min(leastTitle, 76));
}

void ModelsPage::openDialog(bool add, const QString& path) {
    auto* dialog = new AddModelDialog(m_bridge, *m_inspections, add ? AddModelDialog::Add : AddModelDialog::Inspect, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (!path.isEmpty()) dialog->setSource(path);
    dialog->open();
}

void ModelsPage::addModel() { openDialog(true, {}); }
void ModelsPage::inspectFile() { openDialog(false, {}); }
void ModelsPage::addFrom(const QString& path) { openDialog(true, path); }

void ModelsPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    refresh(); // models may have come from elsewhere meanwhile
}

void ModelsPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitTable();
}

} // namespace phloxine::ui
