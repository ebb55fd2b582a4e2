#include "ui/generate/ImagePair.h"

#include <cmath>

#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/generate/RunErrorBar.h"
#include "ui/generate/StainMatch.h"
#include "ui/generate/words.h"
#include "ui/viewer/LightPanel.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"
#include "ui/viewer/ViewTransform.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Note.h"

namespace phloxine::ui {

namespace {
constexpr int toolBarHeight = 48, headHeight = 36, seam = 1, widthWithWords = 820;

QFrame* separator(QWidget* parent) {
    auto* line = new QFrame(parent);
    line->setProperty("separator", true);
    return line;
}

QWidget* band(int height, QWidget* parent) {
    auto* widget = new QWidget(parent);
    widget->setFixedHeight(height);
    auto* row = new QHBoxLayout(widget);
    row->setContentsMargins(12, 0, 12, 0);
    row->setSpacing(8);
    return widget;
}
QHBoxLayout& rowOf(QWidget& band) { return *static_cast<QHBoxLayout*>(band.layout()); }
} // namespace

ImagePair::ImagePair(QWidget* parent) : QWidget(parent) {
    m_tile = new TileView(this);
    m_tile->setObjectName(QStringLiteral("tileView"));
    m_tile->setEmptyText(tr("Your tiles appear here"), tr("Press Ctrl+Enter to generate.\nThe first tile takes a few seconds longer."));
    m_slide = new SlideView(this);
    m_slide->setObjectName(QStringLiteral("slideView"));
    m_match = new StainMatch(*m_slide, this);
    m_matchBadge = new Badge(tr("Stain matched for viewing"), Tone::Info, m_tile); // on the picture: the head may be too narrow
    m_matchBadge->setObjectName(QStringLiteral("matchBadge"));
    m_matchBadge->hide();
    m_error = new RunErrorBar(this);
    m_notice = new Note(Tone::Warn, this);
    m_notice->setObjectName(QStringLiteral("runNotice"));
    m_notice->setBar(true);
    m_notice->setClosable(true);
    m_notice->hide();

    auto* grid = m_grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(seam);
    grid->setVerticalSpacing(0);
    grid->addWidget(makeToolBar(), 0, 0, 1, 2);
    grid->addWidget(separator(this), 1, 0, 1, 2);
    grid->addWidget(m_error, 2, 0, 1, 2);
    grid->addWidget(m_notice, 3, 0, 1, 2);
    grid->addWidget(makeTileHead(), 4, 0);
    grid->addWidget(makeSlideHead(), 4, 1);
    grid->addWidget(m_tile, 5, 0);
    grid->addWidget(m_slide, 5, 1);
    grid->setRowStretch(5, 1);
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(1, 1);

    connect(m_tile, &TileView::zoomRequested, this, [this](double zoom) {
        if (m_linked) return setZoom(zoom);
        m_tile->setViewMicronsPerPixel(zoom);
        showReadout();
    });
    connect(m_tile, &TileView::fitRequested, this, &ImagePair::fit);
    connect(m_tile, &TileView::tileChosen, this, &ImagePair::tileChosen);
    connectPans();
    connect(m_match, &StainMatch::changed, this, &ImagePair::showMatch);
    connect(m_slide, &SlideView::viewChanged, this, &ImagePair::takeSlideZoom);
    showReadout();
}

QWidget* ImagePair::makeToolBar() {
    auto* bar = band(toolBarHeight, this);
    QHBoxLayout& row = rowOf(*bar);
    row.setContentsMargins(16, 0, 16, 0);
    auto* link = new IconLabel(bar);
    link->setObjectName(QStringLiteral("linkMark"));
    link->setMark("link", 18, IconTone::Text2);
    m_linkText = mutedLabel({}, bar);
    m_power = new QLabel(bar);
    m_power->setProperty("role", QStringLiteral("title"));
    m_power->setToolTip(tr("As large as with an objective of this power"));
    m_readout = mutedLabel({}, bar);
    m_readout->setObjectName(QStringLiteral("zoomReadout"));
    auto* fitButton = new QPushButton(tr("Fit tile"), bar);
    fitButton->setObjectName(QStringLiteral("fitTileButton"));
    fitButton->setToolTip(tr("One tile fills the pane (key 0)"));
    row.addWidget(link);
    row.addWidget(m_linkText);
    row.addStretch(1);
    makeModes(*bar);
    row.addWidget(m_power);
    row.addWidget(m_readout);
    row.addSpacing(4);
    row.addWidget(fitButton);
    connect(fitButton, &QPushButton::clicked, this, &ImagePair::fit);
    return bar;
}

QWidget* ImagePair::makeTileHead() {
    auto* head = band(headHeight, this);
    QHBoxLayout& row = rowOf(*head);
    m_tileName = new QLabel(tr("No tile yet"), head);
    m_tileName->setProperty("role", QStringLiteral("value"));
    m_tileName->setTextFormat(Qt::PlainText);
    m_tileName->setMinimumWidth(20);
    m_previewBadge = new Badge({}, Tone::Info, head);
    m_previewBadge->setObjectName(QStringLiteral("previewBadge"));
    m_previewBadge->hide();
    m_swatch = new ClassSwatch({}, {}, head);
    m_swatch->hide();
    m_kindBadge = new Badge({}, Tone::Synthetic, head);
    m_kindBadge->setObjectName(QStringLiteral("tileKind"));
    showKind(false);
    row.addWidget(m_kindBadge);
    row.addWidget(m_tileName, 1);
    row.addWidget(m_previewBadge);
    row.addWidget(m_swatch);
    return head;
}

QWidget* ImagePair::makeSlideHead() {
    auto* head = band(headHeight, this);
    QHBoxLayout& row = rowOf(*head);
    m_slideName = new QLabel(tr("No slide open"), head);
    m_slideName->setProperty("role", QStringLiteral("value"));
    m_slideName->setTextFormat(Qt::PlainText);
    m_slideName->setMinimumWidth(20);
    row.addWidget(new Badge(tr("Real slide"), Tone::Real, head));
    row.addWidget(m_slideName, 1);
    m_stainBadge = new Badge({}, Tone::Info, head);
    m_stainBadge->setObjectName(QStringLiteral("stainBadge"));
    m_stainBadge->hide();
    m_notLinked = new Badge(tr("Not linked"), Tone::Warn, head);
    m_notLinked->setObjectName(QStringLiteral("notLinkedBadge"));
    m_notLinked->hide();
    row.addWidget(m_stainBadge);
    row.addWidget(m_notLinked);
    return head;
}

void ImagePair::setCard(const ModelCard& card) {
    m_card = card;
    m_linkText->setText(card.scale.known() ? tr("Same \u00b5m per pixel in both panes")
                                           : tr("The model states no scale: sizes cannot be compared"));
    m_linkText->parentWidget()->findChild<QLabel*>(QStringLiteral("linkMark"))->setToolTip(m_linkText->text());
    m_tile->setExpectedTile(card.tileSizePx, card.scale.micronsPerPixel);
    m_slide->setTileFrame(card.tileSizePx, card.scale.micronsPerPixel);
    takeSlideZoom();
}

// Pixels of real tissue that went through the model are no tile that it made.
void ImagePair::showKind(bool roundTrip) {
    m_roundTrip = roundTrip;
    m_kindBadge->setText(roundTrip ? tr("Round trip") : tr("Synthetic"));
}

void ImagePair::showSubject(const GenerateRequest& request, const QString& title) {
    showKind(false);
    const Subject subject = subjectOf(request, m_cards->of(request));
    m_tileName->setText(title);
    m_tile->setTileName(tr("%1, seed %2").arg(subject.name, groupedSeed(request.seed)));
    m_swatch->setSwatch(subject.code, subject.colour);
    m_swatch->setVisible(!request.classId.empty());
    m_swatch->setToolTip(subject.name);
}

void ImagePair::showTile(const TileRecord* tile) {
    m_previewBadge->hide();
    if (!tile) {
        showKind(false);
        m_tile->clear();
        m_tileName->setText(tr("No tile yet"));
        m_swatch->hide();
        showOver();
        return;
    }
    leaveSeveral();
    m_tile->setTile(tile->image, tile->scale, false);
    showOver();
    showSubject(tile->request, tr("Seed %1").arg(groupedSeed(tile->request.seed)));
}

void ImagePair::showRoundTrip(const QImage& picture, Scale scale, const QString& figures) {
    leaveSeveral();
    m_previewBadge->hide();
    m_swatch->hide();
    m_tile->resetPan();
    m_tile->setTile(picture, scale, false);
    m_tile->setTileName(tr("Round trip of real tissue"));
    m_tileName->setText(figures);
    showKind(true);
    showOver();
}

void ImagePair::showTogether(const std::vector<TileRecord>& tiles) {
    std::vector<TileView::Named> named;
    for (const TileRecord& tile : tiles) {
        const Subject subject = subjectOf(tile.request, m_cards->of(tile.request));
        const QString seed = groupedSeed(tile.request.seed);
        named.push_back(
            {tile.image, tile.scale, tr("%1, seed %2").arg(subject.name, seed), tr("%1 %2", "class code, seed").arg(subject.code, seed)});
    }
    if (m_mode != PairMode::SideBySide) setMode(PairMode::SideBySide); // only one can lie over the slide
    m_previewBadge->hide();
    m_swatch->hide();
    showKind(false);
    m_tileName->setText(tr("%1 tiles, a click shows one of them").arg(tiles.size()));
    m_tile->resetPan();
    m_tile->setTiles(named);
    showMatch();
    fit();
}

bool ImagePair::showsSeveral() const { return m_tile->tileCount() > 1; }

// Both panes go by the same micrometres while they are linked, so the offset between them stays.
void ImagePair::connectPans() {
    const auto moveSlide = [this](QPointF micrometres) {
        if (m_linked) m_slide->setCentre(m_slide->centre() + micrometres / m_slide->micrometresPerLevel0());
    };
    connect(m_tile, &TileView::panned, this, moveSlide);
    connect(m_tile, &TileView::stepRequested, this, [this, moveSlide](QPointF tiles) { moveSlide(tiles * m_tile->sideMicrometres()); });
    connect(m_slide, &SlideView::panned, this, [this](QPointF micrometres) {
        if (m_linked) m_tile->follow(micrometres);
    });
}

// A difference shows the pixels as they are.
void ImagePair::showMatch() {
    const bool matched = m_match->look() && m_mode != PairMode::Difference;
    m_tile->setStainLook(matched ? m_match->look() : std::nullopt);
    const bool failed = m_match->isOn() && !m_match->look() && !m_match->problem().isEmpty();
    m_matchBadge->setVisible(matched || failed);
    m_matchBadge->setTone(failed ? Tone::Warn : Tone::Info);
    m_matchBadge->setText(failed ? tr("Stain not matched") : tr("Stain matched for viewing"));
    m_matchBadge->setToolTip(
        failed ? m_match->problem()
               : tr("The tile is shown in the stain of the slide under the box. Files, exports and measures keep its own."));
    placeMatchBadge();
    showOver();
}

// On the pane that shows the tile: bottom right, above the scale bar where there is no room beside it; over the slide top right.
void ImagePair::placeMatchBadge() {
    constexpr int margin = 12, barWidth = 200, row = 36;
    QWidget* pane = m_mode == PairMode::SideBySide ? static_cast<QWidget*>(m_tile) : m_slide;
    if (m_matchBadge->parentWidget() != pane) {
        const bool shown = !m_matchBadge->isHidden();
        m_matchBadge->setParent(pane);
        m_matchBadge->setVisible(shown);
    }
    const QSize badge = m_matchBadge->sizeHint();
    m_matchBadge->resize(badge);
    const bool narrow = pane->width() < barWidth + badge.width() + 3 * margin;
    const int below = pane->height() - margin - badge.height() - (narrow ? row : 0);
    m_matchBadge->move(pane->width() - margin - badge.width(), pane == m_tile ? below : margin);
    m_matchBadge->raise();
}

void ImagePair::showPreview(const QImage& picture, const GenerateRequest& request, int tile, int step, int steps, double micronsPerPixel) {
    leaveSeveral();
    m_tile->setTile(picture, {micronsPerPixel, m_cards->of(request).scale.source}, true);
    showOver();
    showSubject(request, tr("Tile %1").arg(tile + 1));
    m_previewBadge->setText(tr("Preview, step %1 of %2").arg(step).arg(steps));
    m_previewBadge->show();
}

// The one that comes fills the pane again.
void ImagePair::leaveSeveral() {
    if (!showsSeveral()) return;
    m_tile->clear();
    fit();
}

void ImagePair::showNotice(const QString& sentence) {
    m_notice->setText(sentence);
    m_notice->show();
}

void ImagePair::refreshSlide() {
    m_slideName->setText(m_slide->hasSlide() ? m_slide->slideName() : tr("No slide open"));
    m_slideName->setToolTip(m_slide->slideName());
    m_light->offerProfile(m_slide->hasColourProfile());
    showLight(); // the badge
    takeSlideZoom();
    if (m_roundTrip) Q_EMIT tileWanted(); // it was of what is no longer shown
}

void ImagePair::setMagnification(double power) { setZoom(micronsPerPixelForPower(power)); }

void ImagePair::setZoom(double micronsPerPixel) {
    m_slide->setViewMicronsPerPixel(micronsPerPixel); // clamps, and reports through viewChanged
    takeSlideZoom();
}

void ImagePair::fit() {
    m_tile->resetPan();
    if (!m_linked) m_tile->setViewMicronsPerPixel(fittingMicronsPerPixel(m_tile->cellSize(), m_tile->sideMicrometres()));
    if (showsSeveral()) return setZoom(fittingMicronsPerPixel(m_tile->cellSize(), m_tile->sideMicrometres())); // each in its place
    m_slide->fitTile();
    takeSlideZoom();
}

// The slide pane owns the zoom, with or without a slide; the tile follows.
void ImagePair::takeSlideZoom() {
    const double zoom = m_slide->viewMicronsPerPixel();
    if (m_linked && zoom > 0 && (m_slide->hasSlide() || m_card.scale.known())) m_tile->setViewMicronsPerPixel(zoom);
    showReadout();
}

void ImagePair::showReadout() {
    const double zoom = m_tile->viewMicronsPerPixel();
    const bool known = zoom > 0;
    m_power->setText(known ? tr("%1\u00d7").arg(QLocale().toString(10 / zoom, 'g', 10 / zoom < 10 ? 2 : 3)) : QString());
    m_readout->setText(known ? tr("%1\u00a0\u00b5m/px").arg(QLocale().toString(zoom, 'f', zoom < 1 ? 2 : 1)) : tr("No scale yet"));
}

void ImagePair::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_linkText->setVisible(width() >= widthWithWords); // the mark beside it says the same in its tooltip
    takeSlideZoom();                                   // a fitted pane has another zoom now
}

} // namespace phloxine::ui
