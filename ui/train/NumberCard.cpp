#include "ui/train/NumberCard.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/widgets/ElidingLabel.h"
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
    m_aside = new ElidingLabel(this); // the number comes first
    m_aside->setProperty("role", QStringLiteral("secondary"));
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
    m_aside->setWhole(aside);
    setAccessibleName(tr("%1: %2 %3").arg(m_title->text(), value.isEmpty() ? tr("not known yet") : value, aside));
}

} // namespace phloxine::ui
