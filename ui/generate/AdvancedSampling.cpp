#include "ui/generate/AdvancedSampling.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QToolButton>

#include "ui/generate/SeedEdit.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int labelWidth = 76, spinWidth = 88;

QString spacingTitle(const std::string& id) {
    for (const auto& row : spacingRows())
        if (row.id == id) return fromUtf8(row.title);
    return fromUtf8(id);
}
} // namespace

AdvancedSampling::AdvancedSampling(QWidget* parent) : QWidget(parent) {
    m_button = new QToolButton(parent);
    m_button->setObjectName(QStringLiteral("advancedButton"));
    m_button->setIcon(icon("settings"));
    m_button->setFixedSize(30, 30);
    m_button->setCheckable(true);
    m_button->setToolTip(tr("Advanced: variations of a tile, step spacing and parameters of the sampler"));
    m_button->setAccessibleName(tr("Advanced"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    grid->setColumnMinimumWidth(0, labelWidth);
    grid->setColumnStretch(1, 1);
    m_spacing = new QComboBox(this);
    m_spacing->setObjectName(QStringLiteral("spacingCombo"));
    m_spacing->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_spacing->setMinimumContentsLength(8);
    m_spacing->setToolTip(tr("Which noise levels the steps visit"));
    m_spacing->addItem(QString(), QString());
    for (const auto& row : spacingRows()) m_spacing->addItem(fromUtf8(row.title), fromUtf8(row.id));
    auto* label = new QLabel(tr("Spa&cing"), this);
    label->setBuddy(m_spacing);
    grid->addWidget(label, 0, 0);
    grid->addWidget(m_spacing, 0, 1);
    addVariation();
    addParameter("eta", tr("Fres&h noise"), &GenerateRequest::eta);
    addParameter("churn", tr("Chur&n"), &GenerateRequest::churn);
    addParameter("shift", tr("Shif&t"), &GenerateRequest::shift);
    connect(m_spacing, &QComboBox::currentIndexChanged, this, &AdvancedSampling::changed);
    connect(m_button, &QToolButton::toggled, this, &AdvancedSampling::setOpen);
    setOpen(false);
}

// Between the tile of the seed and that of another seed; with a variation the other seed counts up and the seed stays.
void AdvancedSampling::addVariation() {
    auto* grid = static_cast<QGridLayout*>(layout());
    m_variation = new QDoubleSpinBox(this);
    m_variation->setObjectName(QStringLiteral("variationSpin"));
    m_variation->setRange(0, 1);
    m_variation->setSingleStep(0.05);
    m_variation->setSpecialValueText(tr("off"));
    m_variation->setFixedWidth(spinWidth);
    m_variation->setAlignment(Qt::AlignRight);
    m_variation->setToolTip(
        tr("How far each tile goes from that of the seed to that of another seed: small steps give variations of one tile"));
    m_variationSeed = new SeedEdit(this);
    m_variationSeed->setObjectName(QStringLiteral("variationSeedEdit"));
    m_variationSeed->setSeed(1);
    auto* label = new QLabel(tr("&Variation"), this);
    label->setBuddy(m_variation);
    auto* seedLabel = new QLabel(tr("towards see&d"), this);
    seedLabel->setBuddy(m_variationSeed);
    for (const auto& [row, left, right] : {std::tuple<int, QWidget*, QWidget*>{1, label, m_variation}, {2, seedLabel, m_variationSeed}}) {
        grid->addWidget(left, row, 0);
        grid->addWidget(right, row, 1, row == 1 ? Qt::AlignLeft : Qt::Alignment());
    }
    const auto showSeed = [this, seedLabel] {
        for (QWidget* widget : std::initializer_list<QWidget*>{seedLabel, m_variationSeed}) widget->setVisible(m_variation->value() > 0);
        Q_EMIT changed();
    };
    connect(m_variation, &QDoubleSpinBox::valueChanged, this, showSeed);
    connect(m_variationSeed, &SeedEdit::seedChanged, this, &AdvancedSampling::changed);
    showSeed();
}

void AdvancedSampling::addParameter(const char* id, const QString& text, std::optional<double> GenerateRequest::*field) {
    auto* grid = static_cast<QGridLayout*>(layout());
    auto* spin = new QDoubleSpinBox(this);
    spin->setObjectName(QString::fromLatin1(id) + QStringLiteral("Spin"));
    spin->setFixedWidth(spinWidth);
    spin->setAlignment(Qt::AlignRight);
    auto* label = new QLabel(text, this);
    label->setBuddy(spin);
    const int row = grid->rowCount();
    grid->addWidget(label, row, 0);
    grid->addWidget(spin, row, 1, Qt::AlignLeft);
    m_parameters.push_back({id, field, label, spin});
    connect(spin, &QDoubleSpinBox::valueChanged, this, &AdvancedSampling::changed);
}

void AdvancedSampling::setOpen(bool open) {
    m_button->setChecked(open);
    setVisible(open);
}

void AdvancedSampling::setSampler(const SamplerRow& sampler) {
    const bool fixed = sampler.spacing.empty(); // flow matching and schedulers
    m_spacing->setItemText(0, fixed ? tr("Sampler's own") : tr("Sampler's own (%1)").arg(spacingTitle(sampler.spacing)));
    m_spacing->setCurrentIndex(0);
    m_spacing->setEnabled(!fixed);
    for (Parameter& parameter : m_parameters) {
        parameter.offered = false;
        for (const ParamSpec& spec : sampler.parameters) {
            if (spec.id != parameter.id) continue;
            parameter.offered = true;
            parameter.byDefault = spec.defaultValue;
            parameter.spin->setDecimals(spec.step < 0.1 ? 2 : spec.step < 1 ? 1 : 0);
            parameter.spin->setRange(spec.minimum, spec.maximum);
            parameter.spin->setSingleStep(spec.step);
            parameter.spin->setValue(spec.defaultValue);
            parameter.spin->setToolTip(tr("%1 to %2, %3 is the sampler's own").arg(spec.minimum).arg(spec.maximum).arg(spec.defaultValue));
        }
        parameter.label->setVisible(parameter.offered);
        parameter.spin->setVisible(parameter.offered);
    }
}

void AdvancedSampling::writeTo(GenerateRequest& request) const {
    request.spacing = m_spacing->currentData().toString().toStdString();
    if (m_variation->value() > 0) request.variation = m_variation->value(), request.variationSeed = m_variationSeed->seed();
    for (const Parameter& parameter : m_parameters)
        if (parameter.offered && parameter.spin->value() != parameter.byDefault) request.*parameter.field = parameter.spin->value();
}

void AdvancedSampling::readFrom(const GenerateRequest& request) {
    m_spacing->setCurrentIndex(std::max(0, m_spacing->findData(fromUtf8(request.spacing))));
    m_variation->setValue(request.variation);
    if (request.variationSeed) m_variationSeed->setSeed(*request.variationSeed);
    bool special = m_spacing->currentIndex() > 0 || request.variation > 0;
    for (const Parameter& parameter : m_parameters)
        if (parameter.offered) {
            parameter.spin->setValue((request.*parameter.field).value_or(parameter.byDefault));
            special = special || parameter.spin->value() != parameter.byDefault;
        }
    if (special) setOpen(true); // what is not as usual is seen
}

} // namespace phloxine::ui
