#pragma once
// Which model makes the tiles, and it in four facts: scale, stain, latent, licence. They decide whether a tile can be compared with a
// slide.
#include <QWidget>

#include "core/model/ModelStore.h"

class QComboBox;
class QGridLayout;
class QLabel;

namespace phloxine::ui {

class Badge;

class ModelPanel : public QWidget {
    Q_OBJECT
public:
    explicit ModelPanel(QWidget* parent = nullptr);
    void setModels(const std::vector<ModelEntry>& models, const std::filesystem::path& chosen);
    void setCard(const ModelCard& card);
    void setMissing(const QString& sentence); // no model can be used, and why

Q_SIGNALS:
    void chosen(const QString& path);

private:
    QLabel* addFact(QGridLayout& grid, int row, int column, int span, const QString& head);

    QComboBox* m_models;
    QLabel *m_title, *m_limits, *m_scale, *m_stain, *m_latent, *m_licence;
    Badge* m_source;
    QWidget* m_facts;
};

} // namespace phloxine::ui
