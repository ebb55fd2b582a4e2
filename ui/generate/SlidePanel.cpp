#include "ui/generate/SlidePanel.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/viewer/OverviewNavigator.h"
#include "ui/viewer/SlideView.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"

namespace phloxine::ui {

namespace {
constexpr int nameWidth = 246;
constexpr double smallestPixel = 0.02, largestPixel = 100; // micrometres: beyond both no slide was ever scanned

// 0: no pixel size. With the comma of the language, or a point.
double pixelSizeFrom(const QString& text) {
    bool ok = false;
    double value = QLocale().toDouble(text.trimmed(), &ok);
    if (!ok) value = QLocale::c().toDouble(text.trimmed(), &ok);
    return ok && value >= smallestPixel && value <= largestPixel ? value : 0; // not a number is neither
}
} // namespace

SlidePanel::SlidePanel(SlideView& view, QWidget* parent) : QWidget(parent), m_view(view) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(sectionHead(tr("Slide"), this));
    m_none = mutedLabel(tr("No slide open. Open one to see tissue at the same size as the tile."), this);
    m_none->setWordWrap(true);
    column->addWidget(m_none);
    m_overview = new OverviewNavigator(&view, this);
    m_overview->setFixedHeight(192);
    column->addWidget(m_overview);
    m_name = new QLabel(this);
    m_name->setTextFormat(Qt::PlainText);
    column->addWidget(m_name);
    m_scaleLine = new QWidget(this);
    auto* scaleRow = new QHBoxLayout(m_scaleLine);
    scaleRow->setContentsMargins(0, 0, 0, 0);
    scaleRow->setSpacing(8);
    m_scale = new QLabel(m_scaleLine);
    m_source = new Badge({}, Tone::Neutral, m_scaleLine);
    scaleRow->addWidget(m_scale);
    scaleRow->addWidget(m_source);
    scaleRow->addStretch(1);
    column->addWidget(m_scaleLine);
    m_powers = makeMagnifications();
    column->addWidget(m_powers);
    m_scaleNote = new Note(Tone::Warn, this);
    m_problem = new Note(Tone::Err, this);
    m_problem->setObjectName(QStringLiteral("slideProblem"));
    m_problem->setClosable(true);
    m_problem->hide();
    column->addWidget(m_scaleNote);
    column->addWidget(m_problem);

    m_open = new QPushButton(icon("folder-open"), tr("Open slide\u2026"), this);
    m_open->setObjectName(QStringLiteral("openSlideButton"));
    m_sample = new QPushButton(icon("microscope"), tr("Open sample slide"), this);
    m_sample->setObjectName(QStringLiteral("openSampleButton"));
    m_setScale = new QPushButton(tr("Set \u00b5m/px\u2026"), this);
    m_setScale->setObjectName(QStringLiteral("setScaleButton"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_open, 1);
    buttons->addWidget(m_setScale, 1);
    column->addLayout(buttons);
    column->addWidget(m_sample);
    connect(m_open, &QPushButton::clicked, this, &SlidePanel::openRequested);
    connect(m_sample, &QPushButton::clicked, this, &SlidePanel::sampleRequested);
    connect(m_setScale, &QPushButton::clicked, this, &SlidePanel::askScale);
    refresh();
}

QWidget* SlidePanel::makeMagnifications() {
    auto* row = new QWidget(this);
    auto* cells = new QHBoxLayout(row);
    cells->setContentsMargins(0, 0, 0, 0);
    cells->setSpacing(4);
    for (int i = 0; i < 5; ++i) {
        const QString power = tr("%1\u00d7").arg(QLocale().toString(magnifications[i]));
        auto* button = new QPushButton(power, row);
        button->setProperty("compact", true);
        button->setMinimumWidth(20);
        button->setToolTip(tr("Show as with a %1 objective (key %2)").arg(power).arg(i + 1));
        button->setStyleSheet(QStringLiteral("padding: 0;"));
        cells->addWidget(button, 1);
        connect(button, &QPushButton::clicked, this, [this, i] { Q_EMIT magnificationChosen(i); });
    }
    return row;
}

void SlidePanel::refresh() {
    const bool there = m_view.hasSlide();
    m_none->setVisible(!there);
    for (QWidget* w : {m_overview, static_cast<QWidget*>(m_name), m_scaleLine, m_powers, static_cast<QWidget*>(m_setScale)})
        w->setVisible(there);
    m_sample->setVisible(!there);
    if (!there) return m_scaleNote->hide();
    setElided(*m_name, m_view.slideName(), nameWidth, Qt::ElideMiddle);
    showScale();
}

void SlidePanel::showScale() {
    const Scale scale = m_view.slideScale();
    m_scale->setText(scaleText(scale));
    const double power = m_view.objectivePower();
    const bool assumed = scale.source == ScaleSource::Assumed;
    m_source->setText(assumed && power > 0 ? tr("Assumed from %1\u00d7").arg(QLocale().toString(power)) : scaleSourceText(scale.source));
    m_source->setTone(!scale.known() ? Tone::Err : assumed ? Tone::Warn : scale.source == ScaleSource::User ? Tone::Info : Tone::Ok);
    m_scaleNote->setVisible(!scale.known() || assumed);
    m_scaleNote->setText(scale.known() ? tr("The file gives no pixel size. Scale bars and side-by-side sizes may be wrong.")
                                       : tr("The file gives no pixel size, so scale bars are hidden and sizes cannot be compared."));
}

void SlidePanel::showProblem(const QString& sentence) {
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

void SlidePanel::askScale() {
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Set the pixel size"));
    auto* column = new QVBoxLayout(dialog);
    auto* label = new QLabel(tr("Micrometres per pixel of the full slide:"), dialog);
    auto* field = new QLineEdit(dialog);
    field->setObjectName(QStringLiteral("scaleField"));
    label->setBuddy(field);
    const Scale scale = m_view.slideScale();
    field->setText(QLocale().toString(scale.known() ? scale.micronsPerPixel : 0.25, 'g', 4));
    field->selectAll();
    auto* problem = new Note(Tone::Err, dialog);
    problem->setObjectName(QStringLiteral("scaleProblem"));
    problem->hide();
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, dialog);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Set"));
    buttons->button(QDialogButtonBox::Cancel)->setText(tr("Cancel"));
    if (scale.source == ScaleSource::User) {
        auto* back = buttons->addButton(tr("Take back"), QDialogButtonBox::ResetRole);
        connect(back, &QPushButton::clicked, dialog, [this, dialog] {
            m_view.setUserScale(0);
            refresh();
            dialog->accept();
        });
    }
    for (QWidget* widget :
         {static_cast<QWidget*>(label), static_cast<QWidget*>(field), static_cast<QWidget*>(problem), static_cast<QWidget*>(buttons)})
        column->addWidget(widget);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, dialog, [this, dialog, field, problem] {
        const double value = pixelSizeFrom(field->text());
        problem->setVisible(value <= 0);
        problem->setText(tr("A pixel size is a number from 0.02 to 100, such as 0.25."));
        if (value <= 0) return field->setFocus();
        m_view.setUserScale(value);
        refresh();
        dialog->accept();
    });
    dialog->open();
}

} // namespace phloxine::ui
