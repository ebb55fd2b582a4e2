#pragma once
// What is asked before tiles are cut from the regions: how much of a tile must lie inside, the class of regions without one, and the
// folder.
#include <QDialog>

#include "core/region/cut_plan.h"
#include "ui/regions/region_labels.h"

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace phloxine::ui {

struct CutWish {
    CutRequest request;
    QString folder;
};

class CutDialog : public QDialog {
    Q_OBJECT
public:
    // `classless`: regions without a class.
    CutDialog(int tilePx, double micronsPerPixel, int regions, int classless, const QString& folder, QWidget* parent = nullptr);
    CutWish wish() const;

private:
    void browse();
    void check();

    int m_tilePx;
    double m_micronsPerPixel;
    QSpinBox *m_inside, *m_tissue;
    QLineEdit *m_class, *m_folder;
    QLabel* m_reason;
    QPushButton* m_cut;
};

} // namespace phloxine::ui
