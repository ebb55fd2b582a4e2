#pragma once
// Synthetic tiles in the place that their real pixels came from, over the slide: framed, named SYNTHETIC, and never without both. It takes
// no events.
#include <vector>

#include <QImage>
#include <QWidget>

#include "core/generate/GenerateRequest.h"

namespace phloxine::ui {

class SlideView;

class PlacedTiles : public QWidget {
    Q_OBJECT
public:
    explicit PlacedTiles(SlideView& slide);
    void setSlide(const std::string& hash);                  // keyed hash of the open slide; tiles of others stay, unseen
    void add(const QImage& tile, const SourceTissue& place); // over the last one of the same place
    void clear();                                            // of this slide
    int count() const;                                       // of this slide
    bool isHere(const SourceTissue& place) const;            // on this slide
    bool shown() const { return m_shown; }
    void setShown(bool shown);
    double opacity() const { return m_opacity; }
    void setOpacity(double opacity); // 0.2 to 1: fainter, a tile could pass for tissue

Q_SIGNALS:
    void changed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Placed {
        QImage tile;
        SourceTissue place;
    };
    SlideView& m_slide;
    std::string m_hash;
    std::vector<Placed> m_tiles;
    bool m_shown = true;
    double m_opacity = 1;
};

} // namespace phloxine::ui
