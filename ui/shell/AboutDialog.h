#pragma once
// What this program is, what it is not for, and whose work it contains.
#include <QDialog>

namespace phloxine::ui {

class AboutDialog : public QDialog {
    Q_OBJECT
public:
    explicit AboutDialog(QWidget* parent = nullptr);
};

} // namespace phloxine::ui
