#pragma once
// The loss of a training over the images seen: each step thin, the smoothed course thick, what was measured on held-out tiles as rings,
// pauses as dotted lines.
#include <QWidget>

#include "ui/train/RunReader.h"

namespace phloxine::ui {

class LossPlot : public QWidget {
    Q_OBJECT
public:
    explicit LossPlot(QWidget* parent = nullptr);
    void setRun(const RunSnapshot& run, bool running);
    QSize sizeHint() const override { return {600, 220}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QRectF area() const;
    QPointF at(double images, double loss) const;
    void chooseRange();
    void paintAxes(QPainter& painter) const;
    void paintMark(QPainter& painter, double images, const QString& text) const;
    void paintLosses(QPainter& painter) const;

    RunSnapshot m_run;
    bool m_running = false;
    double m_total = 0, m_low = 0, m_high = 1, m_step = 0.2;
};

} // namespace phloxine::ui
