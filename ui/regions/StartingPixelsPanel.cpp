#include "ui/regions/StartingPixelsPanel.h"

#include <cmath>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int pictureSide = 88;
constexpr int usualStrength = 60, replaceStrength = 100; // percent, as core/generate takes them

// What is painted anew is hatched in teal over the real pixels.
QImage withMask(QImage picture, const QImage& mask) {
    if (mask.isNull()) return picture;
    QPainter painter(&picture);
    QImage veil(picture.size(), QImage::Format_ARGB32_Premultiplied);
    veil.fill(Qt::transparent);
    const QImage white = mask.convertToFormat(QImage::Format_Grayscale8);
    const int period = std::max(8, picture.width() / 16);
    for (int y = 0; y < veil.height(); ++y) {
        auto* row = reinterpret_cast<QRgb*>(veil.scanLine(y));
        const uchar* inside = white.constScanLine(y);
        for (int x = 0; x < veil.width(); ++x)
            if (inside[x] > 127) row[x] = (x + y) % period < period / 2 ? qRgba(0x0B, 0x67, 0x70, 255) : qRgba(0xD9, 0xEC, 0xEE, 255);
    }
    painter.setOpacity(0.75);
    painter.drawImage(0, 0, veil);
    return picture;
}
} // namespace

StartingPixelsPanel::StartingPixelsPanel(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("startingPixels"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Real pixels"), this));
    head->addStretch(1);
    auto* remove = new QPushButton(tr("Remove"), this);
    remove->setObjectName(QStringLiteral("removeStartingPixels"));
    remove->setProperty("link", true);
    remove->setToolTip(tr("The next tiles start from noise alone again"));
    head->addWidget(remove);
    column->addLayout(head);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    m_picture = new QLabel(this);
    m_picture->setFixedSize(pictureSide, pictureSide);
    m_what = new QLabel(this);
    m_what->setWordWrap(true);
    m_what->setTextFormat(Qt::PlainText);
    m_size = mutedLabel({}, this);
    m_size->setWordWrap(true);
    auto* words = new QVBoxLayout;
    words->setSpacing(4);
    words->addWidget(m_what);
    words->addWidget(m_size);
    words->addStretch(1);
    row->addWidget(m_picture);
    row->addLayout(words, 1);
    column->addLayout(row);
    auto* strengthRow = new QHBoxLayout;
    strengthRow->setSpacing(8);
    auto* label = mutedLabel(tr("Strength"), this);
    m_strengthSlider = new QSlider(Qt::Horizontal, this);
    m_strength = new QSpinBox(this);
    m_strength->setObjectName(QStringLiteral("strengthSpin"));
    m_strength->setSuffix(tr("\u00a0%"));
    m_strengthSlider->setAccessibleName(tr("Strength"));
    m_strength->setAccessibleName(tr("Strength"));
    m_strengthSlider->setRange(5, 100);
    m_strength->setRange(5, 100);
    label->setBuddy(m_strength);
    const QString how = tr("Share of the steps that changes the picture; 100\u00a0% forgets what was there");
    m_strength->setToolTip(how);
    m_strengthSlider->setToolTip(how);
    strengthRow->addWidget(label);
    strengthRow->addWidget(m_strengthSlider, 1);
    strengthRow->addWidget(m_strength);
    column->addLayout(strengthRow);
    connect(m_strengthSlider, &QSlider::valueChanged, m_strength, &QSpinBox::setValue);
    connect(m_strength, qOverload<int>(&QSpinBox::valueChanged), this, [this](int percent) {
        m_strengthSlider->setValue(percent);
        Q_EMIT changed();
    });
    connect(remove, &QPushButton::clicked, this, &StartingPixelsPanel::clear);
    hide();
}

void StartingPixelsPanel::set(const StartingPixels& pixels) {
    m_pixels = pixels;
    const bool replaces = !pixels.mask.isNull();
    m_what->setText(replaces ? tr("The inside of the region is painted anew, the rest stays to the byte.")
                             : tr("The next tiles start from this place of the slide."));
    const QLocale locale;
    const auto micrometres = [&](int px) { return locale.toString(std::lround(px * pixels.micronsPerPixel)); };
    QString size = tr("%1 \u00d7 %2\u00a0\u00b5m, %3 \u00d7 %4\u00a0px")
                       .arg(micrometres(pixels.files.widthPx), micrometres(pixels.files.heightPx))
                       .arg(pixels.files.widthPx)
                       .arg(pixels.files.heightPx);
    if (replaces)
        size = tr("%1, %2\u00a0% of it new", "size, share").arg(size, locale.toString(std::lround(100 * pixels.files.paintedShare)));
    m_size->setText(size);
    m_picture->setAccessibleName(replaces ? tr("Real tissue, hatched where it is painted anew") : tr("Real tissue"));
    {
        const QSignalBlocker quiet(m_strength);
        m_strength->setValue(replaces ? replaceStrength : usualStrength);
        m_strengthSlider->setValue(m_strength->value());
    }
    showPicture();
    show();
    Q_EMIT changed();
}

void StartingPixelsPanel::showPicture() {
    const double ratio = devicePixelRatioF();
    QPixmap shown =
        QPixmap::fromImage(withMask(m_pixels->picture, m_pixels->mask)
                               .scaled((m_picture->size() * ratio).expandedTo({1, 1}), Qt::KeepAspectRatio, Qt::SmoothTransformation));
    shown.setDevicePixelRatio(ratio);
    m_picture->setPixmap(shown);
}

void StartingPixelsPanel::clear() {
    if (!m_pixels) return;
    m_pixels.reset();
    hide();
    Q_EMIT changed();
}

bool StartingPixelsPanel::setModel(int tilePx, double micronsPerPixel) {
    if (!m_pixels || (m_pixels->files.tilePx == tilePx && std::abs(m_pixels->micronsPerPixel - micronsPerPixel) < 1e-9)) return true;
    clear();
    return false;
}

void StartingPixelsPanel::writeTo(GenerateRequest& request) const {
    if (!m_pixels) return;
    m_pixels->files.writeTo(request);
    request.strength = m_strength->value() / 100.0;
}

} // namespace phloxine::ui
