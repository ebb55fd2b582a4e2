#pragma once
// The Generate workspace: what to make on the left, the images in the middle, where I am and what runs on the right.
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <QSettings>
#include <QWidget>

#include "core/generate/memory_estimate.h"
#include "core/model/ModelStore.h"
#include "ui/bridge/JobBridge.h"
#include "ui/generate/JobList.h"
#include "ui/generate/ModelCards.h"

namespace phloxine::ui {

enum class ErrorAction;
class ConditionPanel;
class FoundTissueStrip;
class GalleryStrip;
class ImagePair;
class ModelPanel;
class NearestPictures;
class ProjectBridge;
class QueuePanel;
class RegionBench;
class RunFoot;
class SamplingPanel;
class SlidePanel;
class StartingPixelsPanel;
class TilePanel;
struct Preset;

class GeneratePage : public QWidget {
    Q_OBJECT
public:
    GeneratePage(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent = nullptr);

    bool busy() const { return m_jobs->busy(); }
    int pendingTiles() const { return m_jobs->pendingTiles(); }
    int galleryCount() const;
    void selectClass(const QString& id);
    const ModelCard& card() const { return m_entry.card; } // of the chosen model
    JobList& jobs() { return *m_jobs; }
    RegionBench& regions() { return *m_regions; }
    const SharedCards& cards() const { return m_cards; }

    void setFreeMemory(std::function<std::uint64_t()> bytes) { m_freeMemory = std::move(bytes); } // 0 = not known
    void rememberTrainingFolders(std::unique_ptr<QSettings> settings); // that the user names, to see the nearest training tiles
    void setProject(ProjectBridge* project);                           // that finished tiles belong to
    QString tileFolder() const; // where they are saved: in the project; without one, where they have always gone

public Q_SLOTS:
    void refreshModels();               // reads the cards again; the chosen model stays
    bool useModel(const QString& path); // false: it is not there
    void useSeed(quint64 seed);
    void useAll(const phloxine::GenerateRequest& request); // of an earlier tile
    void remix(const phloxine::GenerateRequest& request);  // the same with a new seed
    void prepareToQuit();                                  // what is under way goes on at the next start
    void generateNow();
    void stopNow();
    void stopAfterTile();
    void openSlideDialog();
    void openSlide(const QString& path);
    void openSampleSlide();
    void showSlidePictures(); // macro, label, thumbnail of the open slide, on demand
    void exportTiles();
    void findTissue();                // real tissue like the shown tile, on the open slide
    void openGrid();                  // of two parameters, around what is set up here
    void setMagnification(int index); // 0..4

Q_SIGNALS:
    void cardsChanged(); // other models
    void slideOpened(const QString& path);
    void statusChanged(const QString& text, double fraction); // -1 = idle

private:
    QWidget* makeLeft();
    QWidget* makeCentre();
    QWidget* makeRight();
    void connectPanels();
    void connectSlide();
    void connectRegions();
    QString inputsFolder() const; // where real pixels that tiles start from are kept
    void connectJobs(JobBridge& bridge);

    // models (GeneratePageModels.cpp)
    void takeModel(const ModelEntry& entry);
    void usePreset(const Preset& preset);
    void takeCard(const ModelCard& card); // of the chosen model, said anew
    void useModelOf(const GenerateRequest& request);
    void shareCards();
    void showNoModel();
    void learnSize(const ModelEntry& entry);
    std::string modelWord() const; // what a request calls the chosen model

    // runs (GeneratePageRuns.cpp)

    std::vector<GenerateRequest> requests() const; // one for each class, or one for the text or the vectors
    void submit(const GenerateRequest& request);
    quint64 give(const GenerateRequest& request); // to the worker
    void pauseQueue(bool pause);
    void freshSeedIfRepeated();
    void stop(Stop how);
    void removeJob(quint64 id);
    void showFailure(quint64 id, const Failure& failure);
    void answer(ErrorAction action);

    struct Cost {
        QString sentence, warning;
    };
    Cost cost() const; // of what is set up here
    void jobsChanged();
    void showFoot();
    void showStatus();
    void showCurrent(); // the card that is chosen in the gallery
    void showRealPixels();
    QString whyNotFind() const;
    void showWhyNotFind();
    void showNearestPicture();
    void askTrainingFolder();
    void startRoundTrip(); // of the tissue in the box
    void showRoundTrip(const QImage& picture, const RoundTrip& trip);

    std::shared_ptr<ModelStore> m_store;
    JobBridge& m_bridge;
    ProjectBridge* m_project = nullptr;
    std::vector<ModelEntry> m_models;
    ModelEntry m_entry; // the chosen one
    SharedCards m_cards = std::make_shared<ModelCards>();
    QString m_modelProblem; // why no model can be used; empty = one can
    JobList* m_jobs;
    ModelPanel* m_model;
    ConditionPanel* m_condition;
    StartingPixelsPanel* m_startingPixels;
    SamplingPanel* m_sampling;
    RunFoot* m_foot;
    ImagePair* m_images;
    FoundTissueStrip* m_found;
    GalleryStrip* m_gallery;
    NearestPictures* m_nearest;
    SlidePanel* m_slidePanel;
    RegionBench* m_regions;
    TilePanel* m_tilePanel;
    QueuePanel* m_queue;
    std::vector<int> m_together;                             // places in the gallery of the tiles that are shown together
    std::map<std::string, std::optional<ModelSize>> m_sizes; // by path; empty where it cannot be known before a run
    std::function<std::uint64_t()> m_freeMemory;
    quint64 m_roundTrip = 0; // the job that is under way; 0: none
    JobRow m_failed;         // what "Try again" goes on with
};

} // namespace phloxine::ui
