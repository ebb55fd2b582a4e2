#pragma once
// All keys of the program: found by words, and changed here.
#include <QDialog>

class QKeySequenceEdit;
class QLabel;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace phloxine::ui {

struct KeyRow;

class KeysDialog : public QDialog {
    Q_OBJECT
public:
    explicit KeysDialog(QWidget* parent = nullptr);

private:
    QWidget* buildEditor();
    void fill();
    void filter(const QString& text);
    const KeyRow* chosen() const;
    void showChosen();
    void consider(); // what was pressed
    void take();     // it

    QTreeWidget* m_list;
    QLabel *m_what, *m_objection;
    QKeySequenceEdit* m_edit;
    QPushButton *m_set, *m_reset;
};

} // namespace phloxine::ui
