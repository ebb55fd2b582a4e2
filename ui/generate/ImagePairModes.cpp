// How ImagePair lays the tile over the slide, and the keys and controls for that and for the light.
#include <algorithm>
#include <cmath>

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPushButton>
#include <QShortcut>
#include <QSlider>
#include <QStandardItemModel>
#include <QTimer>

#include "ui/generate/ImagePair.h"
#include "ui/generate/StainMatch.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/keys.h"

namespace phloxine::ui {

namespace {
constexpr int paneRow = 5; // of the grid
constexpr double slowestHz = 1, fastestHz = 3;
} // namespace

void ImagePair::makeModes(QWidget& bar) {
    auto& row = *static_cast<QHBoxLayout*>(bar.layout());
    m_modes = new QComboBox(&bar);
    m_modes->setObjectName(QStringLiteral("pairModes"));
    m_modes->setAccessibleName(tr("How tile and slide are shown"));
    m_modes->addItems({tr("Side by side"), tr("Wipe"), tr("Flicker"), tr("Overlay"), tr("Difference")});
    m_amount = new QSlider(Qt::Horizontal, &bar);
    m_amount->setObjectName(QStringLiteral("pairAmount"));
    m_amount->setRange(0, 100);
    m_amount->setPageStep(10);
    m_amount->setFixedWidth(88);
    auto* lightButton = new QPushButton(tr("Light\u2026"), &bar);
    lightButton->setObjectName(QStringLiteral("lightButton"));
    lightButton->setToolTip(tr("Brightness, contrast, stains, turning and grid of both panes"));
    m_light = new LightPanel(this);
    m_flicker = new QTimer(this);
    m_stopFlicker = new QShortcut(Qt::Key_Escape, this); // before whatever else Esc leaves: a flickering picture must stop at once
    m_stopFlicker->setContext(Qt::WindowShortcut);
    m_stopFlicker->setEnabled(false);
    connect(m_stopFlicker, &QShortcut::activated, this, [this] { setMode(PairMode::SideBySide); });
    row.addWidget(m_modes);
    row.addWidget(m_amount);
    row.addWidget(lightButton);
    row.addSpacing(4);
    m_amount->hide();
    setRealPixels({});
    connect(m_modes, &QComboBox::activated, this, [this](int index) { setMode(PairMode(index)); });
    connect(m_amount, &QSlider::valueChanged, this, &ImagePair::showOver);
    connect(m_light, &LightPanel::changed, this, &ImagePair::showLight);
    connect(lightButton, &QPushButton::clicked, this, [this, lightButton] {
        m_light->adjustSize();
        m_light->move(lightButton->mapToGlobal(QPoint(lightButton->width() - m_light->width(), lightButton->height() + 4)));
        m_light->QWidget::show();
    });
    connect(m_flicker, &QTimer::timeout, this, [this] {
        m_phase = !m_phase;
        showOver();
    });
    connect(m_slide, &SlideView::viewChanged, this, [this] {
        if (m_mode != PairMode::Difference || !m_realPixels) return;
        const QPointF away = m_slide->centre() - *m_realPixels;
        if (std::hypot(away.x(), away.y()) > 0.5) setMode(PairMode::SideBySide);
    });
    m_slide->installEventFilter(this); // the line of the wipe
    m_tile->installEventFilter(this);  // Esc, which the panes themselves leave alone, and the Space that they do not know
}

void ImagePair::setRealPixels(std::optional<QPointF> centre) {
    m_realPixels = centre;
    const bool are = centre.has_value();
    auto* item = static_cast<QStandardItemModel*>(m_modes->model())->item(int(PairMode::Difference));
    item->setEnabled(are);
    item->setToolTip(are ? tr("What the model changed")
                         : tr("Only for a tile that was made from tissue of this slide: otherwise no pixel belongs to another."));
    if (!are && m_mode == PairMode::Difference) setMode(PairMode::SideBySide);
}

void ImagePair::setMode(PairMode mode) {
    if (mode == PairMode::Difference) {
        if (!m_realPixels) return m_modes->setCurrentIndex(int(m_mode));
        m_slide->setCentre(*m_realPixels);
    }
    const bool apart = mode == PairMode::SideBySide;
    m_mode = mode;
    m_phase = true;
    m_modes->setCurrentIndex(int(mode));
    m_stopFlicker->setEnabled(mode == PairMode::Flicker);
    if (!apart && m_tile->hasFocus()) m_slide->setFocus();
    m_tile->setVisible(apart);
    m_grid->removeWidget(m_slide);
    m_grid->addWidget(m_slide, paneRow, apart ? 1 : 0, 1, apart ? 1 : 2);
    if (!apart) setLinked(true); // one over the other has one zoom
    showAmount();
    showMatch();
}

// What the slider means in this mode, and where it starts.
void ImagePair::showAmount() {
    const bool flickers = m_mode == PairMode::Flicker && !reducedMotion();
    m_amount->setVisible(m_mode == PairMode::Wipe || m_mode == PairMode::Overlay || flickers);
    const QString name = m_mode == PairMode::Wipe ? tr("Where the tile begins")
                         : flickers               ? tr("Changes a second, 1 to 3")
                                                  : tr("How much of the tile is seen");
    m_amount->setAccessibleName(name);
    m_amount->setToolTip(name);
    m_amount->setValue(flickers ? 0 : 50);
    m_modes->setToolTip(m_mode == PairMode::Flicker && reducedMotion() ? tr("Hold Space to swap") : QString());
}

void ImagePair::showOver() {
    SlideView::Over over;
    over.sideMicrometres = m_tile->sideMicrometres();
    const double amount = m_amount->value() / 100.0;
    const bool runs = m_mode == PairMode::Flicker && !reducedMotion() && m_tile->hasTile();
    if (runs) { // one swing there and back is one time
        m_flicker->setInterval(int(500 / (slowestHz + amount * (fastestHz - slowestHz))));
        if (!m_flicker->isActive()) m_flicker->start();
    } else {
        m_flicker->stop();
    }
    if (m_mode != PairMode::SideBySide || m_swapped) over.picture = m_tile->shown();
    if (m_swapped) over.opacity = m_mode == PairMode::SideBySide || m_mode == PairMode::Flicker ? 1 : 0;
    else if (m_mode == PairMode::Wipe) over.from = amount;
    else if (m_mode == PairMode::Overlay) over.opacity = amount;
    else if (m_mode == PairMode::Flicker) over.opacity = runs && m_phase ? 1 : 0;
    over.difference = m_mode == PairMode::Difference;
    m_slide->setOver(over);
}

void ImagePair::setLinked(bool linked) {
    m_linked = linked;
    m_notLinked->setVisible(!linked);
    if (linked) takeSlideZoom();
}

void ImagePair::showLight() {
    const ViewSettings& settings = m_light->settings();
    m_tile->setLight(settings.light);
    m_tile->setOrientation(settings.orientation);
    m_slide->setLight(settings.light);
    m_slide->setOrientation(settings.orientation);
    m_slide->setGrid(settings.grid);
    m_slide->setColourProfile(settings.profile);
    const bool profiled = settings.profile && m_slide->hasColourProfile();
    m_stainBadge->setText(settings.light.stain != ViewLight::Stain::All ? stainName(settings.light.stain) : tr("Scanner's colours"));
    m_stainBadge->setVisible(settings.light.stain != ViewLight::Stain::All || profiled);
    m_match->setOn(settings.matchStain);
    showOver();
}

bool ImagePair::pairKey(const QKeyEvent& event) {
    const KeyRow* row = Keys::inUse().pressed(KeyPlace::Image, event);
    const auto is = [row](const char* id) { return row && qstrcmp(row->id, id) == 0; };
    static constexpr std::pair<const char*, PairMode> modeKeys[] = {{"image.sideBySide", PairMode::SideBySide},
                                                                    {"image.wipe", PairMode::Wipe},
                                                                    {"image.flicker", PairMode::Flicker},
                                                                    {"image.difference", PairMode::Difference}};
    for (const auto& [id, mode] : modeKeys)
        if (is(id)) {
            setMode(mode);
            return true;
        }
    ViewSettings view = m_light->settings();
    if (is("image.link")) {
        if (m_mode == PairMode::SideBySide) setLinked(!m_linked);
    } else if (is("image.matchStain")) view.matchStain = !view.matchStain;
    else if (is("image.stain")) view.light.stain = nextStain(view.light.stain);
    else if (is("image.grid")) view.grid = !view.grid;
    else if (is("image.flip")) view.orientation = view.orientation.flipped();
    else if (is("image.turnLeft")) view.orientation = view.orientation.turnedBy(-1);
    else if (is("image.turnRight")) view.orientation = view.orientation.turnedBy(1);
    else if (is("image.less")) m_amount->setValue(m_amount->value() - 5);
    else if (is("image.more")) m_amount->setValue(m_amount->value() + 5);
    else if (is("image.swap")) {
        m_swapped = true;
        showOver();
    } else if (event.key() == Qt::Key_Escape && (showsSeveral() || m_roundTrip)) Q_EMIT tileWanted();
    else return false;
    m_light->set(view);
    return true;
}

void ImagePair::keyPressEvent(QKeyEvent* event) { // what the panes do not know themselves arrives here
    const bool inPane = m_tile->hasFocus() || m_slide->hasFocus();
    if (inPane && event->isAutoRepeat() && m_swapped) return event->accept();
    if (!inPane || !pairKey(*event)) QWidget::keyPressEvent(event);
}

void ImagePair::keyReleaseEvent(QKeyEvent* event) { // of the key that swaps, whatever else is held now
    if (event->isAutoRepeat() || !m_swapped) return QWidget::keyReleaseEvent(event);
    m_swapped = false;
    showOver();
}

bool ImagePair::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) placeMatchBadge();
    if (event->type() == QEvent::FocusOut && m_swapped) { // the release of the key would go elsewhere
        m_swapped = false;
        showOver();
    }
    if (watched != m_slide || m_mode != PairMode::Wipe) return QWidget::eventFilter(watched, event);
    const double side = m_tile->sideMicrometres() / std::max(1e-9, m_slide->viewMicronsPerPixel());
    const double left = (m_slide->width() - side) / 2;
    if (event->type() == QEvent::MouseButtonPress) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const double line = left + m_amount->value() / 100.0 * side;
        m_wiping = mouse->button() == Qt::LeftButton && std::abs(mouse->position().x() - line) <= 8;
        return m_wiping;
    }
    if (event->type() == QEvent::MouseMove && m_wiping && side > 0) {
        m_amount->setValue(int(100 * (static_cast<QMouseEvent*>(event)->position().x() - left) / side));
        return true;
    }
    if (event->type() == QEvent::MouseButtonRelease && m_wiping) {
        m_wiping = false;
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace phloxine::ui
