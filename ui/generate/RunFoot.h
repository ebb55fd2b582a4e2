#pragma once
// The pinned foot of the left column: what a run costs, and the buttons that start and stop it.
#include <QWidget>

class QLabel;
class QPushButton;

namespace phloxine::ui {

class IconLabel;
class Note;

class RunFoot : public QWidget {
    Q_OBJECT
public:
    explicit RunFoot(QWidget* parent = nullptr);
    // `reason` empty: a run can start, else it stands in place of the cost. `warning` forbids nothing.
    void setState(const QString& sentence, bool running, const QString& reason, const QString& warning = {});

Q_SIGNALS:
    void generate();
    void addToQueue();
    void stopNow();
    void stopAfterTile();

private:
    IconLabel* m_mark;
    QLabel *m_sentence, *m_key;
    Note* m_warning;
    QPushButton *m_generate, *m_add, *m_stop;
};

} // namespace phloxine::ui
