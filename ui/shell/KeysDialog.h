#pragma once
// The keys of the screen, in a list that can be searched.
#include <QDialog>

class QTreeWidget;

namespace phloxine::ui {

class KeysDialog : public QDialog {
    Q_OBJECT
public:
    explicit KeysDialog(QWidget* parent = nullptr);

private:
    void filter(const QString& text);

    QTreeWidget* m_list;
};

} // namespace phloxine::ui
