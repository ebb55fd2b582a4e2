#include "ui/models/ReportView.h"

#include <QLabel>
#include <QVBoxLayout>

#include "ui/bridge/error_text.h"
#include "ui/models/Inspections.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int shownKeys = 12;
}

ReportView::ReportView(QWidget* parent) : QWidget(parent), m_note(new Note(Tone::Info, this)), m_column(new QVBoxLayout(this)) {
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(8);
    m_note->setObjectName(QStringLiteral("reportNote"));
    m_column->addWidget(m_note);
    connect(m_note, &Note::actionTriggered, this, [this] { m_again ? Q_EMIT askRequested() : Q_EMIT failureActionRequested(); });
}

void ReportView::setUnasked(const QString& sentence) { m_unasked = sentence; }
void ReportView::setFailureAction(const QString& text) { m_failureAction = text; }

void ReportView::showInspection(const Inspection* inspection) {
    delete m_lines;
    m_lines = nullptr;
    m_note->setTone(Tone::Info);
    m_note->setAction({});
    if (!inspection) {
        m_again = true;
        m_note->setAction(m_unasked.isEmpty() ? QString() : tr("Check now"));
        return say(m_unasked);
    }
    switch (inspection->state) {
    case Inspection::Waiting:
        return say(tr("The file is checked when the run before it has ended."));
    case Inspection::Reading:
        return say(tr("Reading the file\u2026"));
    case Inspection::Found:
        return showFound(*inspection);
    case Inspection::Failed:
        return showFailed(*inspection);
    }
}

void ReportView::say(const QString& sentence) {
    m_note->setText(sentence);
    m_note->setVisible(!sentence.isEmpty());
}

void ReportView::addLine(const QString& text, const char* role) {
    auto* label = new QLabel(text, m_lines);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    if (role) label->setProperty("role", QString::fromLatin1(role));
    m_lines->layout()->addWidget(label);
}

void ReportView::showFound(const Inspection& inspection) {
    const ModelFindings& found = inspection.findings;
    m_note->setTone(found.fits ? Tone::Ok : Tone::Err);
    say(found.fits ? tr("All weights that are needed are there and fit.") : tr("It does not fit. %1").arg(found.problem));
    m_lines = new QWidget(this);
    m_lines->setObjectName(QStringLiteral("reportLines"));
    auto* column = new QVBoxLayout(m_lines);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    for (const QString& line : found.lines) addLine(line, nullptr);
    if (!found.extraKeys.isEmpty()) {
        QStringList keys = found.extraKeys.mid(0, shownKeys);
        if (found.extraKeys.size() > shownKeys) keys += tr("and %n more", nullptr, int(found.extraKeys.size() - shownKeys));
        addLine(tr("Not used: %1").arg(keys.join(QStringLiteral(", "))), "secondary");
    }
    m_column->addWidget(m_lines);
}

// The sentence of the reader says what and where; the heading of its code stands in when it has none.
void ReportView::showFailed(const Inspection& inspection) {
    const ErrorText words = errorText(inspection.failure.code);
    m_again = words.action == ErrorAction::TryAgain;
    m_note->setTone(Tone::Err);
    m_note->setAction(m_again ? words.actionText : m_failureAction);
    say(inspection.failure.message.isEmpty() ? words.heading : inspection.failure.message);
}

} // namespace phloxine::ui
