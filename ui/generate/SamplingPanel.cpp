#include "ui/generate/SamplingPanel.h"

#include <cmath>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QStandardItemModel>
#include <QToolButton>

#include "core/generate/Generator.h"
#include "ui/generate/AdvancedSampling.h"
#include "ui/generate/PresetButton.h"
#include "ui/generate/SeedEdit.h"
#include "ui/generate/words.h"
#include "ui/widgets/Icon.h"

namespace phloxine::ui {

namespace {
// Short enough to be read aloud and typed; any seed below 2^53 can be entered.
quint64 newSeed() { return randomSeed() % 1'000'000'000; }

// What tells the samplers apart, in words: cost, and whether the picture settles with more steps.
QString tipOf(const SamplerRow& row) {
    const QString cost =
        row.callsPerStep > 1 ? SamplingPanel::tr("Each step takes about %1 times as long.").arg(row.callsPerStep) : QString();
    QString words = row.drawsNoise ? SamplingPanel::tr("Adds fresh noise at each step: another number of steps makes another picture.")
                                   : SamplingPanel::tr("Adds no noise: more steps refine the same picture.");
    if (row.models == SamplerModels::FlowMatching) words = SamplingPanel::tr("For models that were trained by flow matching.");
    if (row.models == SamplerModels::WithScheduler) words = SamplingPanel::tr("For diffusers folders: as their scheduler says.");
    return cost.isEmpty() ? words : words + QLatin1Char('\n') + cost;
}

constexpr int labelWidth = 76, spinWidth = 64, presetWidth = 148, mostSteps = 100, mostTiles = 999;
constexpr double mostGuidance = 10, guidanceSteps = 20; // slider steps of 0.05
} // namespace

SamplingPanel::SamplingPanel(QWidget* parent) : QWidget(parent) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    grid->setColumnMinimumWidth(0, labelWidth);
    grid->setColumnStretch(1, 1);
    addHead(*grid);
    addSampler(*grid, 1); // and what is folded away below it
    addSteps(*grid, 3);
    addGuidance(*grid, 4);
    addSeed(*grid, 5);
    addTiles(*grid, 6);
    takeSampler();
    drawSeed();
}

void SamplingPanel::addHead(QGridLayout& grid) {
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    row->addWidget(sectionHead(tr("Sampling"), this));
    row->addStretch(1);
    m_presets = new PresetButton(this);
    m_presets->setMinimumWidth(presetWidth);
    m_reset = new QToolButton(this);
    m_reset->setObjectName(QStringLiteral("resetSamplingButton"));
    m_reset->setIcon(icon("refresh"));
    m_reset->setToolTip(tr("Reset to model defaults"));
    m_reset->setAccessibleName(tr("Reset to model defaults"));
    m_reset->setFixedSize(30, 30);
    m_reset->setProperty("outlined", true);
    row->addWidget(m_presets);
    row->addWidget(m_reset);
    grid.addLayout(row, 0, 0, 1, 3);
    connect(m_reset, &QToolButton::clicked, this, &SamplingPanel::resetToDefaults);
}

void SamplingPanel::addSampler(QGridLayout& grid, int row) {
    auto* label = new QLabel(tr("Sa&mpler"), this);
    m_sampler = new QComboBox(this);
    m_sampler->setObjectName(QStringLiteral("samplerCombo"));
    m_sampler->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_sampler->setMinimumContentsLength(8);
    listSamplers();
    label->setBuddy(m_sampler);
    grid.addWidget(label, row, 0);
    m_advanced = new AdvancedSampling(this);
    auto* cells = new QHBoxLayout;
    cells->setSpacing(4);
    cells->addWidget(m_sampler, 1);
    cells->addWidget(m_advanced->button());
    grid.addLayout(cells, row, 1, 1, 2);
    grid.addWidget(m_advanced, row + 1, 0, 1, 3);
    connect(m_advanced, &AdvancedSampling::changed, this, &SamplingPanel::showChange);
    connect(m_sampler, &QComboBox::currentIndexChanged, this, &SamplingPanel::takeSampler);
}

// Those that settle first, then those that add noise, each in the order of the table. A model of flow matching takes that sampler alone,
// and no other model takes it.
void SamplingPanel::listSamplers() {
    const QSignalBlocker quiet(m_sampler);
    m_sampler->clear();
    const auto kind = [](const SamplerRow& row) { return row.models != SamplerModels::Others ? 2 : row.drawsNoise ? 1 : 0; };
    bool flow = false;
    for (const auto& row : samplerRows()) flow = flow || (row.id == m_card.defaultSampler && row.models == SamplerModels::FlowMatching);
    for (int group = 0; group < 3; ++group) {
        if (group) m_sampler->insertSeparator(m_sampler->count());
        for (const auto& row : samplerRows()) {
            if (kind(row) != group) continue;
            m_sampler->addItem(fromUtf8(row.title), fromUtf8(row.id));
            m_sampler->setItemData(m_sampler->count() - 1, tipOf(row), Qt::ToolTipRole);
            if (row.models != SamplerModels::WithScheduler && (row.models == SamplerModels::FlowMatching) != flow)
                static_cast<QStandardItemModel*>(m_sampler->model())->item(m_sampler->count() - 1)->setEnabled(false);
        }
    }
    m_sampler->setMaxVisibleItems(m_sampler->count());
}

void SamplingPanel::takeSampler() {
    const QString id = m_sampler->currentData().toString();
    for (const auto& row : samplerRows())
        if (fromUtf8(row.id) == id) {
            m_sampler->setToolTip(tipOf(row));
            m_advanced->setSampler(row);
        }
    showChange();
}

void SamplingPanel::addSteps(QGridLayout& grid, int row) {
    auto* label = new QLabel(tr("&Steps"), this);
    m_stepsSlider = new QSlider(Qt::Horizontal, this);
    m_stepsSlider->setRange(1, mostSteps);
    m_stepsSlider->setAccessibleName(tr("Steps"));
    m_steps = new QSpinBox(this);
    m_steps->setObjectName(QStringLiteral("stepsSpin"));
    m_steps->setRange(1, 1000);
    m_steps->setFixedWidth(spinWidth);
    m_steps->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_steps->setAlignment(Qt::AlignRight);
    label->setBuddy(m_steps);
    grid.addWidget(label, row, 0);
    grid.addWidget(m_stepsSlider, row, 1);
    grid.addWidget(m_steps, row, 2);
    connect(m_stepsSlider, &QSlider::valueChanged, m_steps, &QSpinBox::setValue);
    connect(m_steps, &QSpinBox::valueChanged, this, [this](int steps) {
        const QSignalBlocker quiet(m_stepsSlider); // more steps than the slider has stay as typed
        m_stepsSlider->setValue(steps);
        showChange();
    });
}

void SamplingPanel::addGuidance(QGridLayout& grid, int row) {
    auto* label = new QLabel(tr("G&uidance"), this);
    m_guidanceSlider = new QSlider(Qt::Horizontal, this);
    m_guidanceSlider->setRange(int(guidanceSteps), int(mostGuidance * guidanceSteps));
    m_guidanceSlider->setSingleStep(5);
    m_guidanceSlider->setPageStep(10);
    m_guidanceSlider->setAccessibleName(tr("Guidance"));
    m_guidance = new QDoubleSpinBox(this);
    m_guidance->setObjectName(QStringLiteral("guidanceSpin"));
    m_guidance->setRange(1, 30);
    m_guidance->setDecimals(2);
    m_guidance->setSingleStep(0.25);
    m_guidance->setSpecialValueText(tr("off")); // at 1 the model is not guided
    m_guidance->setFixedWidth(spinWidth);
    m_guidance->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_guidance->setAlignment(Qt::AlignRight);
    label->setBuddy(m_guidance);
    grid.addWidget(label, row, 0);
    grid.addWidget(m_guidanceSlider, row, 1);
    grid.addWidget(m_guidance, row, 2);
    connect(m_guidanceSlider, &QSlider::valueChanged, this, [this](int value) { m_guidance->setValue(value / guidanceSteps); });
    connect(m_guidance, &QDoubleSpinBox::valueChanged, this, [this](double guidance) {
        const QSignalBlocker quiet(m_guidanceSlider);
        m_guidanceSlider->setValue(int(std::lround(guidance * guidanceSteps)));
        showChange();
    });
}

void SamplingPanel::addSeed(QGridLayout& grid, int row) {
    auto* label = new QLabel(tr("S&eed"), this);
    m_seed = new SeedEdit(this);
    m_seed->setObjectName(QStringLiteral("seedEdit"));
    label->setBuddy(m_seed);
    auto* dice = new QToolButton(this);
    dice->setObjectName(QStringLiteral("diceButton"));
    dice->setIcon(icon("dice-5"));
    dice->setToolTip(tr("New seed"));
    dice->setAccessibleName(tr("New seed"));
    m_recycle = new QToolButton(this);
    m_recycle->setObjectName(QStringLiteral("recycleButton"));
    m_recycle->setIcon(icon("recycle"));
    m_recycle->setAccessibleName(tr("Seed of the selected tile"));
    for (QToolButton* button : {dice, m_recycle}) {
        button->setFixedSize(30, 30);
        button->setProperty("outlined", true);
    }
    auto* cells = new QHBoxLayout;
    cells->setSpacing(4);
    cells->addWidget(m_seed, 1);
    cells->addWidget(dice);
    cells->addWidget(m_recycle);
    grid.addWidget(label, row, 0);
    grid.addLayout(cells, row, 1, 1, 2);
    connect(m_seed, &SeedEdit::seedChanged, this, &SamplingPanel::showChange);
    connect(dice, &QToolButton::clicked, this, [this] { drawSeed(); });
    connect(m_recycle, &QToolButton::clicked, this, &SamplingPanel::recycleRequested);
    setRecyclable(false);
}

void SamplingPanel::addTiles(QGridLayout& grid, int row) {
    auto* label = new QLabel(tr("T&iles"), this);
    m_tiles = new QSpinBox(this);
    m_tiles->setObjectName(QStringLiteral("tilesSpin"));
    m_tiles->setRange(1, mostTiles);
    m_tiles->setFixedWidth(spinWidth);
    m_tiles->setAlignment(Qt::AlignRight);
    m_tiles->setValue(4);
    label->setBuddy(m_tiles);
    m_seeds = mutedLabel({}, this);
    m_seeds->setObjectName(QStringLiteral("seedRange"));
    auto* cells = new QHBoxLayout;
    cells->setSpacing(8);
    cells->addWidget(m_tiles);
    cells->addWidget(m_seeds, 1);
    grid.addWidget(label, row, 0);
    grid.addLayout(cells, row, 1, 1, 2);
    connect(m_tiles, &QSpinBox::valueChanged, this, &SamplingPanel::showChange);
}

void SamplingPanel::showChange() {
    GenerateRequest request;
    writeTo(request);
    const quint64 first = request.variationSeed.value_or(request.seed), last = first + quint64(request.count) - 1;
    m_seeds->setText(request.count == 1 ? tr("seed %1").arg(seedEnding(first))
                                        : tr("seeds %1 to %2").arg(seedEnding(first), seedEnding(last)));
    m_presets->showFor(request);
    Q_EMIT changed();
}

void SamplingPanel::setCard(const ModelCard& card) {
    m_card = card;
    m_presets->setCard(card);
    listSamplers();
    takeSampler();
    resetToDefaults();
}

void SamplingPanel::resetToDefaults() {
    GenerateRequest defaults;
    defaults.sampler = m_card.defaultSampler;
    defaults.steps = m_card.defaultSteps;
    defaults.guidance = m_card.defaultGuidance;
    defaults.seed = seed();
    readFrom(defaults);
}

void SamplingPanel::writeTo(GenerateRequest& request) const {
    request.sampler = m_sampler->currentData().toString().toStdString();
    request.steps = m_steps->value();
    request.guidance = m_guidance->value();
    request.seed = seed();
    request.count = tiles();
    m_advanced->writeTo(request);
}

void SamplingPanel::readFrom(const GenerateRequest& request) {
    if (const int row = m_sampler->findData(fromUtf8(request.sampler)); row >= 0) m_sampler->setCurrentIndex(row);
    m_advanced->readFrom(request);
    m_steps->setValue(request.steps);
    m_guidance->setValue(request.guidance);
    setSeed(request.seed);
}

quint64 SamplingPanel::seed() const { return m_seed->seed(); }
void SamplingPanel::setSeed(quint64 seed) { m_seed->setSeed(seed); }
void SamplingPanel::drawSeed() { setSeed(newSeed()); }
int SamplingPanel::tiles() const { return m_tiles->value(); }
void SamplingPanel::setTiles(int count) { m_tiles->setValue(count); }

void SamplingPanel::setRecyclable(bool there) {
    m_recycle->setEnabled(there);
    m_recycle->setToolTip(there ? tr("Seed of the selected tile") : tr("Select a tile to use its seed"));
}

} // namespace phloxine::ui
