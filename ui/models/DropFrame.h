#pragma once
// A dashed frame that says where models of one's own come in; the empty state of the page has a button in it.
#include <QWidget>

class QLabel;
class QPushButton;

namespace phloxine::ui {

class DropFrame : public QWidget {
    Q_OBJECT
public:
    explicit DropFrame(QWidget* parent = nullptr);
    void setEmpty(bool empty); // no model of one's own yet

Q_SIGNALS:
    void addRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* m_text;
    QPushButton* m_add;
};

} // namespace phloxine::ui
