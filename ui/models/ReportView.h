#pragma once
// What an inspection found, in sentences: recognised as what, what fits, what does not, what is not used; or that it is going on, or why
// the file cannot be read.
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace phloxine::ui {

class Note;
struct Inspection;

class ReportView : public QWidget {
    Q_OBJECT
public:
    explicit ReportView(QWidget* parent = nullptr);
    void showInspection(const Inspection* inspection); // null: not asked for yet
    void setUnasked(const QString& sentence);          // what stands there then, with a button that asks
    void setFailureAction(const QString& text);        // what is offered where trying again is of no use

Q_SIGNALS:
    void askRequested(); // read the file now, or once more
    void failureActionRequested();

private:
    void say(const QString& sentence);
    void showFound(const Inspection& inspection);
    void showFailed(const Inspection& inspection);
    void addLine(const QString& text, const char* role);

    QString m_unasked, m_failureAction;
    bool m_again = false; // the action of the note is to ask again
    Note* m_note;
    QWidget* m_lines = nullptr;
    QVBoxLayout* m_column;
};

} // namespace phloxine::ui
