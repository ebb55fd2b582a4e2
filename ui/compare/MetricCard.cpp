#include "ui/compare/MetricCard.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/widgets/IconLabel.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

void showFinding(IconLabel& mark, QLabel& label, const Finding& finding) {
    switch (finding.judgement) {
    case Judgement::Good:
        mark.setMark("circle-check", 16, IconTone::Ok);
        break;
    case Judgement::Look:
        mark.setMark("alert-triangle", 16, IconTone::Warn);
        break;
    case Judgement::Bad:
        mark.setMark("alert-circle", 16, IconTone::Err);
        break;
    case Judgement::Plain:
        mark.setMark("info-circle", 16, IconTone::Text2);
        break;
    }
    label.setText(fromUtf8(finding.text));
}

MetricCard::MetricCard(QWidget* parent) : QFrame(parent) {
    setProperty("card", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(4);
    m_title = mutedLabel({}, this);
    m_value = new QLabel(this);
    m_value->setProperty("role", QStringLiteral("headline"));
    m_interval = mutedLabel({}, this);
    m_mark = new IconLabel(this);
    m_sentence = new QLabel(this);
    m_sentence->setWordWrap(true);
    auto* numbers = new QHBoxLayout;
    numbers->setSpacing(8);
    numbers->addWidget(m_value);
    numbers->addWidget(m_interval, 1, Qt::AlignVCenter);
    auto* words = new QHBoxLayout;
    words->setSpacing(8);
    words->addWidget(m_mark, 0, Qt::AlignTop);
    words->addWidget(m_sentence, 1);
    column->addWidget(m_title);
    column->addLayout(numbers);
    column->addLayout(words);
    column->addStretch(1);
}

void MetricCard::setNumber(const QString& title, const QString& value, const QString& interval, const Finding& finding) {
    m_title->setText(title);
    m_value->setText(value);
    m_interval->setText(interval);
    showFinding(*m_mark, *m_sentence, finding);
    setAccessibleName(tr("%1: %2, %3. %4").arg(title, value, interval, m_sentence->text()));
}

QString MetricCard::sentence() const { return m_sentence->text(); }

} // namespace phloxine::ui
