#include "ui/train/NumberCard.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

NumberCard::NumberCard(const QString& title, QWidget* parent) : QFrame(parent) {
    setProperty("card", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 10, 12, 10);
    column->setSpacing(2);
    m_title = mutedLabel(title, this);
    m_value = new QLabel(this);
    m_value->setProperty("role", QStringLiteral("headline"));
    m_aside = mutedLabel({}, this);
    m_aside->setMinimumWidth(1); // the number comes first; what does not fit is in the tooltip
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_value);
    row->addWidget(m_aside, 1, Qt::AlignVCenter);
    column->addWidget(m_title);
    column->addLayout(row);
    setNumber({}, {});
}

QString NumberCard::value() const { return m_value->text(); }

void NumberCard::setNumber(const QString& value, const QString& aside) {
    m_value->setText(value.isEmpty() ? QStringLiteral("\u2013") : value);
    m_aside->setText(aside);
    m_aside->setToolTip(aside);
    setAccessibleName(tr("%1: %2 %3").arg(m_title->text(), value.isEmpty() ? tr("not known yet") : value, aside));
}

} // namespace phloxine::ui
