#pragma once
// A label in a row that may be too narrow for it: what does not fit is cut with an ellipsis, and the whole text is its tooltip.
#include <QLabel>

namespace phloxine::ui {

class ElidingLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidingLabel(QWidget* parent = nullptr);
    ElidingLabel(const QString& text, const char* role, QWidget* parent); // a role of the style sheet
    void setWhole(const QString& text);
    QString whole() const { return m_whole; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fit();

    QString m_whole;
};

} // namespace phloxine::ui
