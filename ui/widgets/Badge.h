#pragma once
// A word or two on a tinted ground, in capitals for what a picture is: synthetic has a dashed edge, real a solid one. Not interactive.
#include <QColor>
#include <QString>
#include <QWidget>

namespace phloxine::ui {

enum class Tone { Neutral, Ok, Warn, Err, Info, Synthetic, Real };

// The colours and the fixed icon of a tone.
struct ToneLook {
    QColor text, ground;
    QString icon; // empty = none
};
ToneLook lookOf(Tone tone);

class Badge : public QWidget {
    Q_OBJECT
public:
    explicit Badge(const QString& text, Tone tone = Tone::Neutral, QWidget* parent = nullptr);
    void setText(const QString& text);
    void setTone(Tone tone);
    QString text() const { return m_text; }
    Tone tone() const { return m_tone; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QFont textFont() const;
    QString shownText() const;

    QString m_text;
    Tone m_tone;
};

} // namespace phloxine::ui
