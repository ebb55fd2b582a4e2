#include "ui/widgets/Note.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

Note::Note(Tone tone, QWidget* parent) : Note(tone, QString(), parent) {}

Note::Note(Tone tone, const QString& text, QWidget* parent)
    : QWidget(parent), m_tone(tone), m_icon(new QLabel(this)), m_text(new QLabel(this)), m_action(new QPushButton(this)),
      m_close(new QToolButton(this)) {
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText); // messages may name files
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_action->hide();
    m_close->setIcon(icon("x", 16));
    m_close->setAutoRaise(true);
    m_close->setToolTip(tr("Close"));
    m_close->setAccessibleName(tr("Close"));
    m_close->hide();
    connect(m_action, &QPushButton::clicked, this, &Note::actionTriggered);
    connect(m_close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT closed();
    });
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum); // not Maximum: wrapped text may need more than the hint says
    arrange();
    setText(text);
    recolor();
}

void Note::setTone(Tone tone) {
    m_tone = tone;
    recolor();
}

void Note::setText(const QString& text) {
    if (text == m_text->text()) return;
    m_text->setText(text);
    setAccessibleName(text);
    Q_EMIT textChanged();
}

QString Note::text() const { return m_text->text(); }

void Note::setAction(const QString& text) {
    m_action->setText(text);
    m_action->setVisible(!text.isEmpty());
}

void Note::setClosable(bool closable) { m_close->setVisible(closable); }

void Note::setBar(bool bar) {
    if (m_bar == bar) return;
    m_bar = bar;
    arrange();
    update();
}

void Note::arrange() {
    delete layout();
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(12, m_bar ? 6 : 10, 12, m_bar ? 6 : 10);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(8);
    grid->addWidget(m_icon, 0, 0, m_bar ? Qt::AlignVCenter : Qt::AlignTop);
    grid->addWidget(m_text, 0, 1);
    if (m_bar) {
        grid->addWidget(m_action, 0, 2);
        grid->addWidget(m_close, 0, 3);
    } else {
        grid->addWidget(m_close, 0, 2, Qt::AlignTop);
        grid->addWidget(m_action, 1, 1, Qt::AlignLeft);
    }
    grid->setColumnStretch(1, 1);
}

void Note::recolor() {
    const ToneLook look = lookOf(m_tone);
    const QString name = look.icon.isEmpty() ? QStringLiteral("info-circle") : look.icon;
    m_icon->setPixmap(iconPixmap(name, 18, look.text, devicePixelRatioF()));
    update();
}

void Note::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) recolor();
    QWidget::changeEvent(event);
}

void Note::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(lookOf(m_tone).ground);
    const double radius = m_bar ? 0 : 4;
    painter.drawRoundedRect(QRectF(rect()), radius, radius);
}

} // namespace phloxine::ui
