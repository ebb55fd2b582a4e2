#include "ui/shell/StatusRow.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {
namespace {

constexpr int rowHeight = 32, statusIconPx = 16;

QLabel* addLabel(QHBoxLayout* row, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setProperty("role", QStringLiteral("secondary"));
    row->addWidget(label);
    return label;
}

} // namespace

StatusRow::StatusRow(QWidget* parent) : QWidget(parent) {
    setFixedHeight(rowHeight);
    setAccessibleName(tr("Status"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(8);
    m_deviceIcon = addLabel(row, this);
    m_device = addLabel(row, this);
    m_device->setAccessibleName(tr("Device"));
    auto* separator = new QFrame(this);
    separator->setProperty("separator", QStringLiteral("vertical"));
    separator->setFixedHeight(16);
    row->addSpacing(8);
    row->addWidget(separator);
    row->addSpacing(8);
    m_separator = separator;
    m_job = addLabel(row, this);
    m_job->setObjectName(QStringLiteral("statusJob"));
    m_bar = new QProgressBar(this);
    m_bar->setFixedWidth(160);
    m_bar->setRange(0, 1000);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Progress of the run"));
    row->addWidget(m_bar);
    m_cancel = new QToolButton(this);
    m_cancel->setObjectName(QStringLiteral("statusCancel"));
    m_cancel->setText(tr("Cancel"));
    m_cancel->setIcon(icon("x", 16));
    m_cancel->setIconSize({statusIconPx, statusIconPx});
    m_cancel->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_cancel->setAutoRaise(true);
    m_cancel->setFixedHeight(28);
    connect(m_cancel, &QToolButton::clicked, this, &StatusRow::cancelRequested);
    row->addWidget(m_cancel);
    row->addStretch(1);
    m_offlineIcon = addLabel(row, this);
    addLabel(row, this)->setText(tr("Offline, nothing leaves this computer"));
    setDevice({});
    setJob({}, -1);
    recolor();
}

void StatusRow::setDevice(const QString& name) { m_device->setText(name.isEmpty() ? tr("Device known after the first tile") : name); }

void StatusRow::setJob(const QString& text, double fraction) {
    const bool running = fraction >= 0;
    m_job->setText(text);
    m_separator->setVisible(!text.isEmpty() || running);
    m_bar->setVisible(running);
    m_cancel->setVisible(running);
    m_bar->setValue(running ? qRound(qMin(fraction, 1.0) * 1000) : 0);
}

void StatusRow::recolor() {
    m_deviceIcon->setPixmap(iconPixmap(QStringLiteral("cpu"), statusIconPx, theme().text2, devicePixelRatioF()));
    m_offlineIcon->setPixmap(iconPixmap(QStringLiteral("cloud-off"), statusIconPx, theme().text2, devicePixelRatioF()));
}

void StatusRow::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) recolor();
    QWidget::changeEvent(event);
}

void StatusRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().rail);
    painter.fillRect(QRect(0, 0, width(), 1), theme().line);
}

} // namespace phloxine::ui
