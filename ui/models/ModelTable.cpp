#include "ui/models/ModelTable.h"

#include "ui/widgets/labels.h"
#include "ui/widgets/scale_words.h"

namespace phloxine::ui {

namespace {

QString latentText(const ModelCard& card) { return card.latent.empty() ? ModelTable::tr("Not stated") : fromUtf8(card.latent); }

// "KL-f8, 32 x 32 x 4": the kind, then the size under it.
QString part(const QString& text, int line) { return text.section(QStringLiteral(", "), line, line ? -1 : 0); }

QString firstLine(const ModelFacts& facts, int column) {
    const ModelCard& card = facts.card();
    switch (column) {
    case ModelTable::Title:
        return fromUtf8(card.title);
    case ModelTable::Condition:
        return conditionText(card);
    case ModelTable::Latent:
        return part(latentText(card), 0);
    case ModelTable::TileSize:
        return tileText(card);
    case ModelTable::ScaleOfTile:
        return scaleText(card.scale);
    case ModelTable::Licence:
        return licenceText(card);
    case ModelTable::Size:
        return sizeText(facts.bytes);
    }
    return {};
}

QString secondLine(const ModelFacts& facts, int column) {
    const ModelCard& card = facts.card();
    switch (column) {
    case ModelTable::Title:
        return originText(facts);
    case ModelTable::Condition:
        return conditionSize(card);
    case ModelTable::Latent:
        return part(latentText(card), 1).replace(QStringLiteral(" x "), QStringLiteral(" \u00d7 "));
    case ModelTable::TileSize:
        return tileWidthText(card);
    case ModelTable::ScaleOfTile:
        return scaleSourceText(card.scale.source);
    case ModelTable::Licence:
        return card.outputsMayFormDataSets ? QString() : ModelTable::tr("Not for data sets");
    }
    return {};
}

} // namespace

void ModelTable::setModels(std::vector<ModelFacts> models) {
    beginResetModel();
    m_models = std::move(models);
    endResetModel();
}

int ModelTable::rowOf(const QString& path) const {
    for (std::size_t row = 0; row < m_models.size(); ++row)
        if (m_models[row].path() == path) return int(row);
    return -1;
}

int ModelTable::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : int(m_models.size()); }
int ModelTable::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant ModelTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const ModelFacts& facts = m_models[std::size_t(index.row())];
    const int column = index.column();
    const QString first = firstLine(facts, column), second = secondLine(facts, column);
    switch (role) {
    case Qt::DisplayRole:
        return first;
    case secondLineRole:
        return second;
    case Qt::AccessibleTextRole:
        return second.isEmpty() ? first : tr("%1, %2", "first line, second line").arg(first, second);
    case Qt::ToolTipRole:
        return column == ScaleOfTile && !facts.card().scaleNote.empty() ? fromUtf8(facts.card().scaleNote) : first;
    case Qt::TextAlignmentRole:
        return int(Qt::AlignVCenter | (column == Size ? Qt::AlignRight : Qt::AlignLeft));
    case badgeToneRole:
        return column == ScaleOfTile ? QVariant(int(toneOf(facts.card().scale.source))) : QVariant();
    case modelPathRole:
        return facts.path();
    }
    return {};
}

QVariant ModelTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignVCenter | (section == Size ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole) return {};
    const QString heads[columns] = {tr("Model"), tr("Guided by"), tr("Latent"), tr("Tile"), tr("Scale"), tr("Licence"), tr("Size")};
    return section < columns ? heads[section] : QVariant();
}

} // namespace phloxine::ui
