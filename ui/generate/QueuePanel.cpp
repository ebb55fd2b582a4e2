#include "ui/generate/QueuePanel.h"

#include <algorithm>
#include <cmath>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"

namespace phloxine::ui {

namespace {
struct Look {
    const char* icon;
    IconTone tone;
};

Look lookOf(JobState state) {
    switch (state) {
    case JobState::Waiting:
        return {"clock", IconTone::Text2};
    case JobState::Running:
        return {"player-play", IconTone::Accent};
    case JobState::Done:
        return {"circle-check", IconTone::Ok};
    case JobState::Stopped:
        return {"player-stop", IconTone::Text2};
    case JobState::Failed:
        break;
    }
    return {"alert-circle", IconTone::Err};
}
} // namespace

QString timeLeftText(const JobRow& job) {
    if (job.fraction < 0.05 || job.elapsed <= 0) return {};
    return QueuePanel::tr("about %1 left").arg(durationText(job.elapsed * (1 - job.fraction) / job.fraction));
}

JobRowView::JobRowView(quint64 id, QWidget* parent) : QWidget(parent), m_id(id) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 4);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(3);
    m_swatch = new ClassSwatch({}, {}, this);
    m_title = new QLabel(this);
    m_title->setProperty("role", QStringLiteral("value"));
    m_title->setTextFormat(Qt::PlainText);
    m_remove = new QToolButton(this);
    m_remove->setAutoRaise(true);
    m_remove->setIcon(icon("x", 16, IconTone::Text2));
    m_remove->setFixedSize(24, 24);
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
    grid->addWidget(m_remove, 0, 2);
    grid->addLayout(state, 1, 0, 1, 3);
    grid->addWidget(m_bar, 2, 0, 1, 3);
    grid->setColumnStretch(1, 1);
    connect(m_remove, &QToolButton::clicked, this, [this] { Q_EMIT removeRequested(m_id); });
}

QString JobRowView::stateText() const { return m_state->text(); }

void JobRowView::showJob(const JobRow& job, const ModelCard& card) {
    const Subject subject = subjectOf(job.request, card);
    m_swatch->setVisible(!job.request.classId.empty());
    m_swatch->setSwatch(subject.code, subject.colour);
    m_title->setText(tilesText(job.request.count));
    setToolTip(subject.name);
    const QString left = timeLeftText(job);
    const int current = std::min(job.tilesDone + 1, job.request.count);
    QString text;
    switch (job.state) {
    case JobState::Waiting:
        text = tr("Waiting");
        break;
    case JobState::Running:
        if (job.fraction <= 0 && !job.steps) text = tr("Loading the model");
        else
            text = left.isEmpty() ? tr("Tile %1 of %2").arg(current).arg(job.request.count)
                                  : tr("Tile %1 of %2, %3").arg(current).arg(job.request.count).arg(left);
        break;
    case JobState::Done:
        text = tr("Done, all saved");
        break;
    case JobState::Stopped:
        text = job.tilesDone ? tr("Stopped, %1 of %2 saved").arg(job.tilesDone).arg(job.request.count) : tr("Stopped");
        break;
    case JobState::Failed:
        text = tr("Not finished, %1 of %2 saved").arg(job.tilesDone).arg(job.request.count);
        break;
    }
    m_state->setText(text);
    m_state->setToolTip(job.problem);
    const Look look = lookOf(job.state);
    m_mark->setMark(look.icon, 16, look.tone);
    m_bar->setVisible(job.state == JobState::Running);
    m_bar->setValue(int(std::lround(job.fraction * 1000)));
    m_remove->setToolTip(job.state == JobState::Running ? tr("Stop this job")
                         : job.open()                   ? tr("Remove from the queue")
                                                        : tr("Remove from the list"));
    m_remove->setAccessibleName(m_remove->toolTip());
}

QueuePanel::QueuePanel(QWidget* parent) : QWidget(parent) {
    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(8);
    m_column->addWidget(sectionHead(tr("Queue"), this));
    m_none = mutedLabel(tr("Nothing waiting."), this);
    m_column->addWidget(m_none);
}

// What is open stands in the order it runs in; what is over follows, newest first.
void QueuePanel::setJobs(const std::vector<JobRow>& jobs) {
    std::vector<const JobRow*> order;
    for (const JobRow& job : jobs)
        if (job.open()) order.push_back(&job);
    for (auto it = jobs.rbegin(); it != jobs.rend(); ++it)
        if (!it->open()) order.push_back(&*it);
    std::vector<quint64> shown, wanted;
    for (const auto* row : m_rows) shown.push_back(row->id());
    for (const JobRow* job : order) wanted.push_back(job->id);
    if (shown != wanted) {
        for (JobRowView* row : m_rows) row->deleteLater(), row->hide();
        m_rows.clear();
        for (const quint64 id : wanted) {
            m_rows.push_back(new JobRowView(id, this));
            connect(m_rows.back(), &JobRowView::removeRequested, this, &QueuePanel::removeRequested);
            m_column->addWidget(m_rows.back());
            m_rows.back()->setVisible(true);
        }
    }
    for (std::size_t i = 0; i < order.size(); ++i) m_rows[i]->showJob(*order[i], m_cards->of(order[i]->request));
    m_none->setVisible(order.empty());
}

} // namespace phloxine::ui
