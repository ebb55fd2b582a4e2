#include "ui/widgets/IconLabel.h"

#include <QEvent>

namespace phloxine::ui {

IconLabel::IconLabel(QWidget* parent) : QLabel(parent) { setAccessibleName(QString()); }

void IconLabel::setMark(const char* name, int size, IconTone tone) {
    if (m_name && qstrcmp(m_name, name) == 0 && m_size == size && m_tone == tone) return;
    m_name = name;
    m_size = size;
    m_tone = tone;
    draw();
}

void IconLabel::draw() { setPixmap(icon(m_name, m_size, m_tone).pixmap(QSize(m_size, m_size), devicePixelRatioF())); }

void IconLabel::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_name) draw();
}

} // namespace phloxine::ui
