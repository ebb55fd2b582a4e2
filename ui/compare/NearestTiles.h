#pragma once
// Synthetic tiles, each beside the training tile that is most like it, and the sentence about copying.
#include <memory>

#include <QWidget>

#include "core/measure/CompareReport.h"

namespace phloxine::ui {

class NearestTiles : public QWidget {
    Q_OBJECT
public:
    explicit NearestTiles(QWidget* parent = nullptr);
    void setReport(std::shared_ptr<const CompareReport> report, int set);
    QSize sizeHint() const override;

Q_SIGNALS:
    void tileRequested(bool synthetic, int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Pair {
        NearPair numbers;
        QImage synthetic, training;
    };
    int shown() const; // how many fit
    void load();

    std::shared_ptr<const CompareReport> m_report;
    int m_set = 0, m_loading = 0;
    std::vector<Pair> m_pairs;
};

} // namespace phloxine::ui
