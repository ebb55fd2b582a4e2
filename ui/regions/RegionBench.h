#pragma once
// Puts the regions of the slide together: what is drawn, what is kept, what is read from and written to files, and what is made of the
// tissue in them. Owns no pane: it works on the slide view that it is given.
#include <functional>

#include <QObject>

#include "core/annotate/draft_prompt.h"
#include "core/generate/real_pixels.h"
#include "core/model/ModelCard.h"
#include "core/region/cut_tiles.h"
#include "ui/regions/CutDialog.h"
#include "ui/regions/PlacedTiles.h"
#include "ui/regions/RegionKeeper.h"
#include "ui/regions/RegionLayer.h"
#include "ui/widgets/Badge.h"

namespace phloxine::ui {

class ProjectBridge;
class RegionPanel;
class SlideView;

struct StartingPixels { // what the next tiles start from
    RealPixels files;
    QImage picture, mask; // mask: null where everything is changed
    double micronsPerPixel = 0;
};

class RegionBench : public QObject {
    Q_OBJECT
public:
    RegionBench(SlideView& slide, QWidget* parent); // parent of panel and dialogs
    ~RegionBench() override;

    RegionPanel& panel() { return *m_panel; }
    RegionDocument& document() { return m_document; }
    RegionLayer& layer() { return *m_layer; }
    PlacedTiles& placedTiles() { return *m_placed; }
    bool hasSlide() const;
    bool busy() const { return m_stop != nullptr || m_keeper.pending() > 0; } // reads, writes or computes

    void setCard(const ModelCard& card);
    void setProject(ProjectBridge& project);
    void setSecretFile(const QString& file) { m_keeper.setSecretFile(file); }
    void setFolder(std::function<QString()> folder) { m_folder = std::move(folder); } // where the pixels that a tile starts from are kept
    void placeResult(const QImage& tile, const GenerateRequest& request);             // over the slide, where its real pixels came from

    void importFrom(const QString& file);
    void exportTo(const QString& file);
    void addLabel(const QString& name, const QColor& colour);
    void takeTissue();
    void cut(const CutWish& wish);
    void useAsInitial() { takePixels(false); }
    void replaceInside() { takePixels(true); }
    void draftPrompt();

Q_SIGNALS:
    void pixelsTaken(const phloxine::ui::StartingPixels& pixels);
    void promptDrafted(const QString& prompt);
    void cutDone(const QString& folder, int tiles);

private:
    void connectPanel();
    void connectLayer();
    void takeSlide();
    void takeKept(const RegionList& kept, const std::vector<RegionLabel>& labels, const QStringList& notices);
    void showLabels();
    void learnLabels(const RegionList& regions);
    void setClass(const QString& id);
    void goTo(int index);
    void say(Tone tone, const QString& sentence);
    void askImport();
    void askExport();
    void askCut();
    void askLabel();

    // in the background (RegionBenchWork.cpp)
    void takePixels(bool replace);
    bool startable(); // false, and said: something else is being done
    void fail(const Failure& failure);
    void finished();
    SlideBox chosenBox() const;
    std::vector<Polygon> chosenPolygons() const;
    std::function<std::unique_ptr<SlideSource>()> slideOpener() const; // with the scale that the user set; for another thread
    QString cutSentence(const CutResult& result, const QString& folder) const;
    ProgressHook progressTo(const Background::Stop& stop);

    SlideView& m_slide;
    QWidget* m_parent;
    RegionDocument m_document;
    RegionLabels m_labels;
    RegionPanel* m_panel;
    PlacedTiles* m_placed;
    RegionLayer* m_layer;
    ModelCard m_card;
    Scale m_scale; // of the slide, as last shown
    std::function<QString()> m_folder;
    bool m_loading = false;
    QString m_keptIn;        // folder of the project
    Background::Stop m_stop; // of what is being done
    RegionKeeper m_keeper;
    Background m_work;
};

} // namespace phloxine::ui
