#include "ui/models/AddModelDialog.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/bridge/JobBridge.h"
#include "ui/bridge/error_text.h"
#include "ui/models/Inspections.h"
#include "ui/models/ModelQuestions.h"
#include "ui/models/ReportView.h"
#include "ui/models/model_facts.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int dialogWidth = 600, reportHeight = 176, typingMs = 500;

bool isModelFolder(const QString& path) { return QFileInfo::exists(QDir(path).filePath(QStringLiteral("model.json"))); }
} // namespace

AddModelDialog::AddModelDialog(JobBridge& bridge, Inspections& inspections, Purpose purpose, QWidget* parent)
    : QDialog(parent), m_bridge(bridge), m_inspections(inspections), m_purpose(purpose) {
    setObjectName(QStringLiteral("addModelDialog"));
    setMinimumWidth(dialogWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(12);
    makeSource(*column);
    makeReport(*column);
    makeFoot(*column);
    connectJob();
    m_typing.setSingleShot(true);
    m_typing.setInterval(typingMs);
    connect(&m_typing, &QTimer::timeout, this, &AddModelDialog::look);
    showPurpose();
    refresh();
}

void AddModelDialog::makeSource(QVBoxLayout& column) {
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    m_path = new QLineEdit(this);
    m_path->setObjectName(QStringLiteral("modelSource"));
    m_path->setPlaceholderText(tr("A .safetensors or .ckpt file, or a folder of diffusers"));
    auto* label = new QLabel(tr("&From"), this);
    label->setBuddy(m_path);
    m_file = new QPushButton(tr("File\u2026"), this);
    m_folder = new QPushButton(tr("Folder\u2026"), this);
    row->addWidget(label);
    row->addWidget(m_path, 1);
    row->addWidget(m_file);
    row->addWidget(m_folder);
    for (QPushButton* button : {m_file, m_folder}) button->setAutoDefault(false);
    column.addLayout(row);
    connect(m_path, &QLineEdit::textChanged, &m_typing, qOverload<>(&QTimer::start));
    connect(m_path, &QLineEdit::editingFinished, this, &AddModelDialog::look);
    connect(m_file, &QPushButton::clicked, this, [this] { browse(false); });
    connect(m_folder, &QPushButton::clicked, this, [this] { browse(true); });
}

void AddModelDialog::makeReport(QVBoxLayout& column) {
    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setMinimumHeight(reportHeight);
    area->setAccessibleName(tr("What the file is"));
    auto* body = new QWidget(area);
    body->setProperty("ground", QStringLiteral("none"));
    auto* rows = new QVBoxLayout(body);
    rows->setContentsMargins(0, 0, 0, 0);
    m_report = new ReportView(body);
    m_report->setFailureAction(tr("Choose another file\u2026"));
    rows->addWidget(m_report);
    rows->addStretch(1);
    area->setWidget(body);
    column.addWidget(area, 1);
    m_intro = mutedLabel(tr("What the file does not say. What you leave empty is kept as not stated."), this);
    m_questions = new ModelQuestions(this);
    column.addWidget(m_intro);
    column.addWidget(m_questions);
    connect(m_report, &ReportView::askRequested, this, [this] { m_inspections.wantAgain(m_source); });
    connect(m_report, &ReportView::failureActionRequested, this, [this] { browse(QFileInfo(m_source).isDir()); });
    connect(m_questions, &ModelQuestions::changed, this, &AddModelDialog::refresh);
}

void AddModelDialog::makeFoot(QVBoxLayout& column) {
    m_problem = new Note(Tone::Err, this);
    m_problem->setObjectName(QStringLiteral("addModelProblem"));
    m_problem->hide();
    column.addWidget(m_problem);
    m_reason = mutedLabel({}, this);
    m_reason->setObjectName(QStringLiteral("addModelReason"));
    m_reason->setWordWrap(true);
    m_run = new QPushButton(this);
    m_run->setObjectName(QStringLiteral("addModelRunButton"));
    m_run->setProperty("primary", true);
    m_run->setAutoDefault(false); // Enter in a field must not add before the file is known
    m_close = new QPushButton(tr("Close"), this);
    m_close->setObjectName(QStringLiteral("addModelCloseButton"));
    m_close->setProperty("tall", true);
    m_close->setAutoDefault(false);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_reason, 1);
    row->addWidget(m_close);
    row->addWidget(m_run);
    column.addLayout(row);
    connect(m_problem, &Note::actionTriggered, this, &AddModelDialog::run);
    connect(m_close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (m_purpose == Add) return run();
        m_purpose = Add;
        showPurpose();
        refresh();
    });
}

void AddModelDialog::connectJob() {
    connect(&m_inspections, &Inspections::changed, this, [this](const QString& path) {
        if (path == m_source) refresh();
    });
    connect(&m_bridge, &JobBridge::finished, this, [this](quint64 id) {
        if (m_job && id == m_job) accept();
    });
    connect(&m_bridge, &JobBridge::cancelled, this, [this](quint64 id) {
        if (m_job && id == m_job) end({});
    });
    connect(&m_bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        if (!m_job || id != m_job) return;
        const ErrorText words = errorText(failure.code);
        m_problem->setAction(words.action == ErrorAction::TryAgain ? words.actionText : QString());
        end(failure.message.isEmpty() ? words.heading : failure.message);
    });
}

void AddModelDialog::showPurpose() {
    setWindowTitle(m_purpose == Add ? tr("Add model") : tr("Inspect a file"));
    m_run->setText(m_purpose == Add ? tr("Add model") : tr("Add\u2026"));
}

void AddModelDialog::setSource(const QString& path) {
    m_path->setText(QDir::toNativeSeparators(path));
    look();
}

void AddModelDialog::browse(bool folder) {
    auto* dialog = new QFileDialog(this, folder ? tr("Folder of diffusers") : tr("Checkpoint file"), QFileInfo(m_source).path());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    if (folder) dialog->setOption(QFileDialog::ShowDirsOnly);
    else dialog->setNameFilters({tr("Checkpoints (*.safetensors *.ckpt *.pt *.pth *.bin)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &AddModelDialog::setSource);
    dialog->open();
}

void AddModelDialog::look() {
    m_typing.stop();
    const QString path = QDir::fromNativeSeparators(m_path->text().trimmed());
    if (path == m_source) return refresh();
    m_source = path;
    m_problem->hide();
    if (QFileInfo::exists(m_source)) {
        m_questions->setSource(m_source);
        m_inspections.want(m_source);
    }
    refresh();
}

QString AddModelDialog::whyNotReady() const {
    if (m_job) return tr("The model is being added\u2026");
    if (m_source.isEmpty()) return tr("Choose a file or a folder to start.");
    if (!QFileInfo::exists(m_source)) return tr("There is nothing at this place.");
    const Inspection* known = m_inspections.find(m_source);
    if (!known || known->state == Inspection::Waiting || known->state == Inspection::Reading) return tr("The file is being read.");
    if (known->state == Inspection::Failed || !known->findings.fits) return tr("This file cannot be used as a model.");
    if (isModelFolder(m_source))
        return tr("This is a model folder already. Copy it to %1.").arg(QDir::toNativeSeparators(userModelFolder()));
    return m_purpose == Add ? m_questions->whyNotReady() : QString();
}

void AddModelDialog::refresh() {
    const bool there = !m_source.isEmpty() && QFileInfo::exists(m_source);
    const Inspection* known = there ? m_inspections.find(m_source) : nullptr;
    m_report->showInspection(known);
    const bool fits = known && known->state == Inspection::Found && known->findings.fits && !isModelFolder(m_source);
    m_intro->setVisible(fits && m_purpose == Add);
    m_questions->setVisible(fits && m_purpose == Add);
    if (fits) m_questions->setClasses(known->findings.classes);
    const QString reason = whyNotReady();
    m_reason->setText(reason);
    m_run->setEnabled(reason.isEmpty());
    for (QWidget* field : std::initializer_list<QWidget*>{m_path, m_file, m_folder, m_questions}) field->setEnabled(!m_job);
}

void AddModelDialog::run() {
    if (!whyNotReady().isEmpty() || !m_bridge.queue()) return;
    m_problem->hide();
    m_job = m_bridge.queue()->submit(AddModelJob{m_source.toStdString(), m_questions->options(), {}});
    refresh();
}

void AddModelDialog::end(const QString& problem) {
    m_job = 0;
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    refresh();
}

} // namespace phloxine::ui
