#include "ui/generate/FoundTissue.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/ElidingLabel.h"
#include "ui/widgets/Icon.h"

namespace phloxine::ui {

namespace {

constexpr int thumbnailSide = 64, headHeight = 32, listHeight = thumbnailSide + 36;

QIcon thumbnail(const Image& picture, double ratio) {
    const QPixmap framed = framedPicture(toQImage(picture), thumbnailSide, FrameKind::Real, ratio);
    QIcon icon(framed);
    icon.addPixmap(framed, QIcon::Selected); // as it is: a tint would change the stain
    return icon;
}

} // namespace

FoundTissueStrip::FoundTissueStrip(JobBridge& bridge, SlideView& slide, QWidget* parent)
    : QWidget(parent), m_bridge(bridge), m_slide(slide) {
    setAttribute(Qt::WA_StyledBackground);
    setProperty("ground", QStringLiteral("panel"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 4, 8, 4);
    column->setSpacing(4);
    column->addWidget(makeHead());
    m_list = new QListWidget(this);
    m_list->setObjectName(QStringLiteral("foundTissue"));
    m_list->setAccessibleName(tr("Places on the slide like this tile, the most similar first"));
    m_list->setViewMode(QListView::IconMode);
    m_list->setFlow(QListView::LeftToRight);
    m_list->setWrapping(false);
    m_list->setMovement(QListView::Static);
    m_list->setIconSize({thumbnailSide, thumbnailSide});
    m_list->setGridSize({thumbnailSide + 12, listHeight - 8});
    m_list->setFixedHeight(listHeight);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    column->addWidget(m_list);
    connect(m_list, &QListWidget::currentRowChanged, this, &FoundTissueStrip::goTo);
    connect(m_list, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) { goTo(m_list->row(item)); });
    connect(m_list, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) { goTo(m_list->row(item)); });
    connect(&m_slide, &SlideView::opened, this, [this] {
        stop();
        m_known.reset();
        clear();
        hide();
    });
    connect(&bridge, &JobBridge::started, this, [this](quint64 id) {
        if (id == m_job) say(tr("Looking on %1").arg(m_slide.slideName()));
    });
    connect(&bridge, &JobBridge::progress, this, [this](quint64 id, const QString&, double fraction) {
        if (id == m_job) m_progress->setValue(int(100 * fraction));
    });
    connect(&bridge, &JobBridge::tissueFound, this, [this](quint64 id, const std::shared_ptr<const FoundTissue>& found) {
        if (id == m_job) take(found);
    });
    connect(&bridge, &JobBridge::finished, this, [this](quint64 id) {
        if (id == m_job) end({});
    });
    connect(&bridge, &JobBridge::cancelled, this, [this](quint64 id) {
        if (id == m_job) end(tr("The search was stopped."));
    });
    connect(&bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        if (id == m_job) end(failure.message);
    });
    clear();
    hide();
}

QWidget* FoundTissueStrip::makeHead() {
    auto* head = new QWidget(this);
    head->setFixedHeight(headHeight);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_title = sectionHead(tr("Real tissue like this tile"), head);
    m_sentence = new ElidingLabel({}, "secondary", head);
    m_sentence->setObjectName(QStringLiteral("foundTissueSentence"));
    m_progress = new QProgressBar(head);
    m_progress->setRange(0, 100);
    m_progress->setTextVisible(false);
    m_progress->setFixedWidth(120);
    m_progress->setAccessibleName(tr("How much of the slide has been looked at"));
    m_stop = new QPushButton(tr("Stop"), head);
    m_stop->setObjectName(QStringLiteral("stopFindingTissue"));
    m_stop->setProperty("compact", true);
    m_close = new QToolButton(head);
    m_close->setIcon(icon("x"));
    m_close->setAutoRaise(true);
    m_close->setFixedSize(24, 24);
    m_close->setToolTip(tr("Close this row"));
    m_close->setAccessibleName(m_close->toolTip());
    row->addWidget(m_title);
    row->addWidget(m_sentence, 1);
    row->addWidget(m_progress);
    row->addWidget(m_stop);
    row->addWidget(m_close);
    connect(m_stop, &QPushButton::clicked, this, &FoundTissueStrip::stop);
    connect(m_close, &QToolButton::clicked, this, [this] {
        stop();
        hide();
    });
    return head;
}

void FoundTissueStrip::search(const TileRecord& tile, double nominalMicronsPerPixel) {
    if (!m_bridge.queue() || !m_slide.hasSlide()) return;
    stop();
    clear();
    FindTissueJob job;
    job.search.tile = toImage(tile.image);
    job.search.tileMicronsPerPixel = tile.scale.known() ? tile.scale.micronsPerPixel : nominalMicronsPerPixel;
    job.search.slide = m_slide.slidePath().toStdString();
    job.search.slideMicronsPerPixel = m_slide.micrometresPerLevel0();
    job.search.known = m_known;
    m_scaleAssumed = !m_slide.slideScale().known();
    m_job = m_bridge.queue()->submit(std::move(job));
    m_progress->setValue(0);
    m_progress->show();
    m_stop->show();
    say(tr("Waits until what is under way is done."));
    show();
    Q_EMIT changed();
}

void FoundTissueStrip::stop() {
    if (!m_job || !m_bridge.queue()) return;
    const quint64 job = m_job;
    end(tr("The search was stopped.")); // what it still reports is nobody's
    m_bridge.queue()->stop(JobId(job), Stop::Now);
}

void FoundTissueStrip::take(const std::shared_ptr<const FoundTissue>& found) {
    m_found = found;
    m_known = found->fingerprints;
    for (const FoundPlace& place : found->places) {
        const QString similarity = QLocale().toString(std::max(0.0, place.similarity), 'f', 2); // below 0 is as unlike as 0
        auto* item = new QListWidgetItem(thumbnail(place.picture, devicePixelRatioF()), similarity, m_list);
        item->setTextAlignment(Qt::AlignHCenter);
        item->setToolTip(tr("Similarity %1: 1 is the same tissue, 0 has nothing in common. x\u00a0%2, y\u00a0%3\u00a0px")
                             .arg(similarity, groupedNumber(place.x), groupedNumber(place.y)));
        item->setData(Qt::AccessibleTextRole,
                      tr("Real tissue, place %1 of %2, similarity %3").arg(m_list->count()).arg(found->places.size()).arg(similarity));
    }
    m_list->setVisible(!found->places.empty());
}

void FoundTissueStrip::end(const QString& sentence) {
    m_job = 0;
    m_progress->hide();
    m_stop->hide();
    if (!sentence.isEmpty()) say(sentence);
    else if (!m_found || m_found->places.empty()) say(tr("No tissue was found on %1.").arg(m_slide.slideName()));
    else {
        const QString places = tr("The most similar of %1 places on %2.").arg(QLocale().toString(m_found->searched), m_slide.slideName());
        say(m_scaleAssumed ? tr("%1 The slide states no scale, so it was searched pixel for pixel.").arg(places) : places);
    }
    Q_EMIT changed();
}

void FoundTissueStrip::clear() {
    m_found.reset();
    m_list->clear();
    m_list->hide();
    m_progress->hide();
    m_stop->hide();
}

// The box of the tile lies over the place.
void FoundTissueStrip::goTo(int row) {
    if (!m_found || row < 0 || row >= int(m_found->places.size())) return;
    const FoundPlace& place = m_found->places[std::size_t(row)];
    m_slide.setCentre(QPointF(double(place.x), double(place.y)) + QPointF(m_found->sidePx, m_found->sidePx) / 2);
}

void FoundTissueStrip::say(const QString& sentence) { m_sentence->setWhole(sentence); }

} // namespace phloxine::ui
