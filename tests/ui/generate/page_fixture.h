#pragma once
// A page on the embedded model, with a queue whose worker waits: nothing is computed, the tests say what the worker would.
#include <filesystem>
#include <memory>
#include <semaphore>

#include <QListWidget>
#include <QTemporaryDir>
#include <QtTest>

#include "ui/bridge/JobBridge.h"
#include "ui/generate/GeneratePage.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

class WaitingWorker : public JobEvents {
public:
    void started(JobId) override {
        m_release.acquire();
        throw Cancelled();
    }
    void release(int jobs) { m_release.release(jobs); }

private:
    std::counting_semaphore<1024> m_release{0};
};

inline TileRecord tileOf(const GenerateRequest& single, const QString& file = QStringLiteral("/tmp/tile.png")) {
    TileRecord record;
    record.image = QImage(64, 64, QImage::Format_RGB32);
    record.image.fill(Qt::magenta);
    record.thumbnail = record.image;
    record.request = single;
    record.seconds = 2;
    record.file = file;
    record.scale = {0.5, ScaleSource::Assumed};
    return record;
}

struct PageFixture {
    explicit PageFixture(bool waitingQueue = true) {
        if (waitingQueue) queue = std::make_unique<JobQueue>(store, worker);
        bridge.setQueue(queue.get());
        page = std::make_unique<GeneratePage>(store, bridge);
        page->resize(1280, 760);
        page->show();
    }
    ~PageFixture() {
        page.reset();
        worker.release(64);
    }
    template <typename Widget>
    Widget* find(const char* name) const {
        return page->findChild<Widget*>(QString::fromLatin1(name));
    }
    GenerateRequest addJob(quint64 id, int count, const char* classId = "lung_scc") {
        GenerateRequest request;
        request.classId = classId;
        request.count = count;
        request.seed = 412907733;
        request.sampler = "ddim";
        request.steps = 50;
        request.guidance = 2;
        page->jobs().add(id, request);
        return request;
    }
    void clickClass(int row, Qt::KeyboardModifiers modifiers = {}) const {
        auto* list = find<QListWidget>("classList");
        QTest::mouseClick(list->viewport(), Qt::LeftButton, modifiers, list->visualItemRect(list->item(row)).center());
    }

    std::shared_ptr<ModelStore> store =
        std::make_shared<ModelStore>(std::vector{std::filesystem::path(qgetenv("PHLOXINE_RESOURCES").toStdString()) / "models"});
    WaitingWorker worker;
    JobBridge bridge;
    std::unique_ptr<JobQueue> queue;
    std::unique_ptr<GeneratePage> page;
};

} // namespace phloxine::ui
