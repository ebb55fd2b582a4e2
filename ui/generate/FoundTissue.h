#pragma once
// Real tissue like the shown tile: looks for it on the open slide and shows the places in a row. A click, Enter or the arrow keys move the
// slide pane there. What was read of a slide is kept for the next tile of the same scale.
#include <memory>

#include <QWidget>

#include "core/measure/find_tissue.h"
#include "ui/bridge/JobBridge.h"

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace phloxine::ui {

class ElidingLabel;
class SlideView;

class FoundTissueStrip : public QWidget {
    Q_OBJECT
public:
    FoundTissueStrip(JobBridge& bridge, SlideView& slide, QWidget* parent = nullptr);

    // `nominalMicronsPerPixel` is used for a tile without a scale of its own. Ends the search before it.
    void search(const TileRecord& tile, double nominalMicronsPerPixel);
    void stop();
    bool searching() const { return m_job != 0; }
    const FoundTissue* found() const { return m_found.get(); }

Q_SIGNALS:
    void changed(); // a search began or ended

private:
    QWidget* makeHead();
    void take(const std::shared_ptr<const FoundTissue>& found);
    void end(const QString& sentence);
    void clear();
    void goTo(int row);
    void say(const QString& sentence);

    JobBridge& m_bridge;
    SlideView& m_slide;
    quint64 m_job = 0; // 0: none
    bool m_scaleAssumed = false;
    std::shared_ptr<const FoundTissue> m_found;
    std::shared_ptr<const SlideFingerprints> m_known;
    QLabel* m_title;
    ElidingLabel* m_sentence;
    QProgressBar* m_progress;
    QPushButton* m_stop;
    QToolButton* m_close;
    QListWidget* m_list;
};

} // namespace phloxine::ui
