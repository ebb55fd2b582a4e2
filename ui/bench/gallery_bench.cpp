#include "ui/bench/gallery_bench.h"

#include <functional>

#include <QScrollBar>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "ui/bench/pane_bench.h"
#include "ui/bench/waiting.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/library/LibraryModel.h"
#include "ui/library/LibraryPage.h"
#include "ui/library/TileGallery.h"

namespace phloxine::ui {

namespace {

constexpr int galleryFrames = 200, galleryPatienceMs = 30'000;

void frame(FrameTimes& times, const std::function<void()>& work) {
    const auto start = Clock::now();
    const double cpu = threadCpuMs();
    work();
    times.cpu.push_back(threadCpuMs() - cpu);
    times.wall.push_back(msSince(start));
}

void expect(const std::function<bool()>& there) {
    if (!waitFor(there, galleryPatienceMs)) throw Error(ErrorCode::Internal, "The tiles of the project did not come within half a minute.");
}

bool allPicturesThere(const TileGallery& gallery) {
    const auto [first, behind] = gallery.shown();
    for (int i = first; i < behind; ++i) {
        bool exact = false;
        const auto* tile = gallery.model().record(i);
        if (!tile || (const_cast<TileGallery&>(gallery).thumbnails().picture(tile->id, &exact), !exact)) return false;
    }
    return behind > first;
}

} // namespace

GalleryFigures measureGallery(const QString& folder, int tiles) {
    GalleryFigures out;
    ProjectBridge project;
    LibraryPage page(project);
    page.resize(1920, 1080);
    page.show();
    auto& gallery = *page.findChild<TileGallery*>();
    const auto start = Clock::now();
    project.open(folder);
    expect([&] { return page.model().count() == tiles && page.model().record(0); });
    page.repaint();
    out.openMs = msSince(start);
    out.cards = gallery.shown().second - gallery.shown().first;
    // One frame: the bar moves, records and pictures are asked for, what came meanwhile is taken, and the whole gallery is drawn.
    auto& bar = *gallery.verticalScrollBar();
    for (int i = 0; i < galleryFrames; ++i) {
        const bool jump = i % 4 == 3;
        frame(jump ? out.jumping : out.scrolling, [&] {
            bar.setValue(jump ? int(double(bar.maximum()) * (i * 37 % galleryFrames) / galleryFrames) : bar.value() + 90);
            QCoreApplication::sendPostedEvents(); // the paint is among them
        });
        QCoreApplication::processEvents();
        QThread::msleep(2);
    }
    bar.setValue(bar.maximum() / 2);
    expect([&] { return allPicturesThere(gallery); });
    for (int i = 0; i < galleryFrames / 4; ++i) frame(out.still, [&] { gallery.viewport()->repaint(); });
    out.thumbnailBytes = gallery.thumbnails().bytes();
    return out;
}

Json toJson(const GalleryFigures& figures) {
    const auto note = "n = " + std::to_string(figures.scrolling.wall.size() + figures.jumping.wall.size()) + " frames, " +
                      std::to_string(figures.cards) + " cards";
    return Json::array({timesRow("library/window-open", {figures.openMs}, openBoundMs, "first screen of records"),
                        timesRow("library/scroll", figures.scrolling.wall, paintBoundMs, note),
                        timesRow("library/scroll-far", figures.jumping.wall, paintBoundMs, note),
                        timesRow("library/paint", figures.still.wall, paintBoundMs, "all pictures there")});
}

} // namespace phloxine::ui
