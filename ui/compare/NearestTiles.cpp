#include "ui/compare/NearestTiles.h"

#include <algorithm>

#include <QApplication>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPointer>
#include <QThreadPool>

#include "core/image/ImageFile.h"
#include "core/image/orientation.h"
#include "ui/widgets/plot_painting.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr int side = 64, gap = 4, pairWidth = 2 * side + gap + 20, pairHeight = side + 48, most = 12;

QImage pictureOf(const std::filesystem::path& file, int orientation) {
    try {
        return toQImage(oriented(readImage(file), orientation)).scaled(2 * side, 2 * side, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    } catch (const std::exception&) { return {}; } // moved away meanwhile: its frame stays empty
}
} // namespace

NearestTiles::NearestTiles(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Nearest training tiles"));
    setCursor(Qt::PointingHandCursor);
}

int NearestTiles::shown() const { return std::min(int(m_pairs.size()), 2 * std::max(1, width() / pairWidth)); }
QSize NearestTiles::sizeHint() const {
    return {4 * pairWidth, (m_pairs.size() > std::size_t(std::max(1, width() / pairWidth)) ? 2 : 1) * pairHeight};
}

void NearestTiles::setReport(std::shared_ptr<const CompareReport> report, int set) {
    m_report = std::move(report);
    m_set = set;
    m_pairs.clear();
    if (m_report)
        for (const auto& pair : m_report->synthetic[std::size_t(set)].copying.pairs)
            if (int(m_pairs.size()) < most) m_pairs.push_back({pair, {}, {}});
    setMinimumHeight(sizeHint().height());
    load();
    update();
}

void NearestTiles::load() {
    const int number = ++m_loading;
    if (m_pairs.empty()) return;
    QThreadPool::globalInstance()->start(
        [view = QPointer<NearestTiles>(this), report = m_report, set = m_set, pairs = m_pairs, number]() mutable {
            for (auto& pair : pairs) {
                pair.synthetic = pictureOf(report->synthetic[std::size_t(set)].files[std::size_t(pair.numbers.syntheticIndex)], 0);
                pair.training = pictureOf(pair.numbers.trainingFile, pair.numbers.orientation);
            }
            QMetaObject::invokeMethod(
                qApp,
                [view, pairs = std::move(pairs), number] {
                    if (!view || view->m_loading != number) return;
                    view->m_pairs = pairs;
                    view->update();
                },
                Qt::QueuedConnection);
        });
}

void NearestTiles::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const int perRow = std::max(1, width() / pairWidth);
    painter.setFont(axisFont(font()));
    for (int i = 0; i < shown(); ++i) {
        const auto& pair = m_pairs[std::size_t(i)];
        const int x = i % perRow * pairWidth, y = i / perRow * pairHeight;
        const QRect left(x + 1, y + 1, side, side), right(x + side + gap + 1, y + 1, side, side);
        if (!pair.synthetic.isNull()) painter.drawImage(left, pair.synthetic);
        if (!pair.training.isNull()) painter.drawImage(right, pair.training);
        QPen dashed(theme().accent, 2, Qt::DashLine);
        painter.setPen(dashed);
        painter.drawRect(left);
        painter.setPen(QPen(theme().text, 1));
        painter.drawRect(right);
        paintBadge(painter, QPoint(x, y + side + 6), pair.numbers.nearCopy ? tr("Near copy") : tr("Below the limit"),
                   pair.numbers.nearCopy ? ui::Tone::Warn : ui::Tone::Ok, font());
        painter.setPen(theme().text2);
        painter.drawText(
            QRect(x, y + side + 28, pairWidth - 8, 16), Qt::AlignLeft | Qt::AlignVCenter,
            tr("%1 %2", "detector, correlation").arg(QString::fromStdString(pair.numbers.detector), shortNumber(pair.numbers.score)));
    }
}

void NearestTiles::mousePressEvent(QMouseEvent* event) {
    const int perRow = std::max(1, width() / pairWidth);
    const int index = int(event->position().y()) / pairHeight * perRow + int(event->position().x()) / pairWidth;
    if (index < shown() && int(event->position().x()) / pairWidth < perRow)
        Q_EMIT tileRequested(true, m_pairs[std::size_t(index)].numbers.syntheticIndex);
}

void NearestTiles::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    setMinimumHeight(sizeHint().height());
}

} // namespace phloxine::ui
