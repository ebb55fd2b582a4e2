#include "ui/widgets/Icon.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include "ui/widgets/Theme.h"

namespace phloxine::ui {
namespace {

// Tabler draws on a 24-unit grid; the program uses a slightly thinner line than theirs.
QByteArray tinted(const QString& name, const QColor& color) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QByteArray svg = file.readAll();
    svg.replace("currentColor", color.name().toLatin1());
    svg.replace("stroke-width=\"2\"", "stroke-width=\"1.75\"");
    return svg;
}

QColor toneColor(IconTone tone) {
    const Theme& t = theme();
    switch (tone) {
    case IconTone::Text:
        return t.text;
    case IconTone::Text2:
        return t.text2;
    case IconTone::OnAccent:
        return t.onAccent;
    case IconTone::Accent:
        return t.accent;
    case IconTone::SoftText:
        return t.softText;
    case IconTone::Ok:
        return t.ok;
    case IconTone::Warn:
        return t.warn;
    case IconTone::Err:
        return t.err;
    case IconTone::Info:
        return t.info;
    }
    return t.text;
}

class TintedEngine : public QIconEngine {
public:
    TintedEngine(QString name, int size, IconTone tone) : m_name(std::move(name)), m_size(size), m_tone(tone) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const double ratio = painter->device() ? painter->device()->devicePixelRatioF() : 1;
        const int side = qMin(rect.width(), rect.height());
        const QPixmap pixmap = iconPixmap(m_name, side, color(mode, state), ratio);
        painter->drawPixmap(QPointF(rect.x() + (rect.width() - side) / 2.0, rect.y() + (rect.height() - side) / 2.0), pixmap);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        return iconPixmap(m_name, qMin(size.width(), size.height()), color(mode, state), 1);
    }
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal) override { // `size` is in device pixels
        return pixmap(size, mode, state);
    }
    QSize actualSize(const QSize& size, QIcon::Mode, QIcon::State) override { return size; }
    QList<QSize> availableSizes(QIcon::Mode, QIcon::State) override { return {QSize(m_size, m_size)}; }
    QIconEngine* clone() const override { return new TintedEngine(*this); }
    QString key() const override { return QStringLiteral("phloxine-tinted"); }
    bool isNull() override { return false; }

private:
    QColor color(QIcon::Mode mode, QIcon::State state) const {
        if (mode == QIcon::Disabled) return theme().disabled;
        if (state == QIcon::On && m_tone == IconTone::Text) return theme().softText;
        return toneColor(m_tone);
    }

    QString m_name;
    int m_size;
    IconTone m_tone;
};

} // namespace

QIcon icon(const char* name, int size) { return icon(name, size, IconTone::Text); }

QIcon icon(const char* name, int size, IconTone tone) { return QIcon(new TintedEngine(QString::fromLatin1(name), size, tone)); }

QPixmap iconPixmap(const QString& name, int size, const QColor& color, double devicePixelRatio) {
    const int side = qMax(1, qRound(size * devicePixelRatio));
    const QString key = QStringLiteral("phloxine/%1/%2/%3").arg(name).arg(side).arg(color.rgba(), 0, 16);
    QPixmap pixmap;
    if (!QPixmapCache::find(key, &pixmap)) {
        pixmap = QPixmap(side, side);
        pixmap.fill(Qt::transparent);
        if (const QByteArray svg = tinted(name, color); !svg.isEmpty()) {
            QPainter painter(&pixmap);
            QSvgRenderer(svg).render(&painter);
        }
        QPixmapCache::insert(key, pixmap);
    }
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

} // namespace phloxine::ui
