#include "ui/bench/pane_bench.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "ui/bench/waiting.h"
#include "ui/viewer/SlideReader.h"
#include "ui/viewer/SlideView.h"

namespace phloxine::ui {

namespace {

constexpr QSize paneSize(1920, 1080);
constexpr int frames = 120, timedJumps = 20, patienceMs = 60'000;
constexpr double syntheticMpp = 0.25;

class Pane : public SlideView {
public:
    explicit Pane(QSize size) {
        resize(size);
        show();
    }

    double open(const QString& path) { // milliseconds to the first picture
        const auto start = Clock::now();
        bool there = false, failed = false;
        const auto one = connect(this, &SlideView::overviewReady, this, [&] { there = true; });
        const auto two = connect(this, &SlideView::failed, this, [&] { failed = true; });
        openSlide(path);
        const bool came = waitFor([&] { return there || failed; }, patienceMs) && there;
        repaint();
        disconnect(one), disconnect(two);
        if (!came) throw Error(ErrorCode::NotFound, "The slide " + path.toStdString() + " shows no picture; it cannot be measured.");
        return msSince(start);
    }

    void settle() {
        if (!waitFor([this] { return pendingTiles() == 0; }, patienceMs))
            throw Error(ErrorCode::Internal, "The tiles of a slide did not come within a minute.");
    }

    void jump(Dice& dice) {
        const QSizeF all = slideSize();
        setCentre({std::floor(dice.uniform() * all.width()), std::floor(dice.uniform() * all.height())});
    }

    // Each frame is one step of `move` and the painting that follows, all tiles in the cache.
    std::vector<double> frameTimes(const std::function<void(int)>& move) {
        std::vector<double> out;
        for (int i = 0; i < frames; ++i) {
            const auto start = Clock::now();
            move(i);
            repaint();
            out.push_back(msSince(start));
        }
        return out;
    }

    std::vector<double> moves() { // to and fro by up to 48 pixels a frame
        const QPointF middle = centre();
        const double pixel = viewMicronsPerPixel() / micrometresPerLevel0();
        auto out = frameTimes([&](int i) { setCentre(middle + QPointF(std::sin(i * 0.4), std::cos(i * 0.3)) * 120 * pixel); });
        setCentre(middle);
        return out;
    }

    std::vector<double> zooms() { // in and out within what is read
        const double before = viewMicronsPerPixel();
        auto out = frameTimes([&](int i) { setViewMicronsPerPixel(before * (1 - 0.2 * std::abs(std::sin(i * 0.1)))); });
        setViewMicronsPerPixel(before);
        return out;
    }
};

// Squares of 64 px of the pane that do not show what the slide has there, at one slide pixel per screen pixel.
void compareSquares(Pane& pane, SlideSource& source, StaleTiles& out) {
    constexpr int side = 64, edge = 128; // the chips lie at the lower edge
    const QRectF seen = pane.visibleLevel0();
    const QPoint corner(int(std::lround(seen.left())), int(std::lround(seen.top())));
    const QImage shown = pane.grab().toImage();
    const Image expected = source.read(0, corner.x(), corner.y(), pane.width(), pane.height());
    const QRect slide(QPoint(0, 0), pane.slideSize().toSize());
    const auto same = [&](int left, int top) {
        for (int y = top; y < top + side; y += 7)
            for (int x = left; x < left + side; x += 7) {
                const QRgb a = shown.pixel(x, y);
                const auto* b = expected.pixel(x, y);
                if (qRed(a) != b[0] || qGreen(a) != b[1] || qBlue(a) != b[2]) return false;
            }
        return true;
    };
    for (int top = side; top + edge < pane.height(); top += side)
        for (int left = side; left + edge < pane.width(); left += side)
            if (slide.contains(QRect(corner + QPoint(left, top), QSize(side, side)))) {
                ++out.squares;
                out.wrong += !same(left, top);
            }
}

} // namespace

double percentile(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, std::size_t(part * double(values.size())))];
}

Json timesRow(const std::string& name, const std::vector<double>& ms, double boundMs, const std::string& note) {
    const double p95 = percentile(ms, 0.95);
    char bound[64];
    std::snprintf(bound, sizeof bound, "; bound %g ms, %s", boundMs, p95 <= boundMs ? "kept" : "not kept");
    return {{"name", name},
            {"seconds_min", percentile(ms, 0) / 1000},
            {"seconds_median", percentile(ms, 0.5) / 1000},
            {"seconds_p95", p95 / 1000},
            {"note", note + bound}};
}

PaneFigures measurePane(MeasuringApplication& application, const QString& slide, const std::function<std::shared_ptr<void>()>& work) {
    PaneFigures out;
    Pane pane(paneSize);
    application.startMeasuring();
    out.firstPicture = pane.open(slide);
    pane.setViewMicronsPerPixel(pane.micrometresPerLevel0() * 1.3); // between the pixels: the dearest zoom
    pane.settle();
    pane.moves(); // reads what they uncover
    pane.settle();
    out.moving = pane.moves();
    out.zooming = pane.zooms();
    {
        const auto busy = work();
        out.movingAtWork = pane.moves();
    }
    pane.setOrientation({1, true});
    pane.settle();
    pane.moves();
    pane.settle();
    out.turned = pane.moves();
    pane.setOrientation({});
    Dice dice(3);
    for (int i = 0; i < timedJumps; ++i) {
        const auto start = Clock::now();
        pane.jump(dice);
        pane.settle();
        pane.repaint();
        out.jumps.push_back(msSince(start));
    }
    application.stopMeasuring();
    if (!application.slowest().empty()) {
        out.slowestHandlerCpu = application.slowest().front().milliseconds;
        out.slowestHandler = application.slowest().front().what;
    }
    out.handlerP99 = percentile({application.wallMs().begin(), application.wallMs().end()}, 0.99);
    out.keptBytes = pane.cachedBytes();
    out.keptBound = pane.cacheBudget() + (std::size_t(64) << 20);
    return out;
}

StaleTiles findStaleTiles(int jumps) {
    constexpr std::array<const char*, 2> slides = {"synthetic:40000x30000", "synthetic:100000x100000"};
    constexpr int jumpsBetweenSlides = 50, jumpsBetweenPictures = 10;
    StaleTiles out;
    Pane pane(QSize(801, 601)); // odd: the middle of the pane is the middle of a pixel, and the corner of the view a whole pixel
    pane.resize(800, 600);
    std::unique_ptr<SlideSource> source;
    Dice dice(7);
    for (; out.jumps < jumps; ++out.jumps) {
        if (out.jumps % jumpsBetweenSlides == 0) {
            const auto* slide = slides[std::size_t(out.jumps / jumpsBetweenSlides) % slides.size()];
            pane.open(QString::fromLatin1(slide));
            source = openSource(QString::fromLatin1(slide));
        }
        pane.setViewMicronsPerPixel(syntheticMpp);
        pane.jump(dice);
        QThread::msleep(std::uint32_t(out.jumps % 3));
        QCoreApplication::processEvents();
        if (out.jumps % jumpsBetweenPictures != jumpsBetweenPictures - 1) continue;
        pane.settle(); // after a while of jumps the picture must be that of the last one
        compareSquares(pane, *source, out);
        ++out.pictures;
    }
    return out;
}

Json toJson(const PaneFigures& figures, const std::string& name) {
    char handler[160], kept[96];
    std::snprintf(handler, sizeof handler, "p99 of the wall time; slowest by processor time %.1f ms (%s); bound %g ms, %s",
                  figures.slowestHandlerCpu, qPrintable(figures.slowestHandler), handlerBoundMs,
                  figures.slowestHandlerCpu <= handlerBoundMs ? "kept" : "not kept");
    std::snprintf(kept, sizeof kept, "%.0f MiB of tiles; bound %zu MiB, %s", double(figures.keptBytes) / (1 << 20), figures.keptBound >> 20,
                  figures.keptBytes <= figures.keptBound ? "kept" : "not kept");
    const auto frames = "n = " + std::to_string(figures.moving.size());
    return Json::array({timesRow(name + "/first-picture", {figures.firstPicture}, openBoundMs, "n = 1"),
                        timesRow(name + "/paint-moving", figures.moving, paintBoundMs, frames),
                        timesRow(name + "/paint-zooming", figures.zooming, paintBoundMs, frames),
                        timesRow(name + "/paint-at-work", figures.movingAtWork, paintBoundMs, frames + ", while tiles are made"),
                        timesRow(name + "/paint-turned", figures.turned, paintBoundMs, frames),
                        timesRow(name + "/jump", figures.jumps, jumpBoundMs, "n = " + std::to_string(figures.jumps.size())),
                        Json{{"name", name + "/handlers"}, {"seconds_p95", figures.handlerP99 / 1000}, {"note", handler}},
                        Json{{"name", name + "/cache"}, {"peak_memory_bytes", figures.keptBytes}, {"note", kept}}});
}

Json toJson(const StaleTiles& stale) {
    char note[160];
    std::snprintf(note, sizeof note, "%d jumps, %d pictures, %d squares compared, %d of another place; bound 0, %s", stale.jumps,
                  stale.pictures, stale.squares, stale.wrong, stale.wrong == 0 ? "kept" : "not kept");
    return {{"name", "viewer/stale-tiles"}, {"note", note}};
}

} // namespace phloxine::ui
