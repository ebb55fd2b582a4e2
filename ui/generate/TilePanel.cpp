#include "ui/generate/TilePanel.h"

#include <cmath>

#include <QClipboard>
#include <QFileInfo>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/generate/sampling_words.h"
#include "ui/generate/words.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"

namespace phloxine::ui {

namespace {
constexpr int headWidth = 68, valueWidth = 168;

QLabel* addRow(QGridLayout& grid, int row, const QString& head, QWidget* parent) {
    auto* value = new QLabel(parent);
    value->setTextFormat(Qt::PlainText);
    grid.addWidget(mutedLabel(head, parent), row, 0);
    grid.addWidget(value, row, 1);
    return value;
}
} // namespace

TilePanel::TilePanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    m_head = sectionHead(tr("This tile"), this);
    head->addWidget(m_head);
    head->addStretch(1);
    column->addLayout(head);
    m_none = mutedLabel(tr("How the selected tile was made stands here."), this);
    m_none->setWordWrap(true);
    column->addWidget(m_none);
    m_facts = new QWidget(this);
    column->addWidget(m_facts);
    auto* rows = new QVBoxLayout(m_facts);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(8);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);
    grid->setColumnMinimumWidth(0, headWidth);
    grid->setColumnStretch(1, 1);
    rows->addLayout(grid);

    m_conditionHead = mutedLabel({}, m_facts);
    m_swatch = new ClassSwatch({}, {}, m_facts);
    m_name = new QLabel(m_facts);
    m_name->setTextFormat(Qt::PlainText);
    m_name->setWordWrap(true);
    auto* subject = new QHBoxLayout;
    subject->setSpacing(6);
    subject->addWidget(m_swatch, 0, Qt::AlignTop);
    subject->addWidget(m_name, 1);
    grid->addWidget(m_conditionHead, 0, 0, Qt::AlignTop);
    grid->addLayout(subject, 0, 1);
    m_seed = addRow(*grid, 1, tr("Seed"), m_facts);
    m_sampling = addRow(*grid, 2, tr("Sampling"), m_facts);
    m_seconds = addRow(*grid, 3, tr("Time"), m_facts);
    m_file = addRow(*grid, 4, tr("Saved as"), m_facts);

    m_start = new QLabel(m_facts);
    m_start->setObjectName(QStringLiteral("tileStart"));
    m_start->setTextFormat(Qt::PlainText);
    m_start->setWordWrap(true);
    grid->addWidget(m_start, 5, 0, 1, 2);

    m_nearestMark = new IconLabel(m_facts);
    m_nearest = new QLabel(m_facts);
    m_nearest->setObjectName(QStringLiteral("tileNearest"));
    m_nearest->setTextFormat(Qt::PlainText);
    m_nearest->setWordWrap(true);
    auto* nearest = new QHBoxLayout;
    nearest->setSpacing(6);
    nearest->addWidget(m_nearestMark, 0, Qt::AlignTop);
    nearest->addWidget(m_nearest, 1);
    rows->addLayout(nearest);
    m_nearestPicture = new QLabel(m_facts);
    m_nearestPicture->setObjectName(QStringLiteral("nearestPicture"));
    m_nearestName = mutedLabel({}, m_facts);
    m_nearestName->setObjectName(QStringLiteral("nearestName"));
    m_nearestName->setTextFormat(Qt::PlainText);
    m_nearestName->setWordWrap(true);
    m_showNearest = new QPushButton(tr("Show\u2026"), m_facts);
    m_showNearest->setObjectName(QStringLiteral("showNearestButton"));
    m_showNearest->setProperty("link", true);
    m_showNearest->setAccessibleName(tr("Show the nearest training tile"));
    m_showNearest->setToolTip(tr("Shows the training tile, from the folder of the model's training tiles, which you name once"));
    auto* picture = new QHBoxLayout;
    picture->setSpacing(8);
    picture->addWidget(m_nearestPicture, 0, Qt::AlignTop);
    picture->addWidget(m_nearestName, 1);
    rows->addLayout(picture);
    nearest->addWidget(m_showNearest, 0, Qt::AlignTop);
    connect(m_showNearest, &QPushButton::clicked, this, &TilePanel::nearestPictureRequested);

    auto* useSeedButton = new QPushButton(tr("Use seed"), m_facts);
    useSeedButton->setObjectName(QStringLiteral("useSeedButton"));
    auto* useAllButton = new QPushButton(tr("Use all"), m_facts);
    useAllButton->setObjectName(QStringLiteral("useAllButton"));
    useAllButton->setToolTip(tr("Condition, sampling and seed of this tile"));
    auto* remixButton = new QPushButton(tr("Remix"), m_facts);
    remixButton->setObjectName(QStringLiteral("remixButton"));
    remixButton->setToolTip(tr("Condition and sampling of this tile, with a new seed"));
    auto* copy = new QToolButton(this);
    copy->setIcon(icon("copy"));
    copy->setFixedSize(24, 24);
    copy->setAutoRaise(true);
    copy->setToolTip(tr("Copy these settings as text"));
    copy->setAccessibleName(copy->toolTip());
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(useSeedButton, 1);
    buttons->addWidget(useAllButton, 1);
    buttons->addWidget(remixButton, 1);
    for (auto* button : {useSeedButton, useAllButton, remixButton}) button->setProperty("compact", true);
    head->addWidget(copy);
    m_copy = copy;
    rows->addLayout(buttons);
    m_find = new QPushButton(icon("search"), tr("Find real tissue like this"), m_facts);
    m_find->setObjectName(QStringLiteral("findTissueButton"));
    m_find->setProperty("compact", true);
    rows->addWidget(m_find);
    connect(m_find, &QPushButton::clicked, this, &TilePanel::findTissue);
    connect(useSeedButton, &QPushButton::clicked, this, [this] { Q_EMIT useSeed(m_tile->request.seed); });
    connect(useAllButton, &QPushButton::clicked, this, [this] { Q_EMIT useAll(m_tile->request); });
    connect(remixButton, &QPushButton::clicked, this, [this] { Q_EMIT remix(m_tile->request); });
    connect(copy, &QToolButton::clicked, this, &TilePanel::copyRecord);
    showTile(nullptr);
}

void TilePanel::showTile(const TileRecord* tile) {
    m_none->setVisible(!tile);
    m_facts->setVisible(tile != nullptr);
    m_copy->setVisible(tile != nullptr);
    if (!tile) return m_tile.reset();
    m_tile = *tile;
    showNearest();
    const GenerateRequest& request = tile->request;
    const bool text = request.classId.empty(), vectors = !request.vector.empty();
    const Subject subject = subjectOf(request, m_cards->of(request));
    m_conditionHead->setText(vectors ? tr("Vectors") : text ? tr("Prompt") : tr("Class"));
    m_swatch->setVisible(!text);
    m_swatch->setSwatch(subject.code, subject.colour);
    m_name->setText(subject.name);
    m_seed->setText(groupedSeed(request.seed));
    setElided(*m_sampling, samplingText(request), valueWidth);
    const bool whole = request.mask.empty() && request.maskSha256.empty();
    m_start->setVisible(isComposite(request));
    m_start->setText(
        whole ? tr("Started from real tissue at a strength of %1\u00a0%. It inherits its patient.").arg(std::lround(request.strength * 100))
              : tr("A part of real tissue was painted anew. It inherits its patient."));
    m_seconds->setText(tile->seconds > 0 ? (tile->seconds < 10 ? tr("%1\u00a0s").arg(QLocale().toString(tile->seconds, 'f', 2))
                                                               : durationText(tile->seconds))
                                         : tr("Not measured"));
    if (tile->file.isEmpty()) m_file->setText(tr("Not saved"));
    else setElided(*m_file, QFileInfo(tile->file).fileName(), valueWidth, Qt::ElideMiddle);
    if (!tile->file.isEmpty()) m_file->setToolTip(tile->file);
}

void TilePanel::showNearest() {
    const auto& nearest = m_tile->nearest;
    m_nearestMark->setVisible(nearest.has_value());
    m_nearest->setVisible(nearest.has_value());
    setNearestPicture({}, {});
    if (!nearest) return;
    if (!nearest->checked()) {
        m_nearestMark->setMark("info-circle", 16, IconTone::Info);
        m_nearest->setText(tr("Nearest training tile: not checked. %1").arg(fromUtf8(nearest->notChecked)));
        m_nearest->setToolTip({});
        return;
    }
    const QString distance = distanceText(nearest->distance), limit = distanceText(nearest->limit);
    m_nearestMark->setMark(nearest->nearCopy() ? "alert-triangle" : "circle-check", 16,
                           nearest->nearCopy() ? IconTone::Warn : IconTone::Ok);
    m_nearest->setText(nearest->nearCopy() ? tr("Near copy: nearest training tile %1, limit %2").arg(distance, limit)
                                           : tr("Nearest training tile %1, not a copy").arg(distance));
    m_nearest->setToolTip(tr("Distance to the nearest of the %1 training tiles of the model, by fingerprints; below %2 it is called a near "
                             "copy. The model brings the fingerprints and no pictures: to see the tile, name the folder of the training "
                             "tiles. Copies of a part of a tile are looked for in Compare.")
                              .arg(QLocale().toString(nearest->trainingTiles), limit));
}

void TilePanel::setNearestPicture(const QImage& picture, const QString& name, const QString& problem) {
    constexpr int side = 88;
    const bool checked = m_tile && m_tile->nearest && m_tile->nearest->checked();
    m_nearestPicture->setVisible(checked && !picture.isNull());
    m_nearestName->setVisible(checked && (!picture.isNull() || !problem.isEmpty()));
    m_showNearest->setVisible(checked && picture.isNull());
    m_nearestName->setText(problem.isEmpty() ? name : problem);
    if (picture.isNull()) return;
    m_nearestPicture->setPixmap(framedPicture(picture, side, FrameKind::Real, devicePixelRatioF()));
    m_nearestPicture->setAccessibleName(tr("Nearest training tile, %1").arg(name));
}

void TilePanel::setWhyNotFind(const QString& reason) {
    m_find->setEnabled(reason.isEmpty());
    m_find->setToolTip(reason.isEmpty() ? tr("Looks on the open slide for the places whose tissue is most similar") : reason);
}

void TilePanel::setTitle(const QString& title) { m_head->setText(title); }

void TilePanel::copyRecord() const { QGuiApplication::clipboard()->setText(fromUtf8(parametersText(m_tile->request))); }

} // namespace phloxine::ui
