#include "ui/generate/RunErrorBar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

RunErrorBar::RunErrorBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("runErrorBar"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 10, 12, 10);
    row->setSpacing(10);
    m_icon = new IconLabel(this);
    m_icon->setMark("alert-circle", 20, IconTone::Err);
    m_heading = new QLabel(this);
    m_heading->setObjectName(QStringLiteral("runErrorHeading"));
    m_heading->setProperty("role", QStringLiteral("value"));
    m_text = new QLabel(this);
    m_text->setObjectName(QStringLiteral("runErrorText"));
    m_details = new QLabel(this);
    m_details->setObjectName(QStringLiteral("runErrorDetails"));
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* sentences = new QVBoxLayout;
    sentences->setSpacing(2);
    for (QLabel* label : {m_heading, m_text, m_details}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        sentences->addWidget(label);
    }
    m_toggle = new QPushButton(this);
    m_toggle->setObjectName(QStringLiteral("runErrorToggle"));
    m_toggle->setProperty("link", true);
    m_action = new QPushButton(this);
    m_action->setObjectName(QStringLiteral("runErrorAction"));
    m_close = new QToolButton(this);
    m_close->setObjectName(QStringLiteral("runErrorClose"));
    m_close->setAutoRaise(true);
    m_close->setIcon(icon("x", 18));
    m_close->setFixedSize(30, 30);
    m_close->setAccessibleName(tr("Close"));
    row->addWidget(m_icon, 0, Qt::AlignTop);
    row->addLayout(sentences, 1);
    for (QWidget* button : {static_cast<QWidget*>(m_toggle), static_cast<QWidget*>(m_action), static_cast<QWidget*>(m_close)})
        row->addWidget(button, 0, Qt::AlignTop);
    connect(m_toggle, &QPushButton::clicked, this, [this] { showDetails(m_details->isHidden()); });
    connect(m_close, &QToolButton::clicked, this, &QWidget::hide);
    connect(m_action, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT actionChosen(m_chosen);
    });
    hide();
}

void RunErrorBar::showFailure(const Failure& failure, int tilesSaved, int tilesWanted) {
    const ErrorText words = errorText(failure.code);
    m_heading->setText(words.heading);
    const QString safe =
        tilesSaved > 0 ? tr("Finished tiles are saved: %1 of %2.").arg(tilesSaved).arg(tilesWanted) : tr("Finished tiles are saved.");
    m_text->setText(failure.message.isEmpty() ? safe : tr("%1 %2", "what happened, what is safe").arg(failure.message, safe));
    m_details->setText(detailsText(failure.code, failure.context));
    m_chosen = words.action;
    m_action->setText(words.actionText);
    m_action->setVisible(words.action != ErrorAction::None);
    showDetails(false);
    show();
}

void RunErrorBar::showDetails(bool shown) {
    m_details->setVisible(shown);
    m_toggle->setText(shown ? tr("Hide details") : tr("Show details"));
}

void RunErrorBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().errBg);
    painter.fillRect(QRect(0, 0, 3, height()), theme().err);
}

} // namespace phloxine::ui
