#pragma once
// What runs, waits and is done: a row for each job. Jobs of the last time are offered first.
#include <QWidget>

#include "ui/generate/JobRowView.h"

class QFrame;
class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace phloxine::ui {

class QueuePanel : public QWidget {
    Q_OBJECT
public:
    explicit QueuePanel(QWidget* parent = nullptr);
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void setJobs(const std::vector<JobRow>& jobs, bool paused = false);
    const std::vector<JobRowView*>& rows() const { return m_rows; } // as shown, top first

Q_SIGNALS:
    void removeRequested(quint64 id); // stops a job that runs, forgets any other
    void retryRequested(quint64 id);
    void moveRequested(quint64 id, int place); // among those that wait
    void pauseRequested(bool pause);
    void resumeHeld();
    void discardHeld();

private:
    QWidget* makeOffer();
    void makeRows(const std::vector<quint64>& ids);
    void step(quint64 id, int direction);
    void drag(quint64 id, int globalY, bool dropped);
    std::vector<JobRowView*> waiting() const;

    SharedCards m_cards = std::make_shared<ModelCards>();
    QVBoxLayout* m_column;
    QLabel *m_none, *m_offerText, *m_history;
    QWidget* m_offer;
    QFrame* m_dropLine;
    QToolButton* m_pause;
    bool m_paused = false;
    std::vector<JobRowView*> m_rows;
};

} // namespace phloxine::ui
