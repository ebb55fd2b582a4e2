#include "app/window/bench.h"

#include <cstdio>
#include <cstring>

#include <QFileInfo>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "ui/bench/gallery_bench.h"
#include "ui/bench/pane_bench.h"
#include "ui/bench/waiting.h"
#include "ui/bridge/JobBridge.h"
#include "ui/widgets/Theme.h"

namespace phloxine {

namespace {

constexpr int staleJumps = 200, startMs = 60'000;

// A run that makes tiles until it is let go.
class Generation {
public:
    Generation() {
        m_bridge.setQueue(&m_queue);
        bool denoising = false;
        QObject::connect(&m_bridge, &ui::JobBridge::preview, &m_bridge, [&] { denoising = true; });
        GenerateRequest request;
        const auto model = m_store->find({});
        request.model = model.card.id;
        request.classId = model.card.classes.front().id;
        request.count = 1000;
        m_queue.submit(GenerateJob{request, {}, true});
        if (!ui::waitFor([&] { return denoising; }, startMs)) throw Error(ErrorCode::Internal, "No tile was under way within a minute.");
        QObject::disconnect(&m_bridge, &ui::JobBridge::preview, nullptr, nullptr);
    }
    ~Generation() { m_queue.stopAll(Stop::Now); }

private:
    std::shared_ptr<ModelStore> m_store = std::make_shared<ModelStore>();
    ui::JobBridge m_bridge;
    JobQueue m_queue{m_store, m_bridge, {.nice = 10}};
};

Json measure(ui::MeasuringApplication& application, const QStringList& arguments) {
    if (arguments.value(0) == QLatin1String("gallery")) return toJson(ui::measureGallery(arguments.value(1), arguments.value(2).toInt()));
    Json rows = Json::array();
    const auto add = [&](const Json& more) { rows.insert(rows.end(), more.begin(), more.end()); };
    for (const QString& slide : arguments.mid(1)) {
        const auto name = "viewer/" + QFileInfo(slide).completeBaseName().toStdString();
        add(toJson(ui::measurePane(application, slide, [] { return std::make_shared<Generation>(); }), name));
    }
    rows.push_back(toJson(ui::findStaleTiles(staleJumps)));
    return rows;
}

} // namespace

bool asksForBench(int argc, char** argv) { return argc > 2 && std::strcmp(argv[1], "--bench") == 0; }

int runBench(int argc, char** argv) {
    if (!qEnvironmentVariableIsSet("DISPLAY") && !qEnvironmentVariableIsSet("WAYLAND_DISPLAY")) qputenv("QT_QPA_PLATFORM", "offscreen");
    ui::MeasuringApplication application(argc, argv);
    ui::applyTheme(ui::ThemeChoice::Light);
    try {
        std::puts(measure(application, QCoreApplication::arguments().mid(2)).dump().c_str());
        return 0;
    } catch (const Error& error) {
        std::puts(Json{{"error", error.what()}}.dump().c_str());
        return 1;
    }
}

} // namespace phloxine
