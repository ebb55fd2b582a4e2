#pragma once
// How a tile is computed: sampler, steps, guidance, seed, number of tiles.
#include <QWidget>

#include "core/generate/GenerateRequest.h"
#include "core/model/ModelCard.h"

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QSlider;
class QSpinBox;
class QToolButton;

namespace phloxine::ui {

class AdvancedSampling;
class PresetButton;
class SeedEdit;

class SamplingPanel : public QWidget {
    Q_OBJECT
public:
    explicit SamplingPanel(QWidget* parent = nullptr);
    void setCard(const ModelCard& card);
    void resetToDefaults();

    void writeTo(GenerateRequest& request) const;
    void readFrom(const GenerateRequest& request); // all but the number of tiles
    quint64 seed() const;
    void setSeed(quint64 seed);
    void drawSeed(); // a new one by chance
    int tiles() const;
    void setTiles(int count);
    PresetButton& presets() { return *m_presets; }
    void setRecyclable(bool there); // a tile is selected whose seed can be used

Q_SIGNALS:
    void changed();
    void recycleRequested(); // the seed of the selected tile

private:
    void addHead(QGridLayout& grid);
    void addSampler(QGridLayout& grid, int row);
    void addSteps(QGridLayout& grid, int row);
    void addGuidance(QGridLayout& grid, int row);
    void addSeed(QGridLayout& grid, int row);
    void addTiles(QGridLayout& grid, int row);
    void listSamplers();
    void takeSampler();
    void showChange();

    ModelCard m_card;
    PresetButton* m_presets;
    QComboBox* m_sampler;
    QSlider *m_stepsSlider, *m_guidanceSlider;
    QSpinBox *m_steps, *m_tiles;
    QDoubleSpinBox* m_guidance;
    AdvancedSampling* m_advanced;
    SeedEdit* m_seed;
    QToolButton *m_recycle, *m_reset;
    QLabel* m_seeds;
};

} // namespace phloxine::ui
