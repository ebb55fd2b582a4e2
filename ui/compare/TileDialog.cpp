#include "ui/compare/TileDialog.h"

#include <QApplication>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QThreadPool>

#include "core/image/ImageFile.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/plot_painting.h"

namespace phloxine::ui {

namespace {
constexpr int largePx = 448;
}

TileDialog::TileDialog(std::shared_ptr<const CompareReport> report, int set, bool synthetic, int index, QWidget* parent) : QDialog(parent) {
    const auto& from = report->synthetic[std::size_t(set)];
    const auto at = std::size_t(index);
    const auto& name = synthetic ? from.tiles[at] : report->realTiles[at];
    setWindowTitle(fromUtf8(name));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 16, 16, 16);
    row->setSpacing(16);
    m_picture = new QLabel(tr("Reading the tile"), this);
    m_picture->setObjectName(QStringLiteral("tilePicture"));
    m_picture->setAlignment(Qt::AlignCenter);
    m_picture->setFixedSize(largePx, largePx);
    m_picture->setAccessibleName(synthetic ? tr("Synthetic tile %1").arg(fromUtf8(name)) : tr("Real tile %1").arg(fromUtf8(name)));
    row->addWidget(m_picture);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->addRow(new Badge(synthetic ? tr("SYNTHETIC") : tr("REAL"), synthetic ? ui::Tone::Synthetic : ui::Tone::Real, this));
    auto* title = new QLabel(fromUtf8(name), this);
    title->setWordWrap(true);
    title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    form->addRow(title);
    for (const auto& d : from.distributions) {
        const double value = double((synthetic ? d.syntheticValues : d.realValues)[at]);
        const double median = synthetic ? d.syntheticMedian : d.realMedian;
        form->addRow(
            fromUtf8(d.title),
            new QLabel(tr("%1 %2, median %3", "value, unit, median").arg(shortNumber(value), fromUtf8(d.unit), shortNumber(median)), this));
    }
    row->addLayout(form, 1);
    load(synthetic ? from.files[at] : report->realFiles[at]);
}

void TileDialog::load(const std::filesystem::path& file) {
    QThreadPool::globalInstance()->start([dialog = QPointer<TileDialog>(this), file] {
        QImage image;
        try {
            image = toQImage(readImage(file));
        } catch (const std::exception&) {} // said below
        QMetaObject::invokeMethod(
            qApp,
            [dialog, image] {
                if (!dialog) return;
                if (image.isNull()) dialog->m_picture->setText(tr("The tile is no longer on disk."));
                else
                    dialog->m_picture->setPixmap(
                        QPixmap::fromImage(image.scaled(largePx, largePx, Qt::KeepAspectRatio, Qt::SmoothTransformation)));
            },
            Qt::QueuedConnection);
    });
}

} // namespace phloxine::ui
