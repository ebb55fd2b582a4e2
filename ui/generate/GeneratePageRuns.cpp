// The part of GeneratePage that starts, follows and ends runs.
#include <algorithm>
#include <cmath>

#include <QDesktopServices>
#include <QFileDialog>
#include <QLocale>
#include <QUrl>

#include "ui/bridge/error_text.h"
#include "ui/generate/ConditionPanel.h"
#include "ui/generate/FoundTissue.h"
#include "ui/generate/GalleryStrip.h"
#include "ui/generate/GeneratePage.h"
#include "ui/generate/GridDialog.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/NearestPictures.h"
#include "ui/generate/QueuePanel.h"
#include "ui/generate/RunErrorBar.h"
#include "ui/generate/RunFoot.h"
#include "ui/generate/SamplingPanel.h"
#include "ui/generate/TilePanel.h"
#include "ui/generate/VectorPanel.h"
#include "ui/generate/words.h"
#include "ui/regions/PlacedTiles.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"
#include "ui/regions/StartingPixelsPanel.h"
#include "ui/viewer/SlideView.h"

namespace phloxine::ui {

std::vector<GenerateRequest> GeneratePage::requests() const {
    GenerateRequest base;
    base.model = modelWord();
    m_sampling->writeTo(base);
    m_startingPixels->writeTo(base);
    switch (m_condition->kind()) {
    case ConditionKind::Text:
        base.prompt = m_condition->prompt().toStdString();
        base.negative = m_condition->negative().toStdString();
        return {base};
    case ConditionKind::Vectors:
        base.vector = m_condition->vectors().file().toStdString();
        base.magnification = m_condition->vectors().magnification();
        return {base};
    case ConditionKind::None:
        return {base};
    case ConditionKind::Classes:
        break;
    }
    std::vector<GenerateRequest> all;
    for (const QString& id : m_condition->selectedClasses()) {
        all.push_back(base);
        all.back().classId = id.toStdString();
    }
    return all;
}

// The same request again would only make the same tiles, so it gets a new seed, which is shown before the run.
void GeneratePage::freshSeedIfRepeated() {
    const auto wanted = requests();
    const auto made = [&](const GenerateRequest& request) {
        return std::any_of(m_jobs->rows().begin(), m_jobs->rows().end(),
                           [&](const JobRow& job) { return job.request == request && job.state != JobState::Failed; });
    };
    if (!wanted.empty() && std::all_of(wanted.begin(), wanted.end(), made)) m_sampling->drawSeed();
}

void GeneratePage::generateNow() {
    if (!m_bridge.queue() || !m_modelProblem.isEmpty() || !m_condition->whyNotReady().isEmpty()) return;
    freshSeedIfRepeated();
    for (const GenerateRequest& request : requests()) submit(request);
}

void GeneratePage::openGrid() {
    const auto wanted = requests();
    if (!m_bridge.queue() || !m_modelProblem.isEmpty() || !m_condition->whyNotReady().isEmpty() || wanted.empty()) return;
    auto* dialog = new GridDialog(wanted.front(), m_entry.card, m_jobs->secondsPerTile(wanted.front()), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &GridDialog::requested, this, [this](const std::vector<GenerateRequest>& all) {
        for (const GenerateRequest& request : all) submit(request);
    });
    connect(&m_bridge, &JobBridge::tile, dialog, [dialog](quint64, int, const TileRecord& record) { dialog->takeTile(record); });
    dialog->show(); // beside the page, where the tiles appear too
}

void GeneratePage::submit(const GenerateRequest& request) { m_jobs->enqueue(request); }

quint64 GeneratePage::give(const GenerateRequest& request) {
    if (!m_bridge.queue()) return 0;
    GenerateJob job;
    job.request = request;
    job.folder = tileFolder().toStdString();
    return m_bridge.queue()->submit(std::move(job));
}

void GeneratePage::pauseQueue(bool pause) {
    if (!pause) return m_jobs->resumeAll();
    m_jobs->pauseAll();
    stop(Stop::AfterTile);
}

void GeneratePage::stop(Stop how) {
    if (const JobRow* job = m_jobs->running(); job && m_bridge.queue()) m_bridge.queue()->stop(JobId(job->submitted), how);
}

void GeneratePage::stopNow() { stop(Stop::Now); }
void GeneratePage::stopAfterTile() { stop(Stop::AfterTile); }

void GeneratePage::removeJob(quint64 id) {
    const JobRow* job = m_jobs->find(id);
    if (!job) return;
    if (!job->open() || !job->submitted) m_jobs->remove(id);
    else if (m_bridge.queue()) m_bridge.queue()->stop(JobId(job->submitted), Stop::Now);
}

void GeneratePage::showFailure(quint64 id, const Failure& failure) {
    const JobRow* job = m_jobs->ofQueue(id);
    if (!job) return; // another part of the window submitted it and says so itself
    m_failed = *job;
    m_images->errorBar().showFailure(failure, job->tilesDone, job->request.count);
}

void GeneratePage::answer(ErrorAction action) {
    if (action == ErrorAction::OpenTileFolder) QDesktopServices::openUrl(QUrl::fromLocalFile(tileFolder()));
    if (!m_bridge.queue() || (action != ErrorAction::TryAgain && action != ErrorAction::FewerTiles)) return;
    if (action == ErrorAction::TryAgain && m_jobs->find(m_failed.id)) return m_jobs->retry(m_failed.id);
    GenerateRequest rest = m_failed.rest(); // goes on after the tiles that are saved, with their seeds unchanged
    if (action == ErrorAction::FewerTiles) rest.count = 1;
    rest.batch = 1, rest.place = 0;
    submit(rest);
}

void GeneratePage::jobsChanged() {
    m_gallery->setJobs(m_jobs->rows());
    m_queue->setJobs(m_jobs->rows(), m_jobs->paused());
    showFoot();
    showStatus();
}

void GeneratePage::showFoot() {
    const QString reason = m_modelProblem.isEmpty() ? m_condition->whyNotReady() : tr("A model is needed to start");
    if (const JobRow* job = m_jobs->running()) {
        const QString left = timeLeftText(*job);
        const QString tile = tr("Tile %1 of %2").arg(std::min(job->tilesDone + 1, job->request.count)).arg(job->request.count);
        return m_foot->setState(left.isEmpty() ? tile : tr("%1, %2", "tile of tiles, time left").arg(tile, left), true, reason);
    }
    const Cost now = cost();
    m_foot->setState(now.sentence, m_jobs->busy(), reason, m_jobs->busy() ? QString() : now.warning);
}

// "8 tiles, about 14 s, 0.6 GB". The memory, of the device that computes, is known for models whose description is read.
GeneratePage::Cost GeneratePage::cost() const {
    const auto wanted = requests();
    const int tiles = int(wanted.size()) * m_sampling->tiles();
    const double seconds = wanted.empty() ? 0 : m_jobs->secondsPerTile(wanted.front()) * tiles;
    const QString time = seconds > 0 ? tr("about %1").arg(durationText(seconds)) : tr("time known after the first");
    const auto size = m_sizes.find(m_entry.path.string());
    if (wanted.empty() || size == m_sizes.end() || !size->second) return {tr("%1, %2", "tiles, time").arg(tilesText(tiles), time), {}};
    auto request = wanted.front();
    if (request.device == "auto") request.device = deviceStatus().kind;
    const auto needed = std::uint64_t(estimateMemory(*size->second, m_entry.card, request).total());
    const auto free = m_freeMemory();
    Cost cost{tr("%1, %2, %3", "tiles, time, memory").arg(tilesText(tiles), time, memoryText(double(needed))), {}};
    if (free > 0 && needed > free)
        cost.warning = tr("About %1 are needed and %2 are free. The run may be slow or end early; finished tiles are kept.")
                           .arg(memoryText(double(needed)), memoryText(double(free)));
    return cost;
}

void GeneratePage::showStatus() {
    const JobRow* job = m_jobs->running();
    if (!job) return Q_EMIT statusChanged(QString(), -1);
    const QString tile = tr("Tile %1 of %2").arg(std::min(job->tilesDone + 1, job->request.count)).arg(job->request.count);
    Q_EMIT statusChanged(job->steps ? tr("%1, step %2 of %3").arg(tile).arg(job->step).arg(job->steps) : tile, job->fraction);
}

void GeneratePage::showCurrent() {
    const TileRecord* tile = m_gallery->current();
    m_tilePanel->showTile(tile);
    m_sampling->setRecyclable(tile != nullptr);
    if (tile) m_images->showTile(tile);
    showRealPixels();
    showWhyNotFind();
    showNearestPicture();
}

void GeneratePage::showNearestPicture() { m_nearest->ask(m_gallery->current()); }

void GeneratePage::askTrainingFolder() {
    const TileRecord* tile = m_gallery->current();
    if (!tile) return;
    auto* dialog = new QFileDialog(this, tr("Folder of the model's training tiles"));
    dialog->setObjectName(QStringLiteral("trainingFolderDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this, made = *tile](const QString& folder) {
        m_nearest->setFolder(made, folder);
        showNearestPicture();
    });
    dialog->open();
}

void GeneratePage::findTissue() {
    if (const QString reason = whyNotFind(); !reason.isEmpty()) return m_images->showNotice(reason);
    const TileRecord& tile = *m_gallery->current();
    m_found->search(tile, m_cards->of(tile.request).scale.micronsPerPixel);
}

QString GeneratePage::whyNotFind() const {
    const TileRecord* tile = m_gallery->current();
    if (!tile) return tr("Choose a tile to look for tissue like it");
    if (!m_images->slide().hasSlide()) return tr("Open a slide to look for tissue like this tile");
    if (!tile->scale.known() && !m_cards->of(tile->request).scale.known())
        return tr("The model states no scale, so sizes cannot be compared");
    return {};
}

void GeneratePage::showWhyNotFind() { m_tilePanel->setWhyNotFind(whyNotFind()); }

void GeneratePage::startRoundTrip() {
    SlideView& slide = m_images->slide();
    if (!m_bridge.queue() || !slide.hasSlide()) return;
    if (!m_modelProblem.isEmpty()) return m_regions->panel().say(Tone::Err, m_modelProblem);
    if (m_roundTrip) m_bridge.queue()->stop(JobId(m_roundTrip), Stop::Now); // this place is wanted instead
    const QRectF box = slide.tileFrameLevel0();
    RoundTripJob job;
    job.wish.model = modelWord();
    job.wish.slide = slide.slidePath().toStdString();
    job.wish.slideScale = slide.slideScale();
    job.wish.box = {box.left(), box.top(), box.right(), box.bottom()};
    m_roundTrip = m_bridge.queue()->submit(std::move(job));
    m_regions->panel().say(Tone::Info, m_jobs->busy() ? tr("The tissue in the box goes through the model when the run is done.")
                                                      : tr("The tissue in the box goes through the model and back."));
}

void GeneratePage::showRoundTrip(const QImage& picture, const RoundTrip& trip) {
    const QLocale locale;
    const QString psnr = std::isinf(trip.made.psnr) ? tr("equal") : tr("PSNR %1 dB").arg(locale.toString(trip.made.psnr, 'f', 1));
    const QString ssim = locale.toString(trip.made.ssim, 'f', 2);
    m_images->showRoundTrip(picture, trip.made.image.scale, tr("%1, SSIM %2", "PSNR, SSIM").arg(psnr, ssim));
    const QPointF middle(trip.place.x + trip.place.widthPx / 2, trip.place.y + trip.place.heightPx / 2);
    m_images->slide().setCentre(middle);
    m_images->setRealPixels(middle);
    m_regions->panel().say(Tone::Info,
                           tr("%1, SSIM %2 to the tissue itself. What is lost here, no tile of this model can show; see it with "
                              "Wipe, Flicker or Difference.",
                              "PSNR, SSIM")
                               .arg(psnr, ssim));
}

// A tile that is as large as the box and was made from this slide can be compared with it pixel by pixel.
void GeneratePage::showRealPixels() {
    const TileRecord* tile = m_gallery->current();
    if (!tile || !m_regions->placedTiles().isHere(tile->request.source)) return m_images->setRealPixels({});
    const SourceTissue& from = tile->request.source;
    const bool asBox = std::abs(m_images->slide().tileFrameLevel0().width() - from.widthPx) < 1;
    m_images->setRealPixels(asBox ? std::optional(QPointF(from.x + from.widthPx / 2, from.y + from.heightPx / 2)) : std::nullopt);
}

} // namespace phloxine::ui
