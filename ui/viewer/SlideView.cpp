#include "ui/viewer/SlideView.h"

#include <algorithm>
#include <cmath>

#include <QFileInfo>
#include <QLocale>
#include <QPushButton>
#include <QTimer>

#include <unistd.h>

#include "core/base/Error.h"
#include "ui/viewer/EmptyState.h"
#include "ui/viewer/SlideReader.h"
#include "ui/viewer/accessible_panes.h"

namespace phloxine::ui {

namespace {
constexpr int noticeableMs = 300; // below it, nothing is said about waiting
constexpr int retryMs = 2000;     // while the file of the slide is gone

// One sentence and what to do. The message of the error itself is for codes that have no better words here.
QString sentenceFor(ErrorCode code, const QString& name, const QString& message) {
    switch (code) {
    case ErrorCode::NotFound:
        return SlideView::tr("%1 was not found. It may have been moved or renamed.").arg(name);
    case ErrorCode::Unsupported:
        return SlideView::tr("%1 is not a slide or an image that Phloxine can read.").arg(name);
    case ErrorCode::Corrupt:
    case ErrorCode::Truncated:
        return SlideView::tr("%1 is damaged or incomplete. Copy it again from where it came from.").arg(name);
    case ErrorCode::OutOfMemory:
        return SlideView::tr("There is not enough memory to open %1.").arg(name);
    default:
        return message.isEmpty() ? SlideView::tr("%1 could not be opened.").arg(name) : message;
    }
}
} // namespace

SlideView::SlideView(QWidget* parent)
    : QWidget(parent), m_reader(new SlideReader(this)), m_empty(new EmptyState(QStringLiteral("microscope"), this)),
      m_cache(tileBudgetBytes(std::size_t(sysconf(_SC_PHYS_PAGES)) * std::size_t(sysconf(_SC_PAGESIZE)))) {
    setFocusPolicy(Qt::StrongFocus);
    setAcceptDrops(true);
    showAsGraphic();
    setAttribute(Qt::WA_OpaquePaintEvent);
    connect(m_empty->addButton(tr("Open slide...")), &QPushButton::clicked, this, &SlideView::openRequested);
    connect(m_empty->addButton(tr("Open sample slide")), &QPushButton::clicked, this, &SlideView::openSampleRequested);
    connectReader();
    m_retry.setInterval(retryMs);
    connect(&m_retry, &QTimer::timeout, this, [this] { // is the share there again?
        m_failed.clear();
        requestTiles();
    });
    showWelcome();
}

SlideView::~SlideView() = default;

void SlideView::connectReader() {
    connect(m_reader, &SlideReader::opened, this, &SlideView::showOpened);
    connect(m_reader, &SlideReader::openFailed, this, &SlideView::showOpenFailure);
    connect(m_reader, &SlideReader::tileRead, this, &SlideView::takeTile);
    connect(m_reader, &SlideReader::tileFailed, this, &SlideView::markFailed);
    connect(m_reader, &SlideReader::overviewRead, this, [this](int slide, const QImage& picture, const QImage& profiled) {
        if (slide != m_slide) return;
        m_overview = picture;
        m_profiledOverview = profiled;
        m_litOverview = lit(shownOverview(), m_light);
        m_frame.clear();
        update();
        Q_EMIT overviewReady();
    });
}

void SlideView::openSlide(const QString& path) {
    m_openingPath = path;
    m_opening = m_reader->open(path);
    setCursor(Qt::BusyCursor);
    QTimer::singleShot(noticeableMs, this, [this, opening = m_opening] {
        if (m_opening != opening) return;
        const QString text = tr("Opening %1...").arg(QFileInfo(m_openingPath).fileName());
        if (hasSlide()) m_notice = text;
        else showMessage(QStringLiteral("clock"), text, QString());
        update();
    });
}

void SlideView::closeSlide() {
    const double oldUnit = unit();
    m_reader->close();
    m_slide = m_opening = 0;
    m_cache.begin(0);
    m_frame.clear();
    m_pyramid = {};
    m_info = {};
    m_hasProfile = false;
    m_path.clear();
    m_overview = m_profiledOverview = m_litOverview = {};
    m_failed.clear();
    setFileGone(false);
    m_notice.clear();
    m_userScale = 0;
    unsetCursor();
    rescale(oldUnit);
    showWelcome();
    moved();
}

void SlideView::showOpened(int slide, const SlideInfo& info, bool hasProfile) {
    if (slide != m_opening) return;
    m_opening = 0;
    m_slide = slide;
    m_path = m_openingPath;
    m_info = info;
    m_hasProfile = hasProfile;
    m_pyramid = TilePyramid(info);
    m_cache.begin(slide);
    m_frame.clear();
    m_overview = m_profiledOverview = m_litOverview = {};
    m_failed.clear();
    m_badCount = 0;
    setFileGone(false);
    m_notice.clear();
    m_userScale = 0;
    unsetCursor();
    m_empty->hide();
    m_view.centre = QPointF(m_pyramid.width(), m_pyramid.height()) / 2 * unit();
    if (!m_zoomChosen) fitTile();
    moved();
    Q_EMIT opened();
}

void SlideView::showOpenFailure(int slide, ErrorCode code, const QString& message) {
    if (slide != m_opening) return;
    m_opening = 0;
    unsetCursor();
    const QString sentence = sentenceFor(code, QFileInfo(m_openingPath).fileName(), message);
    if (hasSlide()) m_notice = sentence;
    else showMessage(QStringLiteral("alert-circle"), tr("This slide cannot be opened"), sentence);
    update();
    Q_EMIT failed(sentence);
}

void SlideView::takeTile(const TileKey& key, const QImage& tile, int unreadable) {
    if (key.slide != m_slide || key.light != m_lightNumber) return;
    if (m_fileGone) { // it is back
        setFileGone(false);
        m_notice.clear();
    }
    m_cache.insert(key, tile);
    m_failed.erase(key);
    m_frame.outdate(TilePyramid::tileLevel0(key));
    if (unreadable > 0) countBad(unreadable);
    update();
}

void SlideView::markFailed(const TileKey& key, ErrorCode code) {
    if (key.slide != m_slide) return;
    const bool isNew = m_failed.insert(key).second;
    m_frame.outdate(TilePyramid::tileLevel0(key));
    update();
    if (code == ErrorCode::NotFound) {
        if (m_fileGone) return; // said once
        setFileGone(true);
        m_notice = tr("%1 is gone. What was already read stays visible; the rest follows when the file is back.").arg(slideName());
        Q_EMIT failed(m_notice);
    } else if (isNew) {
        countBad(1);
    }
}

void SlideView::setFileGone(bool gone) {
    m_fileGone = gone;
    if (gone) m_retry.start();
    else m_retry.stop();
}

void SlideView::countBad(int more) {
    m_badCount += more;
    Q_EMIT badTiles(m_badCount);
}

QString SlideView::slideName() const { return QString::fromStdString(m_info.name); }

Scale SlideView::slideScale() const { return m_userScale > 0 ? Scale{m_userScale, ScaleSource::User} : m_info.scale; }

void SlideView::setUserScale(double micronsPerPixel) {
    const double oldUnit = unit();
    m_userScale = std::isfinite(micronsPerPixel) && micronsPerPixel > 0 ? micronsPerPixel : 0;
    rescale(oldUnit);
    moved();
}

void SlideView::setViewMicronsPerPixel(double micronsPerPixel) {
    m_zoomChosen = true;
    zoomAbout(QPointF(width(), height()) / 2, micronsPerPixel);
}

QPointF SlideView::centre() const { return m_view.centre / unit(); }

void SlideView::setCentre(QPointF level0) {
    m_view.centre = level0 * unit();
    moved();
}

void SlideView::setTileFrame(int tilePx, double micronsPerPixel) {
    const double oldUnit = unit();
    m_tilePx = micronsPerPixel > 0 ? std::max(0, tilePx) : 0;
    m_tileMicronsPerPixel = m_tilePx > 0 ? micronsPerPixel : 0;
    rescale(oldUnit);
    if (!m_zoomChosen) fitTile();
    else moved();
}

QRectF SlideView::tileFrameLevel0() const {
    const double side = frameSideMicrometres() / unit();
    return {centre() - QPointF(side, side) / 2, QSizeF(side, side)};
}

QRectF SlideView::visibleLevel0() const {
    const QRectF visible = m_view.visible();
    return {visible.topLeft() / unit(), visible.size() / unit()};
}

QPointF SlideView::toScreen(QPointF level0) const { return m_view.toScreen(level0 * unit()); }

QPointF SlideView::toLevel0(QPointF screen) const { return m_view.toMicrometres(screen) / unit(); }

void SlideView::fitTile() {
    if (frameSideMicrometres() <= 0) return fitSlide();
    m_zoomChosen = false; // stays fitted when the pane or the tile changes
    m_view.micronsPerPixel = fittingMicronsPerPixel(size(), frameSideMicrometres());
    moved();
}

void SlideView::fitSlide() {
    m_zoomChosen = false;
    if (!hasSlide()) return;
    m_view.centre = QPointF(m_pyramid.width(), m_pyramid.height()) / 2 * unit();
    const QSizeF upright = m_view.orientation.turned(QSizeF(size()));
    const double across = m_pyramid.width() / std::max(16.0, upright.width()), down = m_pyramid.height() / std::max(16.0, upright.height());
    m_view.micronsPerPixel = std::max(across, down) * unit();
    moved();
}

void SlideView::setOrientation(Orientation orientation) {
    if (m_view.orientation == orientation) return;
    m_view.orientation = orientation;
    if (!m_zoomChosen && frameSideMicrometres() <= 0) fitSlide();
    else moved();
}

void SlideView::setLight(const ViewLight& light) {
    if (m_light != light) relight(light, m_profiled);
}

void SlideView::setColourProfile(bool used) {
    if (m_profiled != used) relight(m_light, used);
}

void SlideView::relight(const ViewLight& light, bool profiled) {
    const bool otherOverview = m_hasProfile && profiled != m_profiled;
    m_lightBefore = m_lightNumber++;
    m_light = light;
    m_profiled = profiled;
    m_litOverview = lit(shownOverview(), light);
    m_failed.clear();
    m_frame.clear();
    m_reader->setLight(m_lightNumber, light, profiled);
    moved();
    if (otherOverview) Q_EMIT overviewReady();
}

void SlideView::setGrid(bool shown) {
    m_grid = shown;
    update();
}

void SlideView::setOver(const Over& over) {
    m_over = over;
    update();
}

std::vector<TileKey> SlideView::covering(const QRectF& level0, int level) const {
    std::vector<TileKey> keys = m_pyramid.covering(level0, level, m_slide);
    for (TileKey& key : keys) key.light = m_lightNumber;
    return keys;
}

int SlideView::pendingTiles() const {
    int pending = m_opening != 0 ? 1 : 0;
    for (const TileKey& key : visibleTiles())
        if (!m_cache.contains(key) && !m_failed.contains(key)) ++pending;
    return pending;
}

double SlideView::unit() const {
    const Scale scale = slideScale();
    if (scale.known()) return scale.micronsPerPixel;
    return m_tileMicronsPerPixel > 0 ? m_tileMicronsPerPixel : 1; // pixel for pixel beside the tile
}

double SlideView::frameSideMicrometres() const { return m_tilePx * m_tileMicronsPerPixel; }

void SlideView::rescale(double oldUnit) { m_view.centre *= unit() / oldUnit; }

double SlideView::allowedZoom(double micronsPerPixel) const {
    constexpr double closest = 1.0 / 32;   // 32 screen pixels for one of the slide
    constexpr double smallestSlidePx = 64; // the whole slide is never drawn smaller
    if (!hasSlide()) return std::clamp(micronsPerPixel, 1e-3, 1e4);
    const double longest = std::max(m_pyramid.width(), m_pyramid.height());
    return std::clamp(micronsPerPixel, closest * unit(), std::max(1.0, longest / smallestSlidePx) * unit());
}

void SlideView::moved() {
    m_view.size = size();
    m_view.micronsPerPixel = allowedZoom(m_view.micronsPerPixel);
    if (hasSlide()) // the middle of the view stays on the slide
        m_view.centre = {std::clamp(m_view.centre.x(), 0.0, m_pyramid.width() * unit()),
                         std::clamp(m_view.centre.y(), 0.0, m_pyramid.height() * unit())};
    requestTiles();
    describe();
    update();
    Q_EMIT viewChanged();
}

int SlideView::sharpLevel() const { return m_pyramid.levelFor(m_view.micronsPerPixel / unit() / devicePixelRatioF()); }

std::vector<TileKey> SlideView::visibleTiles() const {
    if (!hasSlide()) return {};
    const double pixel = m_view.micronsPerPixel / unit(); // painting moves the picture by up to half a pixel
    return covering(visibleLevel0().adjusted(-pixel, -pixel, pixel, pixel), sharpLevel());
}

// Coarse ones first so that something is there at once, then the sharp ones from the middle, then the ring that panning uncovers next.
void SlideView::requestTiles() {
    if (!hasSlide()) return;
    const int sharp = sharpLevel();
    const QRectF visible = visibleLevel0();
    std::vector<TileKey> wanted;
    const auto add = [&](const std::vector<TileKey>& keys) {
        for (const TileKey& key : keys)
            if (!m_cache.contains(key) && !m_failed.contains(key) && std::find(wanted.begin(), wanted.end(), key) == wanted.end())
                wanted.push_back(key);
    };
    const std::vector<TileKey> sharpTiles = visibleTiles();
    const bool sharpThere = std::all_of(sharpTiles.begin(), sharpTiles.end(), [&](const TileKey& key) { return m_cache.contains(key); });
    if (const auto coarse = m_pyramid.quickCoarserLevel(sharp); coarse && !sharpThere) add(covering(visible, *coarse));
    add(sharpTiles);
    const double ring = 0.5 * tileSidePx * std::exp2(sharp);
    add(covering(visible.adjusted(-ring, -ring, ring, ring), sharp));
    m_reader->request(m_slide, wanted);
}

void SlideView::zoomAbout(QPointF screen, double micronsPerPixel) {
    if (!std::isfinite(micronsPerPixel) || micronsPerPixel <= 0) return;
    m_view.size = size();
    const QPointF before = m_view.centre;
    m_view.zoomAbout(screen, allowedZoom(micronsPerPixel));
    moved();
    if (m_view.centre != before) Q_EMIT panned(m_view.centre - before);
}

void SlideView::showMessage(const QString& icon, const QString& title, const QString& text) {
    m_empty->setText(icon, title, text);
    m_empty->show();
    describe();
}

void SlideView::showWelcome() {
    showMessage(QStringLiteral("microscope"), tr("Open a slide to compare"),
                tr("Or drop a slide file here. It is shown at the same µm per pixel as the tile."));
}

void SlideView::describe() {
    QString name, description;
    if (!hasSlide()) {
        name = tr("Real slide, none open");
        description = m_empty->title() + QLatin1Char(' ') + m_empty->text();
    } else if (const Scale scale = slideScale(); scale.known()) {
        name = tr("Real slide %1, %2 µm per pixel, %3 µm wide")
                   .arg(slideName(), QLocale().toString(scale.micronsPerPixel, 'f', 2),
                        QLocale().toString(std::lround(m_view.visible().width())));
        description = tr("Arrow keys move, plus and minus zoom, 0 fits the tile, 1 to 5 choose a magnification.");
    } else {
        name =
            tr("Real slide %1, scale unknown, %2 pixels wide").arg(slideName(), QLocale().toString(std::lround(visibleLevel0().width())));
        description = tr("Arrow keys move, plus and minus zoom, 0 fits the tile, 1 to 5 choose a magnification.");
    }
    if (accessibleName() != name) setAccessibleName(name);
    if (accessibleDescription() != description) setAccessibleDescription(description);
}

} // namespace phloxine::ui
