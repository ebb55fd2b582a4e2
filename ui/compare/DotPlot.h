#pragma once
// A row per class: the share of real and of synthetic tiles in which a judge finds the class that they should show, with intervals.
#include <QWidget>

#include "core/measure/CompareReport.h"

namespace phloxine::ui {

class DotPlot : public QWidget {
    Q_OBJECT
public:
    struct Row {
        QString code, title; // two letters for the swatch, or none
        QColor colour;
        ClassAdherenceRow numbers;
    };
    explicit DotPlot(QWidget* parent = nullptr);
    void setRows(std::vector<Row> rows);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintRow(QPainter& painter, const Row& row, int top) const;
    double toX(double share) const;

    std::vector<Row> m_rows;
    double m_low = 0;
};

} // namespace phloxine::ui
