#pragma once
// What few runs need: variations of a tile, how the steps are spaced, and the parameters of the chosen sampler. Folded away until its
// button is pressed.
#include <vector>

#include <QWidget>

#include "core/generate/Generator.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QToolButton;

namespace phloxine::ui {

class SeedEdit;

class AdvancedSampling : public QWidget {
    Q_OBJECT
public:
    explicit AdvancedSampling(QWidget* parent = nullptr);
    void setSampler(const SamplerRow& sampler);   // its own spacing and parameters again
    void writeTo(GenerateRequest& request) const; // only what differs from the sampler's own
    void readFrom(const GenerateRequest& request);
    void setOpen(bool open);
    QToolButton* button() const { return m_button; } // stands beside the sampler

Q_SIGNALS:
    void changed();

private:
    struct Parameter {
        std::string id;
        std::optional<double> GenerateRequest::*field;
        QLabel* label;
        QDoubleSpinBox* spin;
        double byDefault = 0;
        bool offered = false;
    };
    void addVariation();
    void addParameter(const char* id, const QString& text, std::optional<double> GenerateRequest::*field);

    QToolButton* m_button;
    QComboBox* m_spacing;
    SeedEdit* m_variationSeed;
    QDoubleSpinBox* m_variation; // 0 = none
    std::vector<Parameter> m_parameters;
};

} // namespace phloxine::ui
