#pragma once
// A small window over the panes: the light and the orientation of both, and the grid. Nothing here changes what is exported or measured.
#include <QFrame>

#include "ui/viewer/ViewLight.h"
#include "ui/viewer/ViewTransform.h"

class QCheckBox;
class QComboBox;
class QSlider;

namespace phloxine::ui {

struct ViewSettings {
    ViewLight light;
    Orientation orientation;
    bool grid = false;
    bool profile = false;    // the slide in the colours that its scanner's profile means
    bool matchStain = false; // the tile in the stain of the slide
    bool operator==(const ViewSettings&) const = default;
};

class LightPanel : public QFrame {
    Q_OBJECT
public:
    explicit LightPanel(QWidget* parent = nullptr);
    const ViewSettings& settings() const { return m_settings; }
    void set(const ViewSettings& settings); // tells of a change like a hand on the controls
    void offerProfile(bool offered);        // whether the slide brings one

Q_SIGNALS:
    void changed();

private:
    QSlider* addSlider(const QString& name, int low, int high);
    void show(const ViewSettings& settings);
    void take();

    ViewSettings m_settings;
    QComboBox* m_stain;
    QSlider *m_brightness, *m_contrast, *m_gamma; // gamma in hundredths of a doubling
    QCheckBox *m_grid, *m_match, *m_profile;
};

} // namespace phloxine::ui
