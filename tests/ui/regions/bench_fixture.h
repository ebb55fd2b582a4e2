#pragma once
// A slide view with regions on it, and a project folder to keep them in.
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/Json.h"
#include "core/model/ModelStore.h"
#include "tests/ui/viewer/viewer_support.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"

namespace phloxine::ui {

inline ModelCard embeddedCard() {
    const ModelStore store(std::vector{std::filesystem::path(qgetenv("PHLOXINE_RESOURCES").toStdString()) / "models"});
    return store.list().front().card;
}

struct BenchFixture {
    explicit BenchFixture(const QString& project = {}, const QString& slide = synthetic) : card(embeddedCard()) {
        view.setTileFrame(card.tileSizePx, card.scale.micronsPerPixel);
        view.resize(500, 400);
        bench = std::make_unique<RegionBench>(view, &window);
        bench->setCard(card);
        bench->setFolder([this] { return folder.filePath(QStringLiteral("inputs")); });
        if (!project.isEmpty()) {
            bridge.open(project);
            bench->setProject(bridge);
        }
        window.resize(280, 600);
        window.show();
        view.show();
        ok = project.isEmpty() || QTest::qWaitFor([this] { return bridge.isOpen(); }, 20000);
        ok = ok && open(slide);
    }
    ~BenchFixture() { bench.reset(); }

    bool open(const QString& path) {
        QSignalSpy spy(&view, &SlideView::opened);
        view.openSlide(path);
        return spy.wait(20000) && settle();
    }
    bool settle() {
        return QTest::qWaitFor([this] { return !bench->busy(); }, 30000);
    }
    QPoint at(double x, double y) const { return view.toScreen({x, y}).toPoint(); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(&view, key, modifiers); }
    RegionDocument& document() { return bench->document(); }
    QString said() { return bench->panel().said(); }
    template <typename Widget>
    Widget* find(const char* name) {
        return window.findChild<Widget*>(QString::fromLatin1(name));
    }

    ModelCard card;
    QTemporaryDir folder;
    ProjectBridge bridge;
    QWidget window; // parent of the panel
    SlideView view;
    std::unique_ptr<RegionBench> bench;
    bool ok = false;
};

inline bool near(double value, double expected, double tolerance) { return std::abs(value - expected) <= tolerance; }

} // namespace phloxine::ui
