#pragma once
// The wall between the worker thread and the window. The queue reports here on the worker thread; the signals arrive on the thread of
// this object, with values that nobody changes any more. Pictures are converted and shrunk on the worker thread.
// Create it before the queue and destroy it after: JobQueue queue(store, bridge); bridge.setQueue(&queue).
#include <memory>

#include <QImage>
#include <QObject>

#include "core/job/JobQueue.h"
#include "core/measure/CompareReport.h"
#include "ui/bridge/ModelFindings.h"
#include "ui/bridge/TileRecord.h"
#include "ui/bridge/TrainingMemory.h"

namespace phloxine::ui {

class JobBridge : public QObject {
    Q_OBJECT
public:
    explicit JobBridge(QObject* parent = nullptr);
    ~JobBridge() override;

    // What the queue reports to. A part and not a base: its functions would overload the signals of the same names.
    JobEvents& events();
    operator JobEvents&() { return events(); } // NOLINT(google-explicit-constructor): a bridge is given where events are wanted

    void setQueue(JobQueue* queue) { m_queue = queue; }
    JobQueue* queue() { return m_queue; }

Q_SIGNALS:
    void started(quint64 id);
    void progress(quint64 id, const QString& stage, double fraction);
    void preview(quint64 id, const QImage& image, int tile, int step, int steps, double micronsPerPixel);
    void tile(quint64 id, int index, const phloxine::ui::TileRecord& record);
    void nearest(quint64 id, int index, const phloxine::NearestTraining& nearest);
    void notice(quint64 id, const QString& sentence);
    void inspected(quint64 id, const phloxine::ui::ModelFindings& findings);
    void modelAdded(quint64 id, const QString& modelId, const QString& folder);
    void compared(quint64 id, std::shared_ptr<const phloxine::CompareReport> report);
    void trained(quint64 id, const phloxine::TrainingReport& report);
    void estimated(quint64 id, const phloxine::ui::TrainingMemory& memory);
    void tissueFound(quint64 id, std::shared_ptr<const phloxine::FoundTissue> found);
    void nearestPicture(quint64 id, const QImage& picture, const QString& name);
    void wentRound(quint64 id, const QImage& picture, const phloxine::RoundTrip& trip);
    void finished(quint64 id);
    void cancelled(quint64 id);
    void failed(quint64 id, const phloxine::ui::Failure& failure);

private:
    class Worker;
    std::unique_ptr<Worker> m_worker;
    JobQueue* m_queue = nullptr;
};

} // namespace phloxine::ui
