#pragma once
// A headline number of a training with what it is called and what it is compared with.
#include <QFrame>

class QLabel;

namespace phloxine::ui {

class ElidingLabel;

class NumberCard : public QFrame {
    Q_OBJECT
public:
    explicit NumberCard(const QString& title, QWidget* parent = nullptr);
    void setNumber(const QString& value, const QString& aside); // an empty value: not known yet
    QString value() const;

private:
    QLabel *m_title, *m_value;
    ElidingLabel* m_aside;
};

} // namespace phloxine::ui
