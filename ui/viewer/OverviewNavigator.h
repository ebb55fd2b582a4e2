#pragma once
// The whole slide as a small picture with a box around what the slide pane shows. Click or drag moves the pane there; the arrow keys move
// it by a fifth of what it shows, Home to the middle of the slide.
#include <QPointer>
#include <QWidget>

#include "ui/viewer/SlideView.h"

namespace phloxine::ui {

class OverviewNavigator : public QWidget {
    Q_OBJECT
public:
    explicit OverviewNavigator(SlideView* view, QWidget* parent = nullptr);

    QRectF pictureRect() const; // where the slide is drawn, logical pixels; empty without a slide
    QRect boxRect() const;      // device pixels, at least 8 px

    QSize sizeHint() const override { return {248, 192}; }
    QSize minimumSizeHint() const override { return {120, 96}; }
    bool hasHeightForWidth() const override { return false; }

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void moveViewTo(QPointF point);
    void renewPicture();
    void describe();

    QPointer<SlideView> m_view;
    QImage m_picture; // the overview at the size it is drawn at, device pixels
    bool m_focusRing = false;
};

} // namespace phloxine::ui
