#pragma once
// A word or two on a tinted ground, in capitals for what a picture is: synthetic has a dashed edge, real a solid one. Not interactive.
#include <QColor>
#include <QPoint>
#include <QSize>
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

// For delegates: a badge with its upper left corner at `corner`, in the family of `font`.
QSize badgeSize(const QString& text, Tone tone, const QFont& font);
void paintBadge(QPainter& painter, QPoint corner, const QString& text, Tone tone, const QFont& font);

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
    QString m_text;
    Tone m_tone;
};

} // namespace phloxine::ui
