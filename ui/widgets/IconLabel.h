#pragma once
// An icon that stands for itself, in the colours of the theme in use.
#include <QLabel>

#include "ui/widgets/Icon.h"

namespace phloxine::ui {

class IconLabel : public QLabel {
    Q_OBJECT
public:
    explicit IconLabel(QWidget* parent = nullptr);
    void setMark(const char* name, int size, IconTone tone = IconTone::Text);

protected:
    void changeEvent(QEvent* event) override;

private:
    void draw();

    const char* m_name = nullptr;
    int m_size = 16;
    IconTone m_tone = IconTone::Text;
};

} // namespace phloxine::ui
