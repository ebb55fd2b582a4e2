#pragma once
// Looks at a checkpoint or a diffusers folder, says what it is, and keeps it among the user's models if wanted. Reading and adding are jobs
// of the worker; the window stays usable, and closing lets an adding go on.
#include <QDialog>
#include <QTimer>

class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace phloxine::ui {

class Inspections;
class JobBridge;
class ModelQuestions;
class Note;
class ReportView;

class AddModelDialog : public QDialog {
    Q_OBJECT
public:
    enum Purpose { Add, Inspect };
    AddModelDialog(JobBridge& bridge, Inspections& inspections, Purpose purpose, QWidget* parent = nullptr);
    void setSource(const QString& path);

private:
    void makeSource(QVBoxLayout& column);
    void makeReport(QVBoxLayout& column);
    void makeFoot(QVBoxLayout& column);
    void connectJob();
    void browse(bool folder);
    void look(); // at the source that is written
    void refresh();
    void showPurpose();
    QString whyNotReady() const;
    void run();
    void end(const QString& problem); // empty: it was stopped

    JobBridge& m_bridge;
    Inspections& m_inspections;
    Purpose m_purpose;
    QString m_source;
    quint64 m_job = 0;
    QTimer m_typing;
    QLineEdit* m_path;
    ReportView* m_report;
    ModelQuestions* m_questions;
    QLabel *m_intro, *m_reason;
    Note* m_problem;
    QPushButton *m_file, *m_folder, *m_run, *m_close;
};

} // namespace phloxine::ui
