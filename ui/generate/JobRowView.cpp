#include "ui/generate/JobRowView.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QDateTime>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

#include "ui/generate/words.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/paint_focus.h"

namespace phloxine::ui {

namespace {

struct Look {
    const char* icon;
    IconTone tone;
};

Look lookOf(JobState state) {
    switch (state) {
    case JobState::Waiting:
    case JobState::Held:
        return {"clock", IconTone::Text2};
    case JobState::Running:
        return {"player-play", IconTone::Accent};
    case JobState::Paused:
        return {"player-pause", IconTone::Text2};
    case JobState::Done:
        return {"circle-check", IconTone::Ok};
    case JobState::Stopped:
        return {"player-stop", IconTone::Text2};
    case JobState::Failed:
        break;
    }
    return {"alert-circle", IconTone::Err};
}

// "14:02", of an earlier day with its date.
QString clockText(qint64 ms) {
    const QDateTime when = QDateTime::fromMSecsSinceEpoch(ms);
    if (when.date() == QDate::currentDate()) return QLocale().toString(when.time(), QLocale::ShortFormat);
    return QLocale().toString(when, QLocale::ShortFormat);
}

QString runningText(const JobRow& job) {
    if (job.fraction <= 0 && !job.steps) return JobRowView::tr("Loading the model");
    const QString left = timeLeftText(job);
    const int current = std::min(job.tilesDone + 1, job.request.count);
    return left.isEmpty() ? JobRowView::tr("Tile %1 of %2").arg(current).arg(job.request.count)
                          : JobRowView::tr("Tile %1 of %2, %3").arg(current).arg(job.request.count).arg(left);
}

QString textOf(const JobRow& job) {
    const int done = job.tilesDone, count = job.request.count;
    switch (job.state) {
    case JobState::Waiting:
        return done ? JobRowView::tr("Waiting, %1 of %2 saved").arg(done).arg(count) : JobRowView::tr("Waiting");
    case JobState::Held:
        return done ? JobRowView::tr("From last time, %1 of %2 saved").arg(done).arg(count) : JobRowView::tr("From last time");
    case JobState::Running:
        return runningText(job);
    case JobState::Paused:
        return JobRowView::tr("Paused by you after %1").arg(done);
    case JobState::Done:
        return job.endedMs ? JobRowView::tr("Done %1, all saved").arg(clockText(job.endedMs)) : JobRowView::tr("Done, all saved");
    case JobState::Stopped:
        return done ? JobRowView::tr("Stopped, %1 of %2 saved").arg(done).arg(count) : JobRowView::tr("Stopped");
    case JobState::Failed:
        break;
    }
    return JobRowView::tr("Not finished, %1 of %2 saved").arg(done).arg(count);
}

QToolButton* smallButton(const char* mark, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setAutoRaise(true);
    button->setIcon(icon(mark, 16, IconTone::Text2));
    button->setFixedSize(24, 24);
    return button;
}

} // namespace

QString timeLeftText(const JobRow& job) {
    const double before = double(job.before) / std::max(1, job.request.count), made = job.fraction - before;
    if (job.fraction < 0.05 || job.elapsed <= 0 || made <= 0) return {};
    return JobRowView::tr("about %1 left").arg(durationText(job.elapsed * (1 - job.fraction) / made));
}

JobRowView::JobRowView(quint64 id, QWidget* parent) : QWidget(parent), m_id(id) {
    setFocusPolicy(Qt::StrongFocus);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 4);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(3);
    m_swatch = new ClassSwatch({}, {}, this);
    m_title = new QLabel(this);
    m_title->setProperty("role", QStringLiteral("value"));
    m_title->setTextFormat(Qt::PlainText);
    m_retry = smallButton("refresh", this);
    m_retry->setToolTip(tr("Try again: the tiles that are missing"));
    m_retry->setAccessibleName(m_retry->toolTip());
    m_remove = smallButton("x", this);
    m_mark = new IconLabel(this);
    m_state = mutedLabel({}, this);
    m_state->setWordWrap(true);
    m_bar = new QProgressBar(this);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    auto* state = new QHBoxLayout;
    state->setSpacing(6);
    state->addWidget(m_mark, 0, Qt::AlignTop);
    state->addWidget(m_state, 1);
    grid->addWidget(m_swatch, 0, 0);
    grid->addWidget(m_title, 0, 1);
    grid->addWidget(m_retry, 0, 2);
    grid->addWidget(m_remove, 0, 3);
    grid->addLayout(state, 1, 0, 1, 4);
    grid->addWidget(m_bar, 2, 0, 1, 4);
    grid->setColumnStretch(1, 1);
    connect(m_remove, &QToolButton::clicked, this, [this] { Q_EMIT removeRequested(m_id); });
    connect(m_retry, &QToolButton::clicked, this, [this] { Q_EMIT retryRequested(m_id); });
}

QString JobRowView::stateText() const { return m_state->text(); }

void JobRowView::showJob(const JobRow& job, const ModelCard& card, bool queuePaused) {
    const Subject subject = subjectOf(job.request, card);
    m_waits = job.state == JobState::Waiting && !job.submitted;
    setCursor(m_waits ? Qt::OpenHandCursor : Qt::ArrowCursor);
    m_swatch->setVisible(!job.request.classId.empty());
    m_swatch->setSwatch(subject.code, subject.colour);
    m_title->setText(tilesText(job.request.count));
    setToolTip(m_waits ? tr("%1. Drag it, or press Alt+Up or Alt+Down, to change its place.").arg(subject.name) : subject.name);
    m_state->setText(job.state == JobState::Waiting && queuePaused ? tr("Waiting, the queue is paused") : textOf(job));
    m_state->setToolTip(job.problem);
    setAccessibleName(tr("%1, %2, %3", "job: class, tiles, state").arg(subject.name, m_title->text(), m_state->text()));
    const Look look = lookOf(job.state);
    m_mark->setMark(look.icon, 16, look.tone);
    m_bar->setVisible(job.state == JobState::Running || job.state == JobState::Paused);
    m_bar->setValue(
        int(std::lround((job.state == JobState::Running ? job.fraction : double(job.tilesDone) / std::max(1, job.request.count)) * 1000)));
    m_retry->setVisible((job.state == JobState::Failed || job.state == JobState::Stopped) && job.tilesDone < job.request.count);
    m_remove->setToolTip(job.state == JobState::Running ? tr("Stop this job")
                         : !job.over()                  ? tr("Remove from the queue")
                                                        : tr("Remove from the list"));
    m_remove->setAccessibleName(m_remove->toolTip());
}

void JobRowView::keyPressEvent(QKeyEvent* event) {
    if (m_waits && event->modifiers() == Qt::AltModifier && (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down))
        Q_EMIT stepRequested(m_id, event->key() == Qt::Key_Up ? -1 : 1);
    else if (event->key() == Qt::Key_Delete && event->modifiers() == Qt::NoModifier) Q_EMIT removeRequested(m_id);
    else QWidget::keyPressEvent(event);
}

void JobRowView::mousePressEvent(QMouseEvent* event) {
    m_pressed = event->pos();
    m_dragging = false;
}

void JobRowView::mouseMoveEvent(QMouseEvent* event) {
    if (!m_waits || !(event->buttons() & Qt::LeftButton)) return;
    if (!m_dragging && (event->pos() - m_pressed).manhattanLength() < QApplication::startDragDistance()) return;
    m_dragging = true;
    setCursor(Qt::ClosedHandCursor);
    Q_EMIT dragged(m_id, event->globalPosition().toPoint().y(), false);
}

void JobRowView::mouseReleaseEvent(QMouseEvent* event) {
    if (!std::exchange(m_dragging, false)) return;
    setCursor(Qt::OpenHandCursor);
    Q_EMIT dragged(m_id, event->globalPosition().toPoint().y(), true);
}

void JobRowView::paintEvent(QPaintEvent*) {
    if (!hasFocus() || !keyboardFocus(this)) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintInnerFocusRing(painter, QRectF(rect()).adjusted(-2, -2, 2, 2), 4);
}

void JobRowView::focusInEvent(QFocusEvent*) { update(); }
void JobRowView::focusOutEvent(QFocusEvent*) { update(); }

} // namespace phloxine::ui
