#pragma once
// A label of one's own: its name and its colour.
#include <QDialog>

#include "ui/regions/region_labels.h"

class QComboBox;
class QLineEdit;
class QPushButton;

namespace phloxine::ui {

class LabelDialog : public QDialog {
    Q_OBJECT
public:
    explicit LabelDialog(const RegionLabels& labels, QWidget* parent = nullptr);
    QString name() const;
    QColor colour() const;

private:
    void check();

    QLineEdit* m_name;
    QComboBox* m_colour;
    QPushButton* m_add;
};

} // namespace phloxine::ui
