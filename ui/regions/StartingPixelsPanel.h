#pragma once
// What the next tiles start from, when that is real tissue: its picture with what is replaced, and how far a tile may go from it.
#include <optional>

#include <QWidget>

#include "ui/regions/RegionBench.h"

class QLabel;
class QSlider;
class QSpinBox;

namespace phloxine::ui {

class StartingPixelsPanel : public QWidget {
    Q_OBJECT
public:
    explicit StartingPixelsPanel(QWidget* parent = nullptr); // hidden until it has something to show
    void set(const StartingPixels& pixels);
    void clear();
    bool active() const { return m_pixels.has_value(); }
    bool setModel(int tilePx, double micronsPerPixel); // pixels at another scale are of no use to it, and go: then false
    void writeTo(GenerateRequest& request) const;

Q_SIGNALS:
    void changed();

private:
    void showPicture();

    std::optional<StartingPixels> m_pixels;
    QLabel *m_picture, *m_what, *m_size;
    QSlider* m_strengthSlider;
    QSpinBox* m_strength;
};

} // namespace phloxine::ui
