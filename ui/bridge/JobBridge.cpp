#include "ui/bridge/JobBridge.h"

#include <atomic>
#include <chrono>

#include "core/train/memory_estimate.h"
#include "ui/viewer/TilePyramid.h"

namespace phloxine::ui {

namespace {
using Clock = std::chrono::steady_clock;
constexpr auto shortestInterval = std::chrono::milliseconds(67); // at most 15 reports a second

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

// Lets something pass when the last time it passed is long enough ago.
class Throttle {
public:
    bool pass() {
        const auto now = Clock::now();
        if (m_used && now - m_last < shortestInterval) return false;
        m_used = true;
        m_last = now;
        return true;
    }
    void reset() { m_used = false; }

private:
    Clock::time_point m_last;
    bool m_used = false;
};

TileRecord recordOf(const Tile& tile, const std::filesystem::path& file) {
    TileRecord record;
    record.image = toQImage(tile.image);
    record.thumbnail = record.image.scaled(thumbnailSidePx, thumbnailSidePx, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    record.request = tile.request;
    record.seconds = tile.seconds;
    record.file = text(file.string());
    record.scale = tile.image.scale;
    return record;
}
} // namespace

// Lives on the worker thread, but for the counter of previews that the window has not taken yet.
class JobBridge::Worker : public JobEvents {
public:
    explicit Worker(JobBridge& bridge) : m_bridge(bridge) {}

    void started(JobId id) override {
        m_progress.reset();
        m_preview.reset();
        m_stage.clear();
        post([this, id] { Q_EMIT m_bridge.started(id); });
    }
    void progress(JobId id, const Progress& progress) override {
        const bool newStage = progress.stage != m_stage; // a new stage is always said
        if (!m_progress.pass() && !newStage) return;
        m_stage = progress.stage;
        post([this, id, stage = text(progress.stage), fraction = progress.fraction] { Q_EMIT m_bridge.progress(id, stage, fraction); });
    }
    void preview(JobId id, const TilePreview& preview) override {
        if (m_previewsUnderWay > 0 || !m_preview.pass()) return; // a busy window gets fewer, not a growing line of them
        ++m_previewsUnderWay;
        const QImage image = toQImage(preview.image);
        const double mpp = preview.image.scale.micronsPerPixel;
        post([this, id, image, mpp, tile = preview.tile, step = preview.step, steps = preview.steps] {
            --m_previewsUnderWay;
            Q_EMIT m_bridge.preview(id, image, tile, step, steps, mpp);
        });
    }
    void tile(JobId id, int index, const Tile& tile, const std::filesystem::path& file) override {
        post([this, id, index, record = recordOf(tile, file)] { Q_EMIT m_bridge.tile(id, index, record); });
    }
    void nearest(JobId id, int index, const NearestTraining& nearest) override {
        post([this, id, index, nearest] { Q_EMIT m_bridge.nearest(id, index, nearest); });
    }
    void notice(JobId id, const std::string& sentence) override {
        post([this, id, sentence = text(sentence)] { Q_EMIT m_bridge.notice(id, sentence); });
    }
    void inspected(JobId id, const ModelReport& report) override {
        post([this, id, findings = findingsOf(report)] { Q_EMIT m_bridge.inspected(id, findings); });
    }
    void modelAdded(JobId id, const ModelEntry& entry) override {
        post([this, id, modelId = text(entry.card.id), folder = text(entry.path.string())] {
            Q_EMIT m_bridge.modelAdded(id, modelId, folder);
        });
    }
    void compared(JobId id, std::shared_ptr<const CompareReport> report) override {
        post([this, id, report = std::move(report)] { Q_EMIT m_bridge.compared(id, report); });
    }
    void trained(JobId id, const TrainingReport& report) override {
        post([this, id, report] { Q_EMIT m_bridge.trained(id, report); });
    }
    void estimated(JobId id, const MemoryEstimate& estimate) override {
        TrainingMemory memory;
        memory.weights = estimate.weights + estimate.means, memory.optimiser = estimate.optimiser + estimate.gradients;
        memory.activations = estimate.total() - memory.weights - memory.optimiser;
        post([this, id, memory] { Q_EMIT m_bridge.estimated(id, memory); });
    }
    void tissueFound(JobId id, std::shared_ptr<const FoundTissue> found) override {
        post([this, id, found = std::move(found)] { Q_EMIT m_bridge.tissueFound(id, found); });
    }
    void nearestPicture(JobId id, const TrainingPicture& found) override {
        post([this, id, picture = toQImage(found.picture), name = text(found.name)] { Q_EMIT m_bridge.nearestPicture(id, picture, name); });
    }
    void wentRound(JobId id, const RoundTrip& trip) override {
        post([this, id, picture = toQImage(trip.made.image), trip] { Q_EMIT m_bridge.wentRound(id, picture, trip); });
    }
    void finished(JobId id) override {
        post([this, id] { Q_EMIT m_bridge.finished(id); });
    }
    void cancelled(JobId id) override {
        post([this, id] { Q_EMIT m_bridge.cancelled(id); });
    }
    void failed(JobId id, const JobFailure& failure) override {
        const Failure copy{failure.code, text(failure.message), text(failure.context)};
        post([this, id, copy] { Q_EMIT m_bridge.failed(id, copy); });
    }

private:
    // Reports that are still under way when the bridge goes are dropped with it.
    template <typename Report>
    void post(Report report) {
        QMetaObject::invokeMethod(&m_bridge, std::move(report), Qt::QueuedConnection);
    }

    JobBridge& m_bridge;
    Throttle m_progress, m_preview;
    std::string m_stage;
    std::atomic<int> m_previewsUnderWay = 0;
};

JobBridge::JobBridge(QObject* parent) : QObject(parent), m_worker(std::make_unique<Worker>(*this)) {}
JobBridge::~JobBridge() = default;
JobEvents& JobBridge::events() { return *m_worker; }

} // namespace phloxine::ui
