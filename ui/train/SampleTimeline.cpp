#include "ui/train/SampleTimeline.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QPainter>
#include <QPointer>
#include <QThreadPool>

#include "core/image/ImageFile.h"
#include "ui/train/words.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/plot_painting.h"

namespace phloxine::ui {

namespace {
constexpr int headHeight = 24, labelWidth = 42, gap = 12, smallestSide = 56, largestSide = 104, narrowestColumn = 78;

// The first tile of each class: a sheet has a row of square tiles for each.
std::vector<QImage> cutSheet(const QString& file, int classes) {
    std::vector<QImage> tiles;
    try {
        const QImage sheet = toQImage(readImage(file.toStdString()));
        const int side = classes > 0 ? sheet.height() / classes : 0;
        if (side < 1 || sheet.width() < side) return tiles;
        for (int i = 0; i < classes; ++i)
            tiles.push_back(sheet.copy(0, i * side, side, side)
                                .scaled(2 * largestSide, 2 * largestSide, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    } catch (const std::exception&) { tiles.clear(); } // its frames stay empty
    return tiles;
}
} // namespace

SampleTimeline::SampleTimeline(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("sampleTimeline"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

QSize SampleTimeline::minimumSizeHint() const { return {300, headHeight + std::max(1, int(m_classes.size())) * (smallestSide + gap)}; }
QSize SampleTimeline::sizeHint() const { return {600, headHeight + std::max(1, int(m_classes.size())) * (largestSide + gap)}; }

int SampleTimeline::side() const {
    const int rows = std::max(1, int(m_classes.size()));
    return std::clamp((height() - headHeight) / rows - gap, smallestSide, largestSide);
}

// Spread over the training, with the first and the newest.
std::vector<int> SampleTimeline::columns() const {
    const int room = std::max(1, (width() - labelWidth + gap) / (std::max(side(), narrowestColumn) + gap));
    const int count = std::min(room, int(m_sheets.size()));
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i)
        numbers.push_back(count == 1 ? int(m_sheets.size()) - 1
                                     : int(std::lround(double(i) * double(m_sheets.size() - 1) / double(count - 1))));
    return numbers;
}

void SampleTimeline::setSamples(const std::vector<SampleSheet>& sheets, const std::vector<ShownClass>& classes) {
    const bool sameClasses = classes.size() == m_classes.size();
    if (sheets == m_sheets && sameClasses) return;
    if (!sameClasses || sheets.empty() || m_sheets.empty() || sheets.front().file != m_sheets.front().file) m_tiles.clear();
    m_sheets = sheets, m_classes = classes;
    setAccessibleName(tr("Samples over time"));
    setAccessibleDescription(sheets.empty() ? tr("No samples yet")
                                            : tr("%1 sheets of synthetic tiles of %2 classes, the newest after %3 images")
                                                  .arg(sheets.size())
                                                  .arg(classes.size())
                                                  .arg(imagesText(double(sheets.back().images))));
    updateGeometry();
    load();
    update();
}

bool SampleTimeline::complete() const {
    const auto shown = columns();
    return std::all_of(shown.begin(), shown.end(), [&](int i) { return m_tiles.count(m_sheets[std::size_t(i)].file) > 0; });
}

void SampleTimeline::load() {
    if (m_loading || m_classes.empty()) return;
    QStringList missing;
    for (const int i : columns())
        if (!m_tiles.count(m_sheets[std::size_t(i)].file)) missing.append(m_sheets[std::size_t(i)].file);
    if (missing.isEmpty()) return;
    m_loading = true;
    QThreadPool::globalInstance()->start([view = QPointer<SampleTimeline>(this), missing, classes = int(m_classes.size())] {
        std::map<QString, Tiles> read;
        for (const auto& file : missing) read[file] = {cutSheet(file, classes)};
        QMetaObject::invokeMethod(
            qApp,
            [view, read = std::move(read), classes] {
                if (!view) return;
                view->m_loading = false;
                if (classes == int(view->m_classes.size()))
                    for (const auto& [file, tiles] : read) view->m_tiles[file] = tiles;
                view->load(); // what has come meanwhile
                view->update();
            },
            Qt::QueuedConnection);
    });
}

void SampleTimeline::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    load();
}

void SampleTimeline::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_sheets.empty() || m_classes.empty()) {
        painter.setPen(theme().text2);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("The first sheet of samples appears at the interval of the recipe."));
        return;
    }
    const auto shown = columns();
    const int tile = side();
    const double ratio = devicePixelRatioF();
    const int step = shown.size() > 1 ? std::min((width() - labelWidth - tile) / int(shown.size() - 1), tile + 48) : 0;
    for (std::size_t row = 0; row < m_classes.size(); ++row) {
        const int top = headHeight + int(row) * (tile + gap);
        paintClassSwatch(painter, QRect(0, top + tile / 2 - 10, 30, 20), m_classes[row].code, QColor(m_classes[row].colour));
    }
    for (std::size_t column = 0; column < shown.size(); ++column) {
        const auto& sheet = m_sheets[std::size_t(shown[column])];
        const int left = labelWidth + int(column) * step;
        const bool newest = column + 1 == shown.size();
        QFont head = axisFont(font());
        if (newest) head.setWeight(QFont::DemiBold);
        painter.setFont(head);
        painter.setPen(newest ? theme().text : theme().text2);
        painter.drawText(QRect(left + tile / 2 - 60, 0, 120, 16), Qt::AlignCenter, imagesText(double(sheet.images)));
        const auto found = m_tiles.find(sheet.file);
        for (std::size_t row = 0; row < m_classes.size(); ++row) {
            const QRect place(left, headHeight + int(row) * (tile + gap), tile, tile);
            const bool there = found != m_tiles.end() && row < found->second.byClass.size();
            if (there) {
                painter.setRenderHint(QPainter::SmoothPixmapTransform);
                painter.drawImage(place, found->second.byClass[row]);
            }
            const DevicePainting device(painter, ratio);
            const QRect onDevice(int(place.x() * ratio), int(place.y() * ratio), int(tile * ratio), int(tile * ratio));
            if (there) paintFrame(painter, onDevice, FrameKind::Synthetic, ratio);
            else paintMissingFrame(painter, onDevice, true, ratio);
        }
    }
}

} // namespace phloxine::ui
