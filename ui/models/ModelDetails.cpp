#include "ui/models/ModelDetails.h"

#include <QDesktopServices>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QUrl>
#include <QVBoxLayout>

#include "ui/models/CardView.h"
#include "ui/models/Inspections.h"
#include "ui/models/ReportView.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int settleMs = 250;
constexpr qint64 readUnasked = 1'000'000'000; // larger files are read when the user asks
} // namespace

ModelDetails::ModelDetails(Inspections& inspections, QWidget* parent) : QWidget(parent), m_inspections(inspections) {
    setObjectName(QStringLiteral("modelDetails"));
    setAccessibleName(tr("About the model"));
    m_area = new QScrollArea(this);
    m_area->setFrameShape(QFrame::NoFrame);
    m_area->setWidgetResizable(true);
    m_area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_area->setAccessibleName(tr("Card of the model"));
    m_area->setWidget(makeBody());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_area, 1);
    column->addWidget(separatorLine(this));
    column->addWidget(makeFoot());
    m_settle.setSingleShot(true);
    m_settle.setInterval(settleMs);
    connect(&m_settle, &QTimer::timeout, this, [this] {
        if (m_facts && m_facts->bytes <= readUnasked) checkNow();
    });
    connect(&m_inspections, &Inspections::changed, this, [this](const QString& path) {
        if (m_facts && m_facts->path() == path) showReport();
    });
    showModel(nullptr);
}

QWidget* ModelDetails::makeBody() {
    m_body = new QWidget(m_area);
    m_body->setProperty("ground", QStringLiteral("none"));
    auto* column = new QVBoxLayout(m_body);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    m_none = mutedLabel(tr("What the chosen model is stands here."), m_body);
    m_reportPart = new QWidget(m_body);
    auto* rows = new QVBoxLayout(m_reportPart);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(8);
    rows->addWidget(separatorLine(m_reportPart));
    rows->addWidget(sectionHead(tr("Check of the files"), m_reportPart));
    m_report = new ReportView(m_reportPart);
    m_report->setFailureAction(tr("Show folder"));
    rows->addWidget(m_report);
    rows->addWidget(separatorLine(m_reportPart));
    column->addWidget(m_none);
    column->addWidget(m_reportPart);
    column->addStretch(1);
    connect(m_report, &ReportView::askRequested, this, [this] { m_inspections.wantAgain(m_facts->path()); });
    connect(m_report, &ReportView::failureActionRequested, this, &ModelDetails::showFolder);
    return m_body;
}

QWidget* ModelDetails::makeFoot() {
    auto* foot = new QWidget(this);
    auto* column = new QVBoxLayout(foot);
    column->setContentsMargins(16, 12, 16, 16);
    column->setSpacing(8);
    m_reason = mutedLabel({}, foot);
    m_reason->setObjectName(QStringLiteral("useReason"));
    m_reason->setWordWrap(true);
    m_use = new QPushButton(tr("Use in Generate"), foot);
    m_use->setObjectName(QStringLiteral("useModelButton"));
    m_use->setProperty("primary", true);
    m_edit = new QPushButton(tr("Edit card\u2026"), foot);
    m_edit->setObjectName(QStringLiteral("editCardButton"));
    m_edit->setProperty("tall", true);
    m_folder = new QPushButton(icon("folder-open"), tr("Show folder"), foot);
    m_folder->setObjectName(QStringLiteral("showFolderButton"));
    m_folder->setProperty("tall", true);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_edit, 1);
    row->addWidget(m_folder, 1);
    column->addWidget(m_reason);
    column->addWidget(m_use);
    column->addLayout(row);
    connect(m_edit, &QPushButton::clicked, this, [this] { Q_EMIT editRequested(m_facts->entry); });
    connect(m_use, &QPushButton::clicked, this, [this] { Q_EMIT useRequested(m_facts->path()); });
    connect(m_folder, &QPushButton::clicked, this, &ModelDetails::showFolder);
    return foot;
}

void ModelDetails::showModel(const ModelFacts* facts) {
    delete m_card;
    delete m_texts;
    m_card = m_texts = nullptr;
    m_facts = facts ? std::optional(*facts) : std::nullopt;
    m_none->setVisible(!facts);
    m_reportPart->setVisible(facts != nullptr);
    m_folder->setEnabled(facts != nullptr);
    m_edit->setEnabled(facts != nullptr);
    if (facts) {
        m_card = new CardView(*facts, m_body);
        m_texts = new CardTexts(facts->card(), m_body);
        auto* column = static_cast<QVBoxLayout*>(m_body->layout());
        column->insertWidget(0, m_card);
        column->insertWidget(column->count() - 1, m_texts); // before the stretch
        m_report->setUnasked(facts->bytes > readUnasked ? tr("Not checked yet. Reading %1 takes a while.").arg(sizeText(facts->bytes))
                                                        : QString());
        m_settle.start();
    }
    showReport();
}

void ModelDetails::checkNow() {
    if (m_facts) m_inspections.want(m_facts->path());
}

void ModelDetails::showReport() {
    const Inspection* known = m_facts ? m_inspections.find(m_facts->path()) : nullptr;
    m_report->showInspection(known);
    const bool bad = known && (known->state == Inspection::Failed || (known->state == Inspection::Found && !known->findings.fits));
    m_use->setEnabled(m_facts && !bad);
    m_reason->setText(!m_facts ? tr("Choose a model to use it")
                      : bad    ? tr("This model cannot be used: see the check of the files.")
                               : QString());
    m_reason->setVisible(!m_reason->text().isEmpty());
}

void ModelDetails::showFolder() const {
    if (!m_facts) return;
    const QFileInfo at(m_facts->path());
    QDesktopServices::openUrl(QUrl::fromLocalFile(at.isDir() ? at.filePath() : at.path()));
}

} // namespace phloxine::ui
