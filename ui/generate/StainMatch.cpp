#include "ui/generate/StainMatch.h"

#include <algorithm>
#include <cmath>

#include <QTimer>

#include "core/slide/SlideSource.h"
#include "ui/viewer/SlideView.h"

namespace phloxine::ui {

namespace {

constexpr int restMs = 300, readPx = 192; // of the box: enough for a mean

Image readBox(const std::filesystem::path& file, const QRectF& box) {
    const auto slide = withScale(openSlide(file), {1, ScaleSource::User}); // pixel for pixel: only shares of the box count
    const double step = std::max(1.0, box.width() / readPx);
    const int side = std::max(1, int(std::lround(box.width() / step)));
    return readRegion(*slide, std::llround(box.left()), std::llround(box.top()), side, side, step);
}

} // namespace

StainMatch::StainMatch(SlideView& slide, QObject* parent) : QObject(parent), m_slide(slide), m_rest(new QTimer(this)) {
    m_rest->setSingleShot(true);
    m_rest->setInterval(restMs);
    connect(m_rest, &QTimer::timeout, this, &StainMatch::read);
    connect(&m_slide, &SlideView::viewChanged, this, &StainMatch::moved);
    connect(&m_slide, &SlideView::opened, this, &StainMatch::moved);
}

bool StainMatch::pending() const { return m_rest->isActive() || m_stop != nullptr; }

void StainMatch::setOn(bool on) {
    if (m_on == on) return;
    m_on = on;
    m_box = {};
    m_rest->stop();
    if (m_stop) *m_stop = true;
    m_stop.reset();
    if (on) read();
    else take({}, {});
}

// What was read stays until the pane rests: the tile does not flicker while the slide is moved.
void StainMatch::moved() {
    if (m_on && (m_slide.tileFrameLevel0() != m_box || m_slide.slidePath() != m_path)) m_rest->start();
}

void StainMatch::read() {
    if (m_stop) *m_stop = true;
    m_stop.reset();
    m_box = m_slide.tileFrameLevel0(), m_path = m_slide.slidePath();
    if (!m_slide.hasSlide()) return take({}, tr("Open a slide to match its stain"));
    if (m_box.isEmpty()) return take({}, tr("The model states no scale, so no place of the slide belongs to the tile"));
    m_stop = m_background.run([file = std::filesystem::path(m_path.toStdString()),
                               box = m_box](const Background::Stop&) { return stainLook(readBox(file, box)); },
                              [this](const std::optional<StainLook>& look) {
                                  m_stop.reset();
                                  take(look, look ? QString() : tr("There is no stained tissue under the box"));
                              },
                              [this](const Failure& failure) {
                                  m_stop.reset();
                                  take({}, failure.message);
                              });
}

void StainMatch::take(const std::optional<StainLook>& look, const QString& problem) {
    m_look = look;
    m_problem = problem;
    Q_EMIT changed();
}

} // namespace phloxine::ui
