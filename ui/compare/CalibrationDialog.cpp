#include "ui/compare/CalibrationDialog.h"

#include <algorithm>

#include <QApplication>
#include <QCheckBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QShortcut>
#include <QThreadPool>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "ui/compare/ClickField.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int fieldPx = 608, sideWidth = 256;

QString newReader() { return QString::number(QRandomGenerator::global()->generate64(), 36).left(8); }
} // namespace

struct CalibrationDialog::Start {
    std::shared_ptr<const TileSet> set;
    NucleiCalibration calibration;
    QString problem;
};

struct CalibrationDialog::Field {
    QImage image;
    double diameterPx = NucleusSettings::defaultDiameterPx;
    ClickedField blank;
    QString problem;
};

CalibrationDialog::CalibrationDialog(const SetChoice& real, std::filesystem::path file, QWidget* parent)
    : QDialog(parent), m_file(std::move(file)) {
    setObjectName(QStringLiteral("calibrationDialog"));
    setWindowTitle(tr("Calibrate nuclei"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 16, 16, 16);
    row->setSpacing(16);
    m_scroll = new QScrollArea(this); // fields much larger than the screen are scrolled
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setAlignment(Qt::AlignCenter);
    m_scroll->setFixedSize(fieldPx, fieldPx);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_field = new ClickField(m_scroll);
    m_field->setObjectName(QStringLiteral("clickField"));
    m_field->resize(fieldPx, fieldPx);
    m_field->clear(tr("Reading the set"));
    m_scroll->setWidget(m_field);
    m_field->setFocusPolicy(Qt::ClickFocus); // and not a button, which Space would press while one clicks
    m_field->setFocus();
    row->addWidget(m_scroll);
    auto* side = new QVBoxLayout;
    side->setSpacing(8);
    makeSide(*side);
    row->addLayout(side);
    connect(m_field, &ClickField::pointsChanged, this, [this] {
        if (m_fieldShown && m_field->canUndo()) m_changed = true;
        if (m_fieldShown && !m_field->points().empty()) m_noNuclei->setChecked(false);
        showState();
    });
    showState();
    QThreadPool::globalInstance()->start([dialog = QPointer<CalibrationDialog>(this), real, file = m_file] {
        auto found = std::make_shared<Start>(start(real, file));
        QMetaObject::invokeMethod(
            qApp,
            [dialog, found] {
                if (dialog) dialog->begin(std::move(*found));
            },
            Qt::QueuedConnection);
    });
}

void CalibrationDialog::makeSide(QVBoxLayout& column) {
    const auto sentence = [this](const QString& text) {
        auto* label = new QLabel(text, this);
        label->setWordWrap(true);
        label->setFixedWidth(sideWidth);
        return label;
    };
    m_number = new QLabel(this);
    m_number->setProperty("role", QStringLiteral("title"));
    m_number->setObjectName(QStringLiteral("fieldNumber"));
    column.addWidget(m_number);
    column.addWidget(sentence(tr("Click the middle of every nucleus in the frame, also of those that reach over its thin edges.")));
    column.addWidget(
        sentence(tr("Leave out what touches a thick edge with ticks (left and lower): it belongs to the neighbouring field.")));
    column.addWidget(sentence(tr("A click on a dot takes it away.")));
    column.addSpacing(8);
    m_count = new QLabel(this);
    m_count->setProperty("role", QStringLiteral("headline"));
    m_count->setObjectName(QStringLiteral("clickCount"));
    column.addWidget(m_count);
    m_undo = new QPushButton(tr("Undo"), this);
    m_undo->setObjectName(QStringLiteral("undoClickButton"));
    m_undo->setToolTip(tr("Undo the last click (%1)").arg(QKeySequence(QKeySequence::Undo).toString(QKeySequence::NativeText)));
    column.addWidget(m_undo);
    m_noNuclei = new QCheckBox(tr("This field has no nuclei"), this);
    m_noNuclei->setObjectName(QStringLiteral("noNucleiBox"));
    column.addWidget(m_noNuclei);
    column.addStretch(1);
    m_failure = new Note(ui::Tone::Err, this);
    m_failure->setObjectName(QStringLiteral("calibrationFailure"));
    m_failure->setFixedWidth(sideWidth);
    m_failure->hide();
    column.addWidget(m_failure);
    m_progressText = sentence({});
    m_progressText->setObjectName(QStringLiteral("calibrationProgress"));
    column.addWidget(m_progressText);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(false);
    m_progress->setRange(0, NucleiCalibration::enough);
    column.addWidget(m_progress);
    auto* moves = new QHBoxLayout;
    moves->setSpacing(8);
    m_previous = new QPushButton(tr("Previous"), this);
    m_previous->setObjectName(QStringLiteral("previousFieldButton"));
    m_previous->setToolTip(tr("The field before (Left)"));
    m_next = new QPushButton(tr("Next field"), this);
    m_next->setObjectName(QStringLiteral("nextFieldButton"));
    m_next->setToolTip(tr("All nuclei of this field are clicked (Right)"));
    m_next->setProperty("primary", true);
    auto* close = new QPushButton(tr("Close"), this);
    close->setObjectName(QStringLiteral("closeCalibrationButton"));
    for (auto* button : {m_undo, m_previous, m_next, close}) button->setAutoDefault(false);
    for (auto* button : {m_previous, close}) button->setProperty("tall", true);
    moves->addWidget(m_previous);
    moves->addWidget(m_next, 1);
    column.addLayout(moves);
    column.addWidget(close);
    connect(m_undo, &QPushButton::clicked, m_field, &ClickField::undo);
    connect(m_noNuclei, &QCheckBox::clicked, this, [this] { m_changed = true; });
    connect(m_previous, &QPushButton::clicked, this, &CalibrationDialog::previous);
    connect(m_next, &QPushButton::clicked, this, &CalibrationDialog::next);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    // Buttons with the focus would keep the arrows for themselves.
    connect(new QShortcut(Qt::Key_Right, this), &QShortcut::activated, this, &CalibrationDialog::next);
    connect(new QShortcut(Qt::Key_Left, this), &QShortcut::activated, this, &CalibrationDialog::previous);
    connect(new QShortcut(QKeySequence::Undo, this), &QShortcut::activated, m_field, &ClickField::undo);
}

CalibrationDialog::Start CalibrationDialog::start(const SetChoice& real, const std::filesystem::path& file) {
    Start found;
    try {
        auto set = std::make_shared<TileSet>(readTileSet(real.path, {real.name, real.groupPattern}));
        const auto sum = contentSha256(*set);
        if (isThere(file)) {
            found.calibration = readNucleiCalibration(file);
            if (found.calibration.setSha256 != sum)
                found.problem = tr("This file holds the nuclei of another set, %1. Choose another file, or that set.")
                                    .arg(fromUtf8(plainText(found.calibration.setName, 80)));
        } else {
            found.calibration = {set->name, sum, newReader().toStdString(), QRandomGenerator::global()->generate(), {}};
        }
        found.set = std::move(set);
    } catch (const Error& e) { found.problem = QString::fromUtf8(e.what()); } catch (const std::exception& e) {
        found.problem = tr("The set cannot be read: %1").arg(QString::fromUtf8(e.what()));
    }
    return found;
}

void CalibrationDialog::begin(Start&& start) {
    if (!start.problem.isEmpty()) {
        m_field->clear(tr("No field to show"));
        return fail(start.problem);
    }
    m_set = std::move(start.set), m_calibration = std::move(start.calibration);
    m_order = calibrationOrder(m_set->tiles, m_calibration.seed);
    const auto isDone = [&](std::size_t tile) {
        return std::any_of(m_calibration.fields.begin(), m_calibration.fields.end(),
                           [&](const auto& f) { return f.done && f.tile == m_set->tiles[tile].name; });
    };
    const auto open = std::find_if_not(m_order.begin(), m_order.end(), isDone);
    m_at = open == m_order.end() ? int(m_order.size()) - 1 : int(open - m_order.begin());
    load();
}

void CalibrationDialog::load() {
    const int number = ++m_loading;
    m_fieldShown = m_changed = false;
    const auto& tile = m_set->tiles[m_order[std::size_t(m_at)]];
    m_field->clear(tr("Reading the tile"));
    QThreadPool::globalInstance()->start([dialog = QPointer<CalibrationDialog>(this), set = m_set, tile, number] {
        auto field = std::make_shared<Field>();
        try {
            auto image = readImage(tile.file);
            if (tile.scale.known()) image.scale = tile.scale;
            const auto settings = nucleusSettings(image.scale);
            field->diameterPx = settings.diameterPx;
            field->blank = {tile.name,
                            sha256OfFile(tile.file),
                            image.width,
                            image.height,
                            countingFrame(image.width, image.height, settings),
                            {},
                            false,
                            {}};
            if (field->blank.frame.x1 <= field->blank.frame.x0 || field->blank.frame.y1 <= field->blank.frame.y0)
                field->problem = tr("This tile is too small for a counting frame.");
            field->image = toQImage(image);
        } catch (const std::exception& e) { field->problem = QString::fromUtf8(e.what()); }
        QMetaObject::invokeMethod(
            qApp,
            [dialog, field, number] {
                if (dialog && dialog->m_loading == number) dialog->showField(*field);
            },
            Qt::QueuedConnection);
    });
}

void CalibrationDialog::showField(const Field& field) {
    if (!field.problem.isEmpty()) return m_field->clear(tr("%1 Go on to the next field.").arg(field.problem));
    m_shown = field.blank;
    if (const auto* kept = record(); kept && kept->sha256 == m_shown.sha256) m_shown = *kept;
    m_field->setField(field.image, m_shown.frame, m_shown.points, m_scroll->size(), field.diameterPx);
    m_noNuclei->setChecked(m_shown.done && m_shown.points.empty());
    m_fieldShown = true;
    showState();
}

ClickedField* CalibrationDialog::record() {
    const auto& name = m_set->tiles[m_order[std::size_t(m_at)]].name;
    const auto found =
        std::find_if(m_calibration.fields.begin(), m_calibration.fields.end(), [&](const auto& f) { return f.tile == name; });
    return found == m_calibration.fields.end() ? nullptr : &*found;
}

// A field without a dot is done only when it was said to have no nuclei: paging through fields must not count as clicking them.
void CalibrationDialog::keep(bool finish) {
    if (!m_fieldShown) return;
    const bool answered = !m_field->points().empty() || m_noNuclei->isChecked();
    const bool wasDone = m_shown.done;
    m_shown.points = m_field->points();
    m_shown.done = answered && (finish || wasDone);
    if (m_shown.done && (!wasDone || m_changed)) m_shown.time = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    auto* kept = record();
    if (kept) *kept = m_shown;
    else if (answered) m_calibration.fields.push_back(m_shown);
}

bool CalibrationDialog::save() {
    if (m_calibration.fields.empty()) return true;
    try {
        writeNucleiCalibration(m_file, m_calibration);
    } catch (const Error& e) {
        fail(QString::fromUtf8(e.what()));
        return false;
    }
    m_failure->hide();
    m_changed = false;
    Q_EMIT saved(m_calibration.done());
    return true;
}

void CalibrationDialog::go(int step, bool finish) {
    const int to = m_at + step;
    if (!m_set) return;
    keep(finish);
    if (!save() || to < 0 || to >= int(m_order.size())) return showState();
    m_at = to;
    load();
    showState();
}

void CalibrationDialog::next() { go(1, true); }
void CalibrationDialog::previous() { go(-1, false); }

void CalibrationDialog::done(int result) {
    if (m_set && m_fieldShown) {
        keep(false);
        if (m_changed && !save()) return; // stays open: the clicks are still here
    }
    QDialog::done(result);
}

void CalibrationDialog::fail(const QString& sentence) {
    m_failure->setText(sentence);
    m_failure->show();
    showState();
}

void CalibrationDialog::showState() {
    if (!m_next) return;
    const int done = m_calibration.done(), enough = NucleiCalibration::enough;
    m_number->setText(m_set ? tr("Field %1 of %2").arg(m_at + 1).arg(m_order.size()) : tr("Calibrate nuclei"));
    m_count->setText(m_fieldShown ? tr("%1 nuclei", "", int(m_field->points().size())).arg(m_field->points().size()) : QString());
    m_progressText->setText(done < enough ? tr("%1 of %2 fields are clicked.").arg(done).arg(enough)
                                          : tr("%1 fields are clicked, enough to calibrate.").arg(done));
    m_progress->setValue(std::min(done, enough));
    m_undo->setEnabled(m_fieldShown && m_field->canUndo());
    m_noNuclei->setEnabled(m_fieldShown && m_field->points().empty());
    m_previous->setEnabled(m_set && m_at > 0);
    m_next->setEnabled(m_set != nullptr);
}

} // namespace phloxine::ui
