#include "ui/regions/RegionListModel.h"

#include <QLocale>
#include <QPainter>

#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

QIcon swatchIcon(const RegionLabel& label, double devicePixelRatio) {
    QPixmap picture(QSize(26, 18) * devicePixelRatio);
    picture.setDevicePixelRatio(devicePixelRatio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    paintClassSwatch(painter, QRect(0, 0, 26, 18), label.code.isEmpty() ? QStringLiteral("\u2013") : label.code,
                     label.code.isEmpty() ? QColor(0x88, 0x88, 0x88) : label.colour);
    QIcon icon(picture);
    icon.addPixmap(picture, QIcon::Selected); // else a chosen row tints the colour of the class
    return icon;
}

QString areaText(double areaPx, const Scale& scale) {
    const QLocale locale;
    if (!scale.known()) return RegionListModel::tr("%1\u00a0px").arg(locale.toString(areaPx, 'f', 0));
    const double um2 = areaPx * scale.micronsPerPixel * scale.micronsPerPixel;
    return um2 >= 1e4 ? RegionListModel::tr("%1\u00a0mm\u00b2").arg(locale.toString(um2 / 1e6, 'g', 2))
                      : RegionListModel::tr("%1\u00a0\u00b5m\u00b2").arg(locale.toString(um2, 'f', 0));
}

RegionListModel::RegionListModel(RegionDocument& document, QObject* parent) : QAbstractListModel(parent), m_document(document) {
    connect(&document, &RegionDocument::changed, this, [this] {
        beginResetModel();
        endResetModel();
    });
}

void RegionListModel::setLabels(const RegionLabels& labels) {
    beginResetModel();
    m_labels = labels;
    m_icons.clear();
    endResetModel();
}

void RegionListModel::setScale(const Scale& scale) {
    m_scale = scale;
    if (m_document.count()) Q_EMIT dataChanged(index(0), index(m_document.count() - 1));
}

int RegionListModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_document.count(); }

QVariant RegionListModel::data(const QModelIndex& index, int role) const {
    const ShownRegion* shown = m_document.at(index.row());
    if (!shown) return {};
    const RegionLabel label = m_labels.of(shown->region);
    const QString own = fromUtf8(shown->region.name), named = own.isEmpty() ? label.name : own;
    const QString name = named.isEmpty() ? tr("Region %1").arg(fromUtf8(shown->region.id)) : named;
    if (role == Qt::DecorationRole) {
        auto& icon = m_icons[label.id + label.colour.name()];
        if (icon.isNull()) icon = swatchIcon(label, 2);
        return icon;
    }
    if (role == nameRole) return shown->outside ? tr("%1 (off the slide)").arg(name) : name;
    if (role == areaRole) return areaText(shown->areaPx, m_scale);
    if (role == Qt::DisplayRole) {
        const QString text = tr("%1, %2", "name of a region, area").arg(name, areaText(shown->areaPx, m_scale));
        return shown->outside ? tr("%1 (off the slide)").arg(text) : text;
    }
    if (role == Qt::ToolTipRole || role == Qt::AccessibleTextRole) {
        const QString kind = label.name.isEmpty() ? tr("no class") : label.name;
        const QString text = tr("Region %1, %2, %3", "name, class, area").arg(name, kind, areaText(shown->areaPx, m_scale));
        return shown->outside ? tr("%1. It lies off this slide.").arg(text) : text;
    }
    return {};
}

} // namespace phloxine::ui
