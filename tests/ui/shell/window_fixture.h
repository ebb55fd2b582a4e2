#pragma once
// The whole window on an idle worker.
#include <memory>

#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "ui/bridge/JobBridge.h"
#include "ui/shell/MainWindow.h"

namespace phloxine::ui {

struct Window {
    std::shared_ptr<ModelStore> store = std::make_shared<ModelStore>();
    JobBridge bridge;
    JobQueue queue{store, bridge};
    MainWindow window{store, bridge};
    Window() { bridge.setQueue(&queue); }
};

} // namespace phloxine::ui
