#pragma once
// One measured property, real beside synthetic: two curves, and below them a dot for each tile. A click on a dot asks for its tile.
#include <QWidget>

#include "core/measure/CompareReport.h"

namespace phloxine::ui {

class DensityPlot : public QWidget {
    Q_OBJECT
public:
    explicit DensityPlot(QWidget* parent = nullptr);
    void setCurves(const std::vector<double>& x, const std::vector<double>& real, const std::vector<double>& synthetic,
                   const QString& xTitle);
    void setTiles(const std::vector<float>& real, const std::vector<float>& synthetic); // empty: no dots
    void setMedians(double real, double synthetic);
    void setLimit(double x, const QString& title);
    QSize sizeHint() const override { return {320, 180}; }
    QPointF dotPosition(bool synthetic, int index) const; // in widget coordinates, for tests

Q_SIGNALS:
    void tileRequested(bool synthetic, int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    QRectF area() const; // of the curves
    double toX(double value) const;
    double rowY(bool synthetic) const;
    int dotAt(const QPointF& at, bool& synthetic) const;
    void paintAxis(QPainter& painter) const;
    void paintCurve(QPainter& painter, const std::vector<double>& density, bool synthetic, double peak) const;

    std::vector<double> m_x, m_real, m_synthetic;
    std::vector<float> m_realTiles, m_syntheticTiles;
    QString m_xTitle, m_limitTitle;
    double m_medians[2] = {}, m_limit = 0;
    bool m_hasMedians = false;
};

} // namespace phloxine::ui
