#include "ui/compare/ComparePage.h"

#include <algorithm>

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/JobBridge.h"
#include "ui/bridge/error_text.h"
#include "ui/compare/CalibrationDialog.h"
#include "ui/compare/SaveReportDialog.h"
#include "ui/compare/SetCard.h"
#include "ui/compare/TileDialog.h"
#include "ui/viewer/EmptyState.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int leftWidth = 320, headHeight = 56;
enum Stack { Empty, Report };
} // namespace

ComparePage::ComparePage(JobBridge& bridge, QWidget* parent) : QWidget(parent), m_bridge(bridge) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    auto* left = makeLeft();
    auto* centre = makeCentre();
    left->setProperty("panel", 1); // F6 goes through them in this order
    centre->setProperty("panel", 2);
    row->addWidget(left);
    row->addWidget(separatorLine(this, true));
    row->addWidget(centre, 1);
    for (SetCard* card : {m_real, m_synthetic, m_training}) connect(card, &SetCard::changed, this, &ComparePage::showState);
    connectJobs();
    showState();
}

QWidget* ComparePage::makeLeft() {
    auto* left = new QWidget(this);
    left->setFixedWidth(leftWidth);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* scroll = new QScrollArea(left);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* body = new QWidget(scroll);
    auto* sets = new QVBoxLayout(body);
    sets->setContentsMargins(16, 16, 16, 16);
    sets->setSpacing(12);
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Sets"), body), 1);
    auto* swap = new QPushButton(icon("arrows-exchange", 16), tr("Swap"), body);
    swap->setFlat(true);
    connect(swap, &QPushButton::clicked, this, &ComparePage::swapSets);
    head->addWidget(swap);
    sets->addLayout(head);
    m_real = new SetCard(SetCard::Real, body);
    m_synthetic = new SetCard(SetCard::Synthetic, body);
    m_training = new SetCard(SetCard::Real, body);
    m_training->setObjectName(QStringLiteral("trainingCard"));
    sets->addWidget(m_real);
    sets->addWidget(m_synthetic);
    sets->addWidget(sectionHead(tr("Training tiles"), body));
    auto* hint = mutedLabel(tr("Where copies are looked for. Without them, in the real set."), body);
    hint->setWordWrap(true);
    sets->addWidget(hint);
    sets->addWidget(m_training);
    sets->addWidget(sectionHead(tr("Settings"), body));
    auto* extractor = new QHBoxLayout;
    auto* label = mutedLabel(tr("Encoder"), body);
    m_extractor = new QComboBox(body);
    m_extractor->setObjectName(QStringLiteral("extractorChoice"));
    m_extractor->addItems({tr("Histology encoder, embedded"), tr("Inception, from a file\u2026"), tr("TorchScript, from a file\u2026")});
    label->setBuddy(m_extractor);
    extractor->addWidget(label);
    extractor->addWidget(m_extractor, 1);
    sets->addLayout(extractor);
    connect(m_extractor, &QComboBox::activated, this, [this](int row) {
        m_extractorFile = row == 0 ? QString() : QFileDialog::getOpenFileName(this, tr("Weights of the encoder"));
        if (m_extractorFile.isEmpty()) m_extractor->setCurrentIndex(0);
    });
    sets->addWidget(sectionHead(tr("What to measure"), body));
    for (const auto& group : metricGroups()) {
        m_groups.push_back(new QCheckBox(fromUtf8(group.title), body));
        m_groups.back()->setChecked(true);
        connect(m_groups.back(), &QCheckBox::toggled, this, &ComparePage::showState);
        sets->addWidget(m_groups.back());
    }
    makeNuclei(*sets, body);
    sets->addWidget(new Note(
        ui::Tone::Info,
        tr("Both sets are decoded and resized the same way before measuring. The cue check says whether their files still differ."), body));
    sets->addStretch(1);
    scroll->setWidget(body);
    column->addWidget(scroll, 1);
    column->addWidget(separatorLine(left));
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(16, 10, 16, 16);
    foot->setSpacing(10);
    auto* cost = new QHBoxLayout;
    cost->setSpacing(8);
    m_costMark = new IconLabel(left);
    m_cost = new QLabel(left);
    m_cost->setObjectName(QStringLiteral("compareCost"));
    m_cost->setWordWrap(true);
    cost->addWidget(m_costMark, 0, Qt::AlignTop);
    cost->addWidget(m_cost, 1);
    foot->addLayout(cost);
    m_run = new QPushButton(icon("git-compare", 18, IconTone::OnAccent), tr("Compare"), left);
    m_run->setObjectName(QStringLiteral("compareButton"));
    m_run->setProperty("primary", true);
    m_stop = new QPushButton(icon("player-stop"), tr("Stop"), left);
    m_stop->setObjectName(QStringLiteral("stopCompareButton"));
    for (auto* button : {m_run, m_stop}) {
        button->setProperty("tall", true);
        foot->addWidget(button);
    }
    connect(m_run, &QPushButton::clicked, this, &ComparePage::run);
    connect(m_stop, &QPushButton::clicked, this, &ComparePage::stop);
    column->addLayout(foot);
    return left;
}

void ComparePage::makeNuclei(QVBoxLayout& column, QWidget* body) {
    column.addWidget(sectionHead(tr("Stain and nuclei"), body));
    auto* row = new QHBoxLayout;
    auto* label = mutedLabel(tr("Stain matrix"), body);
    m_stain = new QComboBox(body);
    m_stain->setObjectName(QStringLiteral("stainChoice"));
    m_stain->addItems({tr("Fixed (Ruifrok)"), tr("Of the real set (Macenko)")});
    m_stain->setToolTip(tr("One matrix for both sets, never one for each: that would hide the difference that is looked for."));
    label->setBuddy(m_stain);
    row->addWidget(label);
    row->addWidget(m_stain, 1);
    column.addLayout(row);
    m_calibrationText = mutedLabel({}, body);
    m_calibrationText->setObjectName(QStringLiteral("calibrationText"));
    m_calibrationText->setWordWrap(true);
    column.addWidget(m_calibrationText);
    auto* buttons = new QHBoxLayout;
    m_calibrate = new QPushButton(tr("Calibrate nuclei\u2026"), body);
    m_calibrate->setObjectName(QStringLiteral("calibrateButton"));
    m_forgetCalibration = new QPushButton(tr("Leave out"), body);
    m_forgetCalibration->setObjectName(QStringLiteral("forgetCalibrationButton"));
    m_forgetCalibration->setProperty("link", true);
    m_forgetCalibration->setToolTip(tr("Compare without these clicks; the file stays."));
    buttons->addWidget(m_calibrate);
    buttons->addWidget(m_forgetCalibration);
    buttons->addStretch(1);
    column.addLayout(buttons);
    connect(m_calibrate, &QPushButton::clicked, this, &ComparePage::calibrate);
    connect(m_forgetCalibration, &QPushButton::clicked, this, [this] {
        m_calibration.clear();
        showCalibration(-1);
    });
    showCalibration(-1);
}

void ComparePage::showCalibration(int fieldsDone) {
    m_forgetCalibration->setVisible(!m_calibration.empty());
    const QString file = fromUtf8(m_calibration.filename().string());
    m_calibrationText->setText(m_calibration.empty() ? tr("The counter of nuclei is not calibrated: click the nuclei of 50 fields.")
                               : fieldsDone < 0      ? tr("Clicked nuclei: %1").arg(file)
                               : fieldsDone < NucleiCalibration::enough
                                   ? tr("%1: %2 of %3 fields clicked").arg(file).arg(fieldsDone).arg(NucleiCalibration::enough)
                                   : tr("%1: %2 fields clicked, counts are calibrated").arg(file).arg(fieldsDone));
}

void ComparePage::calibrate() {
    if (m_real->path().isEmpty()) return;
    if (m_calibration.empty())
        m_calibration = QFileDialog::getSaveFileName(this, tr("File for the clicked nuclei; one that is there is gone on with"),
                                                     QStringLiteral("nuclei.json"), tr("Clicked nuclei (*.json)"), nullptr,
                                                     QFileDialog::DontConfirmOverwrite)
                            .toStdString();
    if (m_calibration.empty()) return;
    auto* dialog = new CalibrationDialog(m_real->choice(), m_calibration, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &CalibrationDialog::saved, this, &ComparePage::showCalibration);
    connect(dialog, &QDialog::finished, this, [this, dialog] {
        if (!std::filesystem::exists(m_calibration)) m_calibration.clear(); // closed before a click
        showCalibration(m_calibration.empty() ? -1 : dialog->calibration().done());
    });
    dialog->open();
}

QWidget* ComparePage::makeHead() {
    auto* head = new QWidget(this);
    head->setFixedHeight(headHeight);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(24, 0, 24, 0);
    row->setSpacing(8);
    auto* title = new QLabel(tr("Real and synthetic tiles"), head);
    title->setProperty("role", QStringLiteral("page"));
    m_subtitle = mutedLabel({}, head);
    m_sets = new QComboBox(head);
    m_sets->setAccessibleName(tr("Synthetic set"));
    m_save = new QPushButton(icon("file-text"), tr("Save report\u2026"), head);
    m_save->setObjectName(QStringLiteral("saveReportButton"));
    m_save->setProperty("tall", true);
    auto* real = mutedLabel(tr("\u2501 Real"), head);
    auto* synthetic = new QLabel(tr("\u2505 Synthetic"), head);
    synthetic->setProperty("role", QStringLiteral("syntheticKey"));
    row->addWidget(title);
    row->addSpacing(4);
    row->addWidget(m_subtitle, 1);
    row->addWidget(m_sets);
    row->addWidget(real);
    row->addWidget(synthetic);
    row->addSpacing(8);
    row->addWidget(m_save);
    connect(m_save, &QPushButton::clicked, this, &ComparePage::saveReport);
    connect(m_sets, &QComboBox::activated, this, [this](int set) {
        m_set = set;
        showReport();
    });
    return head;
}

QWidget* ComparePage::makeCentre() {
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHead());
    column->addWidget(separatorLine(centre));
    m_failure = new Note(ui::Tone::Err, centre);
    m_failure->setBar(true);
    m_failure->setClosable(true);
    m_failure->setObjectName(QStringLiteral("compareFailure"));
    m_failure->hide();
    column->addWidget(m_failure);
    m_stack = new QStackedWidget(centre);
    auto* empty = new EmptyState(QStringLiteral("git-compare"), m_stack);
    empty->setText(QStringLiteral("git-compare"), tr("How real are the tiles?"),
                   tr("Drop a set of real and a set of synthetic tiles on the left. Distances, stain, nuclei, near copies and prompt "
                      "adherence appear here."));
    m_stack->addWidget(empty);
    m_scroll = new QScrollArea(m_stack);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_stack->addWidget(m_scroll);
    column->addWidget(m_stack, 1);
    return centre;
}

void ComparePage::connectJobs() {
    connect(&m_bridge, &JobBridge::progress, this, [this](quint64 id, const QString& stage, double fraction) {
        if (id == m_job) Q_EMIT statusChanged(stage, fraction);
    });
    connect(&m_bridge, &JobBridge::compared, this, [this](quint64 id, std::shared_ptr<const CompareReport> report) {
        if (id == m_job) setReport(std::move(report));
    });
    const auto end = [this](quint64 id) {
        if (id != m_job) return;
        m_job = 0;
        Q_EMIT statusChanged({}, -1);
        showState();
    };
    connect(&m_bridge, &JobBridge::finished, this, end);
    connect(&m_bridge, &JobBridge::cancelled, this, end);
    connect(&m_bridge, &JobBridge::failed, this, [this, end](quint64 id, const Failure& failure) {
        if (id != m_job && id != m_saving) return;
        m_failure->setText(failure.message);
        m_failure->show();
        end(id);
    });
}

CompareRequest ComparePage::request() const {
    CompareRequest request;
    request.real = m_real->choice();
    request.synthetic = {m_synthetic->choice()};
    if (!m_training->path().isEmpty()) request.training = m_training->choice();
    for (std::size_t i = 0; i < m_groups.size(); ++i)
        if (m_groups[i]->isChecked()) request.metrics.push_back(metricGroups()[i].id);
    request.stain = m_stain->currentIndex() == 1 ? "macenko" : "fixed";
    const auto& chosen = request.metrics;
    if (chosen.empty() || std::find(chosen.begin(), chosen.end(), "tissue") != chosen.end()) request.calibration = m_calibration;
    const char* kinds[] = {"", "inception:", "torchscript:"};
    if (m_extractor->currentIndex() > 0) request.extractors.push_back(kinds[m_extractor->currentIndex()] + m_extractorFile.toStdString());
    return request;
}

void ComparePage::setRequest(const CompareRequest& request) {
    for (std::size_t i = 0; i < m_groups.size(); ++i)
        m_groups[i]->setChecked(request.metrics.empty() ||
                                std::find(request.metrics.begin(), request.metrics.end(), metricGroups()[i].id) != request.metrics.end());
    m_stain->setCurrentIndex(request.stain == "macenko" ? 1 : 0);
    m_calibration = request.calibration;
    showCalibration(-1);
    m_real->setChoice(request.real);
    if (!request.synthetic.empty()) m_synthetic->setChoice(request.synthetic.front());
    if (!request.training.path.empty()) m_training->setChoice(request.training);
}

QString ComparePage::whyNotReady() const {
    if (m_real->path().isEmpty()) return tr("Choose a set of real tiles to start");
    if (m_synthetic->path().isEmpty()) return tr("Choose a set of synthetic tiles to start");
    for (const SetCard* card : {m_real, m_synthetic, m_training})
        if (!card->problem().isEmpty()) return card->problem();
    if (std::none_of(m_groups.begin(), m_groups.end(), [](const auto* box) { return box->isChecked(); }))
        return tr("Choose what to measure");
    if (m_real->tiles() == 0 || m_synthetic->tiles() == 0) return tr("Reading the folders");
    return {};
}

void ComparePage::showState() {
    const QString why = whyNotReady();
    const int tiles = m_real->tiles() + m_synthetic->tiles() + m_training->tiles();
    m_cost->setText(!why.isEmpty() ? why : tr("%1 tiles, time known after the first", "", tiles).arg(tiles));
    m_costMark->setMark(!why.isEmpty() ? "info-circle" : m_job ? "hourglass" : "clock", 16, IconTone::Text2);
    m_run->setEnabled(why.isEmpty());
    m_calibrate->setEnabled(m_real->tiles() > 0);
    m_calibrate->setToolTip(m_real->tiles() > 0 ? QString() : tr("Choose a set of real tiles to start"));
    m_run->setVisible(m_job == 0);
    m_stop->setVisible(m_job != 0);
    m_save->setEnabled(m_report != nullptr);
    m_stack->setCurrentIndex(m_report ? Report : Empty);
    m_sets->setVisible(m_report && m_report->synthetic.size() > 1);
}

void ComparePage::run() {
    if (m_job || !m_bridge.queue() || !whyNotReady().isEmpty()) return;
    m_failure->hide();
    m_job = m_bridge.queue()->submit(CompareJob{request(), {}});
    showState();
}

void ComparePage::stop() {
    if (m_job && m_bridge.queue()) m_bridge.queue()->stop(JobId(m_job), Stop::Now);
}

void ComparePage::swapSets() {
    const auto real = m_real->path(), synthetic = m_synthetic->path();
    m_real->setPath(synthetic);
    m_synthetic->setPath(real);
}

void ComparePage::saveReport() {
    if (!m_report) return;
    auto* dialog = new SaveReportDialog(this);
    connect(dialog, &SaveReportDialog::folderWanted, this, [this](bool realPictures) {
        saveReportTo(QFileDialog::getExistingDirectory(this, tr("Folder for the report")), realPictures);
    });
    dialog->open();
}

// Pictures are read and written by the worker, as they may be many.
void ComparePage::saveReportTo(const QString& folder, bool realPictures) {
    if (!m_report || !m_bridge.queue() || folder.isEmpty()) return;
    m_failure->hide();
    m_saving = m_bridge.queue()->submit(SaveReportJob{m_report, folder.toStdString(), realPictures});
}

void ComparePage::setReport(std::shared_ptr<const CompareReport> report) {
    m_report = std::move(report);
    m_set = 0;
    m_sets->clear();
    for (const auto& s : m_report->synthetic) m_sets->addItem(fromUtf8(s.set.name));
    showReport();
    showState();
}

void ComparePage::showTile(bool synthetic, int index) { (new TileDialog(m_report, m_set, synthetic, index, this))->open(); }

} // namespace phloxine::ui
