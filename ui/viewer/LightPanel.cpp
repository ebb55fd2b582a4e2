#include "ui/viewer/LightPanel.h"

#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

LightPanel::LightPanel(QWidget* parent) : QFrame(parent, Qt::Popup) {
    setFrameShape(QFrame::StyledPanel);
    setAccessibleName(tr("Light of the view"));
    auto* form = new QFormLayout(this);
    form->setContentsMargins(16, 12, 16, 12);
    form->setSpacing(8);
    m_stain = new QComboBox(this);
    m_stain->setObjectName(QStringLiteral("stainView"));
    m_stain->addItem(tr("As it is"));
    for (auto stain = nextStain(ViewLight::Stain::All); stain != ViewLight::Stain::All; stain = nextStain(stain))
        m_stain->addItem(stainName(stain));
    form->addRow(tr("Stain"), m_stain);
    m_brightness = addSlider(tr("Brightness"), -100, 100);
    m_contrast = addSlider(tr("Contrast"), -100, 100);
    m_gamma = addSlider(tr("Gamma"), -200, 200);
    m_match = new QCheckBox(tr("Tile in the stain of the slide under the box"), this);
    m_match->setObjectName(QStringLiteral("matchStain"));
    form->addRow(m_match);
    m_profile = new QCheckBox(tr("Slide in the colours of its scanner's profile (ICC)"), this);
    m_profile->setObjectName(QStringLiteral("colourProfile"));
    offerProfile(false);
    form->addRow(m_profile);
    m_grid = new QCheckBox(tr("Grid of the model's tile size"), this);
    form->addRow(m_grid);
    auto* row = new QHBoxLayout;
    const auto addButton = [&](const QString& text, auto change) {
        auto* button = new QPushButton(text, this);
        row->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, change] {
            ViewSettings settings = m_settings;
            change(settings);
            set(settings);
        });
    };
    addButton(tr("Turn left"), [](ViewSettings& s) { s.orientation = s.orientation.turnedBy(-1); });
    addButton(tr("Turn right"), [](ViewSettings& s) { s.orientation = s.orientation.turnedBy(1); });
    addButton(tr("Flip"), [](ViewSettings& s) { s.orientation = s.orientation.flipped(); });
    addButton(tr("Reset"), [](ViewSettings& s) { s = {}; });
    form->addRow(row);
    form->addRow(mutedLabel(tr("Changes the view of both panes. Files and measures stay as they are."), this));
    connect(m_stain, &QComboBox::currentIndexChanged, this, &LightPanel::take);
    connect(m_grid, &QCheckBox::toggled, this, &LightPanel::take);
    connect(m_match, &QCheckBox::toggled, this, &LightPanel::take);
    connect(m_profile, &QCheckBox::toggled, this, &LightPanel::take);
}

void LightPanel::offerProfile(bool offered) {
    m_profile->setEnabled(offered);
    m_profile->setToolTip(offered ? tr("Tiles have no profile: compare colours of tile and slide without it.")
                                  : tr("This slide brings no colour profile."));
}

QSlider* LightPanel::addSlider(const QString& name, int low, int high) {
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setRange(low, high);
    slider->setPageStep(high / 5);
    slider->setAccessibleName(name);
    static_cast<QFormLayout*>(layout())->addRow(name, slider);
    connect(slider, &QSlider::valueChanged, this, &LightPanel::take);
    return slider;
}

void LightPanel::set(const ViewSettings& settings) {
    if (m_settings == settings) return;
    m_settings = settings;
    show(settings);
    Q_EMIT changed();
}

void LightPanel::show(const ViewSettings& settings) {
    const QSignalBlocker stain(m_stain), brightness(m_brightness), contrast(m_contrast), gamma(m_gamma), grid(m_grid), match(m_match),
        profile(m_profile);
    m_stain->setCurrentIndex(int(settings.light.stain));
    m_brightness->setValue(settings.light.brightness);
    m_contrast->setValue(settings.light.contrast);
    m_gamma->setValue(int(std::lround(100 * std::log2(settings.light.gamma))));
    m_grid->setChecked(settings.grid);
    m_match->setChecked(settings.matchStain);
    m_profile->setChecked(settings.profile);
}

void LightPanel::take() {
    ViewSettings settings = m_settings;
    settings.light = {ViewLight::Stain(m_stain->currentIndex()), m_brightness->value(), m_contrast->value(),
                      std::exp2(m_gamma->value() / 100.0)};
    settings.grid = m_grid->isChecked();
    settings.matchStain = m_match->isChecked();
    settings.profile = m_profile->isChecked();
    if (settings == m_settings) return;
    m_settings = settings;
    Q_EMIT changed();
}

} // namespace phloxine::ui
