#include "ui/models/DropFrame.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

#include "ui/widgets/Theme.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

DropFrame::DropFrame(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("dropFrame"));
    setMinimumHeight(64);
    m_text = new QLabel(this);
    m_text->setObjectName(QStringLiteral("dropText"));
    m_text->setWordWrap(true);
    m_text->setAlignment(Qt::AlignCenter);
    m_add = new QPushButton(tr("Add model\u2026"), this);
    m_add->setObjectName(QStringLiteral("emptyAddButton"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(24, 12, 24, 12);
    row->setSpacing(16);
    row->addWidget(m_text, 1);
    row->addWidget(m_add);
    connect(m_add, &QPushButton::clicked, this, &DropFrame::addRequested);
    setEmpty(false);
}

void DropFrame::setEmpty(bool empty) {
    m_text->setText(empty ? tr("No models of your own yet. Drop a checkpoint or a diffusers folder here: it is read as data and never run.")
                          : tr("Drop a checkpoint or a diffusers folder here. Files are read as data and never run."));
    m_add->setVisible(empty);
}

void DropFrame::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    QPen pen(theme().edge, 1, Qt::CustomDashLine);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace phloxine::ui
