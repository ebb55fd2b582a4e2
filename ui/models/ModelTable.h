#pragma once
// The models on this machine as a table: one row a model, two lines a cell.
#include <QAbstractTableModel>

#include "ui/models/model_facts.h"

namespace phloxine::ui {

enum ModelRole {
    secondLineRole = Qt::UserRole + 1, // smaller, under the first
    badgeToneRole,                     // a Tone: the second line is a badge
    modelPathRole
};

class ModelTable : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Title, Condition, Latent, TileSize, ScaleOfTile, Licence, Size, columns };
    using QAbstractTableModel::QAbstractTableModel;

    void setModels(std::vector<ModelFacts> models);
    const std::vector<ModelFacts>& models() const { return m_models; }
    int rowOf(const QString& path) const; // -1 = not there

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<ModelFacts> m_models;
};

} // namespace phloxine::ui
