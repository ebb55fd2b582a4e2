#include "ui/generate/GeneratePage.h"

#include <algorithm>

#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QStandardPaths>
#include <QUrl>
#include <QVBoxLayout>

#include "core/generate/Generator.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/exporting/ExportDialog.h"
#include "ui/exporting/export_checks.h"
#include "ui/generate/ConditionPanel.h"
#include "ui/generate/FoundTissue.h"
#include "ui/generate/GalleryStrip.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/ModelPanel.h"
#include "ui/generate/NearestPictures.h"
#include "ui/generate/PresetButton.h"
#include "ui/generate/QueuePanel.h"
#include "ui/generate/QueueStore.h"
#include "ui/generate/RunErrorBar.h"
#include "ui/generate/RunFoot.h"
#include "ui/generate/SamplingPanel.h"
#include "ui/generate/SlidePanel.h"
#include "ui/generate/TilePanel.h"
#include "ui/generate/words.h"
#include "ui/regions/RegionPanel.h"
#include "ui/regions/StartingPixelsPanel.h"
#include "ui/viewer/SlidePictures.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/SideDrawer.h"

namespace phloxine::ui {

namespace {
constexpr int leftWidth = 320, rightWidth = 280;

// A column of panels that scrolls when the window is low, with a line between each two.
QScrollArea* panelColumn(const std::vector<QWidget*>& panels, QWidget* parent) {
    auto* area = new QScrollArea(parent);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    auto* body = new QWidget(area);
    body->setProperty("ground", QStringLiteral("none"));
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (std::size_t i = 0; i < panels.size(); ++i) {
        if (i) column->addWidget(separatorLine(body));
        auto* margin = new QVBoxLayout;
        margin->setContentsMargins(16, 12, 16, 14);
        margin->addWidget(panels[i]);
        column->addLayout(margin);
    }
    column->addStretch(1);
    area->setWidget(body);
    return area;
}
} // namespace

GeneratePage::GeneratePage(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent)
    : QWidget(parent), m_store(std::move(store)), m_bridge(bridge), m_jobs(new JobList(bridge, this)),
      m_freeMemory([] { return deviceStatus().memoryFree; }) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeLeft());
    row->addWidget(separatorLine(this, true));
    row->addWidget(makeCentre(), 1);
    row->addWidget(separatorLine(this, true));
    row->addWidget(new SideDrawer(makeRight(), tr("slide, regions, this tile and queue"), this));
    int place = 0; // F6 goes through them in this order
    for (QWidget* panel : std::initializer_list<QWidget*>{m_model, m_condition, m_sampling, m_foot, &m_images->tile(), &m_images->slide(),
                                                          m_found, m_gallery, m_slidePanel, &m_regions->panel(), m_tilePanel, m_queue})
        panel->setProperty("panel", ++place);
    connectPanels();
    connectSlide();
    connectRegions();
    connectJobs(bridge);
    refreshModels();
    jobsChanged();
}

QWidget* GeneratePage::makeLeft() {
    auto* left = new QWidget(this);
    left->setFixedWidth(leftWidth);
    m_model = new ModelPanel(left);
    m_condition = new ConditionPanel(left);
    auto* what = new QWidget(left); // a condition, and now and then real pixels: one block, so that nothing is left of what is hidden
    m_startingPixels = new StartingPixelsPanel(what);
    auto* block = new QVBoxLayout(what);
    block->setContentsMargins(0, 0, 0, 0);
    block->setSpacing(16);
    block->addWidget(m_condition);
    block->addWidget(m_startingPixels);
    m_sampling = new SamplingPanel(left);
    m_foot = new RunFoot(left);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(panelColumn({m_model, what, m_sampling}, left), 1);
    column->addWidget(separatorLine(left));
    column->addWidget(m_foot);
    return left;
}

QWidget* GeneratePage::makeCentre() {
    auto* centre = new QWidget(this);
    m_images = new ImagePair(centre);
    m_found = new FoundTissueStrip(m_bridge, m_images->slide(), centre);
    m_gallery = new GalleryStrip(centre);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_images, 1);
    column->addWidget(separatorLine(centre));
    column->addWidget(m_found);
    column->addWidget(m_gallery);
    return centre;
}

QWidget* GeneratePage::makeRight() {
    m_slidePanel = new SlidePanel(m_images->slide(), this);
    m_tilePanel = new TilePanel(this);
    m_nearest = new NearestPictures(m_bridge, this);
    m_queue = new QueuePanel(this);
    m_regions = new RegionBench(m_images->slide(), this);
    auto* right = panelColumn({m_slidePanel, &m_regions->panel(), m_tilePanel, m_queue}, this);
    right->setFixedWidth(rightWidth);
    return right;
}

void GeneratePage::connectPanels() {
    connect(m_model, &ModelPanel::chosen, this, &GeneratePage::useModel);
    connect(m_condition, &ConditionPanel::changed, this, &GeneratePage::showFoot);
    connect(m_sampling, &SamplingPanel::changed, this, &GeneratePage::showFoot);
    connect(m_sampling, &SamplingPanel::recycleRequested, this, [this] {
        if (const TileRecord* tile = m_gallery->current()) m_sampling->setSeed(tile->request.seed);
    });
    m_sampling->presets().setSource([this] {
        const auto all = requests();
        if (!all.empty()) return all.front();
        GenerateRequest sampling; // no class is chosen
        m_sampling->writeTo(sampling);
        return sampling;
    });
    connect(&m_sampling->presets(), &PresetButton::applied, this, &GeneratePage::usePreset);
    connect(&m_sampling->presets(), &PresetButton::problem, m_images, &ImagePair::showNotice);
    connect(m_foot, &RunFoot::generate, this, &GeneratePage::generateNow);
    connect(m_foot, &RunFoot::addToQueue, this, &GeneratePage::generateNow);
    connect(m_foot, &RunFoot::stopNow, this, &GeneratePage::stopNow);
    connect(m_foot, &RunFoot::stopAfterTile, this, &GeneratePage::stopAfterTile);
    connect(m_gallery, &GalleryStrip::currentChanged, this, &GeneratePage::showCurrent);
    connect(m_gallery, &GalleryStrip::currentMeasured, this, [this] {
        m_tilePanel->showTile(m_gallery->current());
        showNearestPicture();
    });
    connect(m_tilePanel, &TilePanel::nearestPictureRequested, this, &GeneratePage::askTrainingFolder);
    connect(m_nearest, &NearestPictures::found, this,
            [this](const QImage& picture, const QString& name) { m_tilePanel->setNearestPicture(picture, name); });
    connect(m_nearest, &NearestPictures::failed, this,
            [this](const QString& sentence) { m_tilePanel->setNearestPicture({}, {}, sentence); });
    connect(m_gallery, &GalleryStrip::togetherRequested, this, [this] {
        m_together = m_gallery->selectedRows();
        m_images->showTogether(m_gallery->selectedTiles());
    });
    connect(m_images, &ImagePair::tileChosen, this, [this](int tile) {
        if (tile < int(m_together.size())) m_gallery->choose(m_together[std::size_t(tile)]);
    });
    connect(m_images, &ImagePair::tileWanted, this, [this] {
        if (m_gallery->current()) showCurrent();
        else if (!m_together.empty()) m_gallery->choose(m_together.front());
        else m_images->showTile(nullptr);
    });
    connect(m_gallery, &GalleryStrip::exportRequested, this, &GeneratePage::exportTiles);
    connect(m_tilePanel, &TilePanel::useSeed, this, &GeneratePage::useSeed);
    connect(m_tilePanel, &TilePanel::useAll, this, &GeneratePage::useAll);
    connect(m_tilePanel, &TilePanel::remix, this, &GeneratePage::remix);
    connect(m_tilePanel, &TilePanel::findTissue, this, &GeneratePage::findTissue);
    connect(m_queue, &QueuePanel::removeRequested, this, &GeneratePage::removeJob);
    connect(&m_images->errorBar(), &RunErrorBar::actionChosen, this, &GeneratePage::answer);
}

void GeneratePage::connectSlide() {
    SlideView& slide = m_images->slide();
    connect(&slide, &SlideView::opened, this, [this] {
        m_roundTrip = 0; // was of another slide
        m_images->refreshSlide();
        m_slidePanel->refresh();
        m_slidePanel->showProblem({});
        showWhyNotFind();
        Q_EMIT slideOpened(m_images->slide().slidePath());
    });
    connect(&slide, &SlideView::failed, m_slidePanel, &SlidePanel::showProblem);
    connect(&slide, &SlideView::badTiles, this, [this](int count) {
        m_slidePanel->showProblem(tr("%n places of this slide cannot be read. They are hatched, the rest can be used.", nullptr, count));
    });
    connect(&slide, &SlideView::openRequested, this, &GeneratePage::openSlideDialog);
    connect(&slide, &SlideView::openSampleRequested, this, &GeneratePage::openSampleSlide);
    connect(m_slidePanel, &SlidePanel::openRequested, this, &GeneratePage::openSlideDialog);
    connect(m_slidePanel, &SlidePanel::sampleRequested, this, &GeneratePage::openSampleSlide);
    connect(m_slidePanel, &SlidePanel::magnificationChosen, this, &GeneratePage::setMagnification);
}

void GeneratePage::connectRegions() {
    m_regions->setFolder([this] { return inputsFolder(); });
    connect(&m_regions->placedTiles(), &PlacedTiles::changed, this, &GeneratePage::showRealPixels); // another slide
    connect(m_regions, &RegionBench::pixelsTaken, m_startingPixels, &StartingPixelsPanel::set);
    connect(m_startingPixels, &StartingPixelsPanel::changed, this, &GeneratePage::showFoot);
    connect(&m_regions->panel(), &RegionPanel::roundTripRequested, this, &GeneratePage::startRoundTrip);
    connect(m_regions, &RegionBench::promptDrafted, this,
            [this](const QString& prompt) { m_condition->setPrompt(prompt, m_condition->negative()); });
}

// Beside the tiles, where `recreate` looks for them.
QString GeneratePage::inputsFolder() const { return QFileInfo(tileFolder()).path() + QStringLiteral("/inputs"); }

void GeneratePage::connectJobs(JobBridge& bridge) {
    m_jobs->setSubmit([this](const GenerateRequest& request) { return give(request); });
    connect(m_queue, &QueuePanel::pauseRequested, this, &GeneratePage::pauseQueue);
    connect(m_queue, &QueuePanel::retryRequested, m_jobs, &JobList::retry);
    connect(m_queue, &QueuePanel::moveRequested, m_jobs, &JobList::move);
    connect(m_queue, &QueuePanel::resumeHeld, m_jobs, &JobList::resumeHeld);
    connect(m_queue, &QueuePanel::discardHeld, m_jobs, &JobList::discardHeld);
    // The list is connected first, in its constructor: here its rows are up to date.
    connect(m_jobs, &JobList::changed, this, &GeneratePage::jobsChanged);
    connect(&bridge, &JobBridge::preview, this, [this](quint64 id, const QImage& image, int tile, int step, int steps, double mpp) {
        const JobRow* job = m_jobs->ofQueue(id);
        if (!job || job->state != JobState::Running) return;
        m_gallery->showPreview(image, step, steps);
        if (m_gallery->followsRun())
            m_images->showPreview(image, forTile(job->request, job->before + tile), job->before + tile, step, steps, mpp);
    });
    connect(&bridge, &JobBridge::tile, this, [this](quint64 id, int, const TileRecord& record) {
        const JobRow* job = m_jobs->ofQueue(id);
        if (!job) return;
        m_gallery->addTile(job->id, record);
        m_regions->placeResult(record.image, record.request);
        if (m_project && !record.file.isEmpty()) m_project->addTile(record.file);
    });
    connect(&bridge, &JobBridge::nearest, this, [this](quint64 id, int, const NearestTraining& nearest) {
        const JobRow* job = m_jobs->ofQueue(id);
        if (!job) return;
        const QString file = m_gallery->setNearest(job->id, nearest);
        if (m_project && !file.isEmpty() && nearest.checked()) m_project->setNearest(file, nearest.distance);
    });
    connect(&bridge, &JobBridge::wentRound, this, [this](quint64 id, const QImage& picture, const RoundTrip& trip) {
        if (id == m_roundTrip) showRoundTrip(picture, trip);
    });
    connect(&bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        if (id == m_roundTrip) m_regions->panel().say(Tone::Err, failure.message);
    });
    connect(&bridge, &JobBridge::notice, this, [this](quint64 id, const QString& sentence) {
        if (m_jobs->ofQueue(id)) m_images->showNotice(sentence);
    });
    connect(&bridge, &JobBridge::failed, this, &GeneratePage::showFailure);
}

int GeneratePage::galleryCount() const { return m_gallery->model().finishedCount(); }

void GeneratePage::selectClass(const QString& id) { m_condition->selectClass(id); }

void GeneratePage::useSeed(quint64 seed) { m_sampling->setSeed(seed); }

void GeneratePage::useAll(const GenerateRequest& request) {
    useModelOf(request);
    m_sampling->readFrom(request);
    if (!request.vector.empty()) m_condition->setVectors(fromUtf8(request.vector.string()), request.magnification);
    else if (request.classId.empty()) m_condition->setPrompt(fromUtf8(request.prompt), fromUtf8(request.negative));
    else m_condition->selectClass(fromUtf8(request.classId));
}

void GeneratePage::remix(const GenerateRequest& request) {
    useAll(request);
    m_sampling->drawSeed();
}

void GeneratePage::setProject(ProjectBridge* project) {
    m_project = project;
    new QueueStore(*m_jobs, *project, this);
    m_regions->setProject(*project);
}

void GeneratePage::rememberTrainingFolders(std::unique_ptr<QSettings> settings) { m_nearest->remember(std::move(settings)); }

void GeneratePage::prepareToQuit() {
    m_jobs->freeze();
    stopNow();
}

QString GeneratePage::tileFolder() const {
    if (const QString ofProject = m_project ? m_project->tilesFolder() : QString(); !ofProject.isEmpty()) return ofProject;
    const QString chosen = qEnvironmentVariable("PHLOXINE_TILES");
    return chosen.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/tiles") : chosen;
}

void GeneratePage::openSlideDialog() {
    auto* dialog = new QFileDialog(this, tr("Open slide"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Slides and images (*.svs *.tif *.tiff *.ndpi *.mrxs *.scn *.vms *.bif *.dcm *.svslide *.png *.jpg *.jpeg)"),
                            tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &GeneratePage::openSlide);
    dialog->open();
}

void GeneratePage::openSlide(const QString& path) { m_images->slide().openSlide(path); }

void GeneratePage::openSampleSlide() {
    try {
        openSlide(fromUtf8((resourcesFolder() / "slides" / "CMU-1-Small-Region.svs").string()));
    } catch (const Error& e) { m_slidePanel->showProblem(fromUtf8(e.what())); }
}

void GeneratePage::showSlidePictures() {
    if (!m_images->slide().hasSlide()) return m_images->showNotice(tr("Open a slide to see the pictures in its file"));
    auto* dialog = new SlidePictures(m_images->slide().slidePath(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void GeneratePage::exportTiles() {
    if (galleryCount() == 0) return;
    auto* dialog = new ExportDialog(m_bridge, m_gallery->allTiles(), m_gallery->selectedTiles(), m_entry.card, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (m_project && m_project->isOpen()) {
        dialog->awaitMarks();
        connect(m_project, &ProjectBridge::failed, dialog, &ExportDialog::setRejectedUnknown);
        m_project->ask(
            dialog, [](const Project& project) { return rejectedFiles(project); },
            [dialog](const QSet<QString>& files) { dialog->setRejected(files); });
    }
    dialog->open();
}

void GeneratePage::setMagnification(int index) {
    if (index >= 0 && index < 5) m_images->setMagnification(magnifications[index]);
}

} // namespace phloxine::ui
