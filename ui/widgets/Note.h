#pragma once
// An icon and a sentence on the ground of a tone, with at most one action and, if wanted, a cross to close it. As a panel's note it stands
// in the column; as the bar of a run (Note::setBar) it is one row over the images.
#include <QWidget>

#include "ui/widgets/Badge.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace phloxine::ui {

class Note : public QWidget {
    Q_OBJECT
public:
    explicit Note(Tone tone, QWidget* parent = nullptr);
    explicit Note(Tone tone, const QString& text, QWidget* parent = nullptr);
    void setTone(Tone tone);
    Tone tone() const { return m_tone; }
    void setText(const QString& text);
    QString text() const;
    void setAction(const QString& text); // empty = no action
    QPushButton* actionButton() const { return m_action; }
    void setClosable(bool closable);
    void setBar(bool bar); // square corners, the action at the end of the row

Q_SIGNALS:
    void actionTriggered();
    void textChanged();
    void closed(); // by the cross; the note has hidden itself

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void arrange();
    void recolor();

    Tone m_tone;
    bool m_bar = false;
    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_action;
    QToolButton* m_close;
};

} // namespace phloxine::ui
