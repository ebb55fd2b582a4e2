#pragma once
// What runs, waits and is done: a row for each job, with the one action that makes sense.
#include <QWidget>

#include "ui/generate/JobList.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QProgressBar;
class QToolButton;
class QVBoxLayout;

namespace phloxine::ui {

class ClassSwatch;
class IconLabel;

class JobRowView : public QWidget {
    Q_OBJECT
public:
    explicit JobRowView(quint64 id, QWidget* parent = nullptr);
    void showJob(const JobRow& job, const ModelCard& card);
    quint64 id() const { return m_id; }
    QString stateText() const;

Q_SIGNALS:
    void removeRequested(quint64 id);

private:
    quint64 m_id;
    ClassSwatch* m_swatch;
    QLabel *m_title, *m_state;
    IconLabel* m_mark;
    QToolButton* m_remove;
    QProgressBar* m_bar;
};

class QueuePanel : public QWidget {
    Q_OBJECT
public:
    explicit QueuePanel(QWidget* parent = nullptr);
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void setJobs(const std::vector<JobRow>& jobs);
    const std::vector<JobRowView*>& rows() const { return m_rows; } // as shown, top first

Q_SIGNALS:
    void removeRequested(quint64 id); // stops a job that runs or waits, forgets one that is over

private:
    SharedCards m_cards = std::make_shared<ModelCards>();
    QVBoxLayout* m_column;
    QLabel* m_none;
    std::vector<JobRowView*> m_rows;
};

QString timeLeftText(const JobRow& job); // "about 9 s left", empty below 5 %

} // namespace phloxine::ui
