#pragma once
// The colour of a tissue class with its two-letter code inside, so that the colour is never alone.
#include <QColor>
#include <QWidget>

namespace phloxine::ui {

QColor readableOn(const QColor& ground);                                                                // near black or white
void paintClassSwatch(QPainter& painter, const QRect& area, const QString& code, const QColor& colour); // for delegates

class ClassSwatch : public QWidget {
    Q_OBJECT
public:
    ClassSwatch(const QString& code, const QColor& colour, QWidget* parent = nullptr);
    void setSwatch(const QString& code, const QColor& colour);
    QSize sizeHint() const override { return {30, 20}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_code;
    QColor m_colour;
};

} // namespace phloxine::ui
