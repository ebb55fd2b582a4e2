#pragma once
// Name and place of a project that is to be made.
#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace phloxine::ui {

class NewProjectDialog : public QDialog {
    Q_OBJECT
public:
    explicit NewProjectDialog(const QString& place, QWidget* parent = nullptr);
    QString folder() const;

private:
    void browse();
    void check();

    QLineEdit *m_name, *m_place;
    QLabel* m_reason;
    QPushButton* m_make;
};

} // namespace phloxine::ui
