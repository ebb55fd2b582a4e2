#include "ui/shell/NavRail.h"

#include <QAbstractButton>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/paint_focus.h"

namespace phloxine::ui {
namespace {

constexpr int railWidth = 80, itemWidth = 64, itemHeight = 56, iconPx = 22, barWidth = 3;

class RailButton : public QAbstractButton {
public:
    RailButton(const char* icon, const QString& word, QWidget* parent) : QAbstractButton(parent), m_icon(QString::fromLatin1(icon)) {
        setText(word);
        setAccessibleName(word);
        setFixedSize(railWidth, itemHeight);
        setFocusPolicy(Qt::StrongFocus);
        setAttribute(Qt::WA_Hover);
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const Theme& t = theme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF ground((railWidth - itemWidth) / 2.0, 0, itemWidth, itemHeight);
        painter.setPen(Qt::NoPen);
        if (isChecked() || underMouse() || isDown()) {
            painter.setBrush(isChecked() ? t.soft : t.hover);
            painter.drawRoundedRect(ground, 6, 6);
        }
        if (isChecked()) {
            painter.setBrush(t.accent);
            painter.drawRect(QRectF(0, 8, barWidth, itemHeight - 16));
        }
        const QColor ink = isChecked() ? t.softText : t.text2;
        painter.drawPixmap((railWidth - iconPx) / 2, 7, iconPixmap(m_icon, iconPx, ink, devicePixelRatioF()));
        QFont font = this->font();
        font.setPixelSize(11);
        font.setWeight(isChecked() ? QFont::DemiBold : QFont::Medium);
        painter.setFont(font);
        painter.setPen(ink);
        painter.drawText(QRect(2, 32, railWidth - 4, 18), Qt::AlignCenter,
                         painter.fontMetrics().elidedText(text(), Qt::ElideRight, railWidth - 4));
        if (hasFocus() && keyboardFocus(this)) paintInnerFocusRing(painter, ground, 6);
    }

private:
    QString m_icon;
};

} // namespace

NavRail::NavRail(QWidget* parent) : QWidget(parent), m_column(new QVBoxLayout(this)) {
    setFixedWidth(railWidth);
    setAccessibleName(tr("Workspaces"));
    m_column->setContentsMargins(0, 8, 0, 16);
    m_column->setSpacing(8);
    m_column->addStretch(1);
    m_settings = new RailButton("settings", tr("Settings"), this);
    connect(m_settings, &QAbstractButton::clicked, this, &NavRail::settingsRequested);
    m_column->addWidget(m_settings);
}

QAbstractButton* NavRail::addWorkspace(const char* icon, const QString& word) {
    auto* button = new RailButton(icon, word, this);
    button->setCheckable(true);
    button->setAutoExclusive(true);
    button->setChecked(m_workspaces == 0);
    m_column->insertWidget(m_workspaces++, button);
    setTabOrder(button, m_settings);
    return button;
}

void NavRail::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().rail);
    painter.fillRect(QRect(width() - 1, 0, 1, height()), theme().line);
}

} // namespace phloxine::ui
