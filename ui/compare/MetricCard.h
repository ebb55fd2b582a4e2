#pragma once
// A number with what it is called, its interval and what it means, in that order of reading. Without an interval there is no card.
#include <QFrame>

#include "core/measure/CompareReport.h"

class QLabel;

namespace phloxine::ui {

class IconLabel;

class MetricCard : public QFrame {
    Q_OBJECT
public:
    explicit MetricCard(QWidget* parent = nullptr);
    void setNumber(const QString& title, const QString& value, const QString& interval, const Finding& finding);
    QString sentence() const;

private:
    QLabel *m_title, *m_value, *m_interval, *m_sentence;
    IconLabel* m_mark;
};

void showFinding(IconLabel& mark, QLabel& label, const Finding& finding); // icon by judgement, and the sentence

} // namespace phloxine::ui
