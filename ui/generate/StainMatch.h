#pragma once
// The stain of the slide under the box, read once the slide pane rests: what the tile can be shown in. Of the view alone; nothing that is
// written or measured knows it.
#include <optional>

#include <QObject>
#include <QRectF>

#include "core/measure/tissue/stain_match.h"
#include "ui/bridge/Background.h"

class QTimer;

namespace phloxine::ui {

class SlideView;

class StainMatch : public QObject {
    Q_OBJECT
public:
    explicit StainMatch(SlideView& slide, QObject* parent = nullptr);
    bool isOn() const { return m_on; }
    void setOn(bool on);
    const std::optional<StainLook>& look() const { return m_look; } // nothing: off, not read yet, or no stained tissue there
    QString problem() const { return m_problem; }                   // why there is none although it is on; empty while it is being read
    bool pending() const;

Q_SIGNALS:
    void changed();

private:
    void moved();
    void read();
    void take(const std::optional<StainLook>& look, const QString& problem);

    SlideView& m_slide;
    bool m_on = false;
    std::optional<StainLook> m_look;
    QString m_problem, m_path;
    QRectF m_box; // that was read last, level-0 pixels
    QTimer* m_rest;
    Background m_background{1};
    Background::Stop m_stop;
};

} // namespace phloxine::ui
