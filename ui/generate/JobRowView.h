#pragma once
// A job of the queue: what it makes, how it stands, and the one action that makes sense. One that waits can be dragged, or moved by
// Alt+Up and Alt+Down.
#include <QWidget>

#include "ui/generate/JobList.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QProgressBar;
class QToolButton;

namespace phloxine::ui {

class ClassSwatch;
class IconLabel;

class JobRowView : public QWidget {
    Q_OBJECT
public:
    explicit JobRowView(quint64 id, QWidget* parent = nullptr);
    void showJob(const JobRow& job, const ModelCard& card, bool queuePaused);
    quint64 id() const { return m_id; }
    bool waits() const { return m_waits; }
    QString stateText() const;

Q_SIGNALS:
    void removeRequested(quint64 id);
    void retryRequested(quint64 id);
    void stepRequested(quint64 id, int direction);
    void dragged(quint64 id, int globalY, bool dropped);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    quint64 m_id;
    bool m_waits = false, m_dragging = false;
    QPoint m_pressed;
    ClassSwatch* m_swatch;
    QLabel *m_title, *m_state;
    IconLabel* m_mark;
    QToolButton *m_retry, *m_remove;
    QProgressBar* m_bar;
};

QString timeLeftText(const JobRow& job); // "about 9 s left", empty below 5 %

} // namespace phloxine::ui
