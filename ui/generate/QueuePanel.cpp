#include "ui/generate/QueuePanel.h"

#include <algorithm>

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/widgets/Icon.h"

namespace phloxine::ui {

QueuePanel::QueuePanel(QWidget* parent) : QWidget(parent) {
    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Queue"), this), 1);
    m_pause = new QToolButton(this);
    m_pause->setObjectName(QStringLiteral("pauseQueueButton"));
    m_pause->setAutoRaise(true);
    m_pause->setFixedSize(24, 24);
    head->addWidget(m_pause);
    m_column->addLayout(head);
    m_column->addWidget(makeOffer());
    m_none = mutedLabel(tr("Nothing waiting."), this);
    m_column->addWidget(m_none);
    m_history = mutedLabel(tr("History"), this);
    m_history->hide();
    m_dropLine = new QFrame(this);
    m_dropLine->setStyleSheet(QStringLiteral("background: palette(link);"));
    m_dropLine->setFixedHeight(2);
    m_dropLine->hide();
    connect(m_pause, &QToolButton::clicked, this, [this] { Q_EMIT pauseRequested(!m_paused); });
}

QWidget* QueuePanel::makeOffer() {
    auto* frame = new QFrame(this);
    m_offer = frame;
    frame->setObjectName(QStringLiteral("heldJobs"));
    frame->setProperty("card", true);
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(12, 10, 12, 10);
    column->setSpacing(8);
    m_offerText = new QLabel(frame);
    m_offerText->setObjectName(QStringLiteral("heldText"));
    m_offerText->setWordWrap(true);
    auto* resume = new QPushButton(tr("Resume"), frame);
    resume->setObjectName(QStringLiteral("resumeHeld"));
    auto* discard = new QPushButton(tr("Discard"), frame);
    discard->setObjectName(QStringLiteral("discardHeld"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    for (auto* button : {resume, discard}) {
        button->setProperty("compact", true);
        buttons->addWidget(button, 1);
    }
    column->addWidget(m_offerText);
    column->addLayout(buttons);
    frame->hide();
    connect(resume, &QPushButton::clicked, this, &QueuePanel::resumeHeld);
    connect(discard, &QPushButton::clicked, this, &QueuePanel::discardHeld);
    return frame;
}

// What is open stands in the order it runs in; what is over follows, newest first.
void QueuePanel::setJobs(const std::vector<JobRow>& jobs, bool paused) {
    std::vector<const JobRow*> order;
    for (const JobRow& job : jobs)
        if (!job.over()) order.push_back(&job);
    const std::size_t open = order.size();
    for (auto it = jobs.rbegin(); it != jobs.rend(); ++it)
        if (it->over()) order.push_back(&*it);
    std::vector<quint64> shown, wanted;
    for (const auto* row : m_rows) shown.push_back(row->id());
    for (const JobRow* job : order) wanted.push_back(job->id);
    if (shown != wanted) makeRows(wanted);
    for (std::size_t i = 0; i < order.size(); ++i) m_rows[i]->showJob(*order[i], m_cards->of(order[i]->request), paused);
    m_column->removeWidget(m_history); // between what is to come and what was
    m_history->setVisible(open > 0 && open < order.size());
    if (!m_history->isHidden()) m_column->insertWidget(m_column->indexOf(m_rows[open]), m_history);
    m_none->setVisible(order.empty());
    const auto held = std::count_if(jobs.begin(), jobs.end(), [](const JobRow& job) { return job.state == JobState::Held; });
    m_offer->setVisible(held > 0);
    m_offerText->setText(held == 1 ? tr("1 job was waiting when Phloxine ended. Tiles it had made are kept.")
                                   : tr("%n jobs were waiting when Phloxine ended. Tiles they had made are kept.", nullptr, int(held)));
    m_paused = paused;
    m_pause->setIcon(icon(paused ? "player-play" : "player-pause", 16, IconTone::Text2));
    m_pause->setToolTip(paused ? tr("Go on with the queue") : tr("Pause the queue after this tile"));
    m_pause->setAccessibleName(m_pause->toolTip());
    m_pause->setVisible(paused || std::any_of(jobs.begin(), jobs.end(), [](const JobRow& job) { return job.open(); }));
}

void QueuePanel::makeRows(const std::vector<quint64>& ids) {
    quint64 focused = 0;
    for (JobRowView* row : m_rows) {
        if (row->hasFocus()) focused = row->id();
        row->deleteLater();
        row->hide();
    }
    m_rows.clear();
    for (const quint64 id : ids) {
        auto* row = new JobRowView(id, this);
        m_rows.push_back(row);
        connect(row, &JobRowView::removeRequested, this, &QueuePanel::removeRequested);
        connect(row, &JobRowView::retryRequested, this, &QueuePanel::retryRequested);
        connect(row, &JobRowView::stepRequested, this, &QueuePanel::step);
        connect(row, &JobRowView::dragged, this, &QueuePanel::drag);
        m_column->addWidget(row);
        row->setVisible(true);
        if (id == focused) row->setFocus(Qt::ShortcutFocusReason);
    }
}

std::vector<JobRowView*> QueuePanel::waiting() const {
    std::vector<JobRowView*> rows;
    std::copy_if(m_rows.begin(), m_rows.end(), std::back_inserter(rows), [](const JobRowView* row) { return row->waits(); });
    return rows;
}

void QueuePanel::step(quint64 id, int direction) {
    const auto rows = waiting();
    const auto at = std::find_if(rows.begin(), rows.end(), [id](const JobRowView* row) { return row->id() == id; });
    const int to = int(at - rows.begin()) + direction;
    if (at != rows.end() && to >= 0 && to < int(rows.size())) Q_EMIT moveRequested(id, to);
}

// A line shows where it would go; it goes there when it is dropped.
void QueuePanel::drag(quint64 id, int globalY, bool dropped) {
    const auto rows = waiting();
    const int y = mapFromGlobal(QPoint(0, globalY)).y();
    int before = 0, from = -1; // rows that lie above
    for (int i = 0; i < int(rows.size()); ++i) {
        if (rows[std::size_t(i)]->geometry().center().y() < y) before = i + 1;
        if (rows[std::size_t(i)]->id() == id) from = i;
    }
    if (from < 0) return m_dropLine->hide();
    m_dropLine->setVisible(!dropped);
    if (dropped) return Q_EMIT moveRequested(id, before > from ? before - 1 : before);
    const int top = before < int(rows.size()) ? rows[std::size_t(before)]->y() - 5 : rows.back()->geometry().bottom() + 2;
    m_dropLine->setGeometry(0, top, width(), 2);
    m_dropLine->raise();
}

} // namespace phloxine::ui
