#include "ui/viewer/EmptyState.h"

#include <algorithm>

#include <QEvent>
#include <QPainter>
#include <QPushButton>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr int iconPx = 32, iconGap = 8, textGap = 2, buttonGap = 12, buttonHeight = 32, buttonSpacing = 8;
constexpr int widestText = 280;
constexpr int textFlags = Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap;

QFont titleFont(QFont font) {
    font.setPixelSize(14);
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont textFont(QFont font) {
    font.setPixelSize(13);
    return font;
}
} // namespace

EmptyState::EmptyState(const QString& icon, QWidget* parent) : QWidget(parent), m_icon(icon) {
    setAttribute(Qt::WA_NoSystemBackground); // the pane's surround and frame show through
}

void EmptyState::setText(const QString& icon, const QString& title, const QString& text) {
    m_icon = icon;
    m_title = title;
    m_text = text;
    setAccessibleName(title);
    setAccessibleDescription(text);
    placeButtons();
    update();
}

QPushButton* EmptyState::addButton(const QString& text) {
    auto* button = new QPushButton(text, this);
    m_buttons.push_back(button);
    placeButtons();
    return button;
}

EmptyState::Rows EmptyState::rows() const {
    const int width = std::min(widestText, std::max(80, this->width() - 48));
    const int left = (this->width() - width) / 2;
    const int titleHeight = QFontMetrics(titleFont(font())).boundingRect(0, 0, width, 400, textFlags, m_title).height();
    const int textHeight = QFontMetrics(textFont(font())).boundingRect(0, 0, width, 400, textFlags, m_text).height();
    const int buttons = m_buttons.empty() ? 0 : buttonGap + buttonHeight;
    const int total = iconPx + iconGap + titleHeight + textGap + textHeight + buttons;
    int y = std::max(0, (height() - total) / 2);
    Rows rows;
    rows.icon = QRect((this->width() - iconPx) / 2, y, iconPx, iconPx);
    y += iconPx + iconGap;
    rows.title = QRect(left, y, width, titleHeight);
    y += titleHeight + textGap;
    rows.text = QRect(left, y, width, textHeight);
    rows.buttonsTop = y + textHeight + buttonGap;
    return rows;
}

bool EmptyState::leavesRoomFor(const QRectF& frame) const {
    const Rows at = rows();
    QRect block = at.icon | at.title | at.text;
    for (const QPushButton* button : m_buttons) block |= button->geometry();
    return frame.contains(QRectF(block)) || !frame.intersects(QRectF(block));
}

void EmptyState::placeButtons() {
    int total = -buttonSpacing;
    for (const QPushButton* button : m_buttons) total += button->sizeHint().width() + buttonSpacing;
    int x = (width() - total) / 2;
    const int top = rows().buttonsTop;
    for (QPushButton* button : m_buttons) {
        button->setGeometry(x, top, button->sizeHint().width(), buttonHeight);
        x += button->width() + buttonSpacing;
    }
}

void EmptyState::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const Rows at = rows();
    const QColor color = theme().canvasText;
    painter.drawPixmap(at.icon, iconPixmap(m_icon, iconPx, color, devicePixelRatioF()));
    painter.setPen(color);
    painter.setFont(titleFont(font()));
    painter.drawText(at.title, textFlags, m_title);
    painter.setFont(textFont(font()));
    painter.drawText(at.text, textFlags, m_text);
}

void EmptyState::resizeEvent(QResizeEvent*) { placeButtons(); }

bool EmptyState::event(QEvent* event) {
    // Buttons take their size from style and font, which change with the theme.
    if (event->type() == QEvent::StyleChange || event->type() == QEvent::FontChange || event->type() == QEvent::Polish) placeButtons();
    return QWidget::event(event);
}

} // namespace phloxine::ui
