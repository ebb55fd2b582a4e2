#pragma once
// The regions as rows: code and colour, name or class, area.
#include <map>

#include <QAbstractListModel>
#include <QIcon>

#include "core/image/Image.h"
#include "ui/regions/RegionDocument.h"
#include "ui/regions/region_labels.h"

namespace phloxine::ui {

QIcon swatchIcon(const RegionLabel& label, double devicePixelRatio);
QString areaText(double areaPx, const Scale& scale); // "0.12 mm²", "850 µm²", "12 000 px" without a scale

class RegionListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { nameRole = Qt::UserRole, areaRole };
    explicit RegionListModel(RegionDocument& document, QObject* parent = nullptr);
    void setLabels(const RegionLabels& labels);
    void setScale(const Scale& scale);
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    RegionDocument& m_document;
    RegionLabels m_labels;
    Scale m_scale;
    mutable std::map<QString, QIcon> m_icons;
};

} // namespace phloxine::ui
