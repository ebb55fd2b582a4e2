#include "ui/library/TilesDialog.h"

#include <algorithm>
#include <cmath>

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/library/request_differences.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ClassSwatch.h"

namespace phloxine::ui {

namespace {
constexpr int aloneSide = 512, pairSide = 400, tableRows = 8, rowHeight = 28;
} // namespace

std::pair<QSize, QSize> equalScale(const TileRecord& left, const TileRecord& right, int side) {
    const bool known = left.scale.micronsPerPixel > 0 && right.scale.micronsPerPixel > 0;
    const auto extent = [&](const TileRecord& tile) { return QSizeF(tile.image.size()) * (known ? tile.scale.micronsPerPixel : 1); };
    const QSizeF a = extent(left), b = extent(right);
    const double largest = std::max({a.width(), a.height(), b.width(), b.height(), 1e-9});
    const auto shown = [&](QSizeF size) { return (size * (side / largest)).toSize().expandedTo({1, 1}); };
    return {shown(a), shown(b)};
}

TilesDialog::TilesDialog(const std::vector<TileRecord>& tiles, const ModelCards& cards, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("tilesDialog"));
    const bool two = tiles.size() == 2;
    setWindowTitle(two ? tr("Compare two tiles") : tr("Tile"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    const auto sizes = equalScale(tiles.front(), tiles.back(), two ? pairSide : aloneSide);
    row->addWidget(picture(tiles.front(), sizes.first, cards));
    if (two) row->addWidget(picture(tiles.back(), sizes.second, cards));
    column->addLayout(row);
    if (two) {
        const bool known = tiles[0].scale.micronsPerPixel > 0 && tiles[1].scale.micronsPerPixel > 0;
        column->addWidget(mutedLabel(known ? tr("Both at the same size of a micrometre.")
                                           : tr("The files give no pixel size, so both are at the same size of a pixel."),
                                     this));
        column->addWidget(table(tiles[0], tiles[1]));
    }
    auto* buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole)->setFocus();
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
}

QWidget* TilesDialog::picture(const TileRecord& tile, QSize size, const ModelCards& cards) {
    auto* part = new QWidget(this);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    const Subject subject = subjectOf(tile.request, cards.of(tile.request));
    head->addWidget(new Badge(tr("SYNTHETIC"), Tone::Synthetic, part));
    if (!tile.request.classId.empty()) head->addWidget(new ClassSwatch(subject.code, subject.colour, part));
    auto* name = new QLabel(tr("Seed %1").arg(groupedSeed(tile.request.seed)), part);
    name->setToolTip(subject.name);
    head->addWidget(name, 1);
    column->addLayout(head);
    const double ratio = devicePixelRatioF();
    QPixmap pixmap = QPixmap::fromImage(tile.image.scaled(size * ratio, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    {
        QPainter painter(&pixmap);
        paintFrame(painter, pixmap.rect().adjusted(4, 4, -4, -4), FrameKind::Synthetic, ratio);
    }
    pixmap.setDevicePixelRatio(ratio);
    auto* shown = new QLabel(part);
    shown->setPixmap(pixmap);
    shown->setFixedSize(size);
    shown->setAccessibleName(tr("Synthetic tile, %1, seed %2").arg(subject.name).arg(tile.request.seed));
    column->addWidget(shown, 0, Qt::AlignTop);
    column->addWidget(mutedLabel(
        tr("%1 \u00d7 %2 px, %3", "width, height, scale").arg(tile.image.width()).arg(tile.image.height()).arg(scaleText(tile.scale)),
        part));
    column->addStretch(1);
    return part;
}

QWidget* TilesDialog::table(const TileRecord& left, const TileRecord& right) {
    const auto rows = differences(left.request, right.request);
    if (rows.empty()) return mutedLabel(tr("Both were made in the same way."), this);
    auto* tree = new QTreeWidget(this);
    tree->setObjectName(QStringLiteral("differenceTable"));
    tree->setAccessibleName(tr("What differs in how the two tiles were made"));
    tree->setHeaderLabels({tr("What differs"), tr("Left"), tr("Right")});
    tree->setRootIsDecorated(false);
    tree->setStyleSheet(QStringLiteral("QHeaderView::section { padding: 0 3px; }")); // over what stands below
    tree->setSelectionMode(QAbstractItemView::NoSelection);
    for (const auto& row : rows) {
        auto* item = new QTreeWidgetItem(tree, {row.what, row.left, row.right});
        item->setToolTip(1, row.left);
        item->setToolTip(2, row.right);
        item->setSizeHint(0, {0, rowHeight});
    }
    tree->header()->setStretchLastSection(true);
    tree->header()->resizeSection(0, 160);
    tree->header()->resizeSection(1, 320);
    tree->setFixedHeight(36 + rowHeight * std::min(tableRows, int(rows.size())));
    return tree;
}

} // namespace phloxine::ui
