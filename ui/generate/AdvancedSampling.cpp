#include "ui/generate/AdvancedSampling.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

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
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_fold = new QToolButton(this);
    m_fold->setObjectName(QStringLiteral("advancedFold"));
    m_fold->setText(tr("Advanced"));
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_fold->setAutoRaise(true);
    m_fold->setCheckable(true);
    column->addWidget(m_fold, 0, Qt::AlignLeft);
    m_rows = new QWidget(this);
    column->addWidget(m_rows);
    auto* grid = new QGridLayout(m_rows);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    grid->setColumnMinimumWidth(0, labelWidth);
    grid->setColumnStretch(1, 1);
    m_spacing = new QComboBox(m_rows);
    m_spacing->setObjectName(QStringLiteral("spacingCombo"));
    m_spacing->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_spacing->setMinimumContentsLength(8);
    m_spacing->setToolTip(tr("Which noise levels the steps visit"));
    m_spacing->addItem(QString(), QString());
    for (const auto& row : spacingRows()) m_spacing->addItem(fromUtf8(row.title), fromUtf8(row.id));
    auto* label = new QLabel(tr("Spa&cing"), m_rows);
    label->setBuddy(m_spacing);
    grid->addWidget(label, 0, 0);
    grid->addWidget(m_spacing, 0, 1);
    addParameter("eta", tr("Fres&h noise"), &GenerateRequest::eta);
    addParameter("churn", tr("Chur&n"), &GenerateRequest::churn);
    addParameter("shift", tr("Shif&t"), &GenerateRequest::shift);
    connect(m_spacing, &QComboBox::currentIndexChanged, this, &AdvancedSampling::changed);
    connect(m_fold, &QToolButton::toggled, this, &AdvancedSampling::setOpen);
    setOpen(false);
}

void AdvancedSampling::addParameter(const char* id, const QString& text, std::optional<double> GenerateRequest::*field) {
    auto* grid = static_cast<QGridLayout*>(m_rows->layout());
    auto* spin = new QDoubleSpinBox(m_rows);
    spin->setObjectName(QString::fromLatin1(id) + QStringLiteral("Spin"));
    spin->setFixedWidth(spinWidth);
    spin->setAlignment(Qt::AlignRight);
    auto* label = new QLabel(text, m_rows);
    label->setBuddy(spin);
    const int row = grid->rowCount();
    grid->addWidget(label, row, 0);
    grid->addWidget(spin, row, 1, Qt::AlignLeft);
    m_parameters.push_back({id, field, label, spin});
    connect(spin, &QDoubleSpinBox::valueChanged, this, &AdvancedSampling::changed);
}

void AdvancedSampling::setOpen(bool open) {
    m_fold->setChecked(open);
    m_fold->setIcon(icon(open ? "chevron-down" : "chevron-right", 16));
    m_fold->setAccessibleDescription(open ? tr("Shown") : tr("Folded"));
    m_rows->setVisible(open);
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
    for (const Parameter& parameter : m_parameters)
        if (parameter.offered && parameter.spin->value() != parameter.byDefault) request.*parameter.field = parameter.spin->value();
}

void AdvancedSampling::readFrom(const GenerateRequest& request) {
    m_spacing->setCurrentIndex(std::max(0, m_spacing->findData(fromUtf8(request.spacing))));
    bool special = m_spacing->currentIndex() > 0;
    for (const Parameter& parameter : m_parameters)
        if (parameter.offered) {
            parameter.spin->setValue((request.*parameter.field).value_or(parameter.byDefault));
            special = special || parameter.spin->value() != parameter.byDefault;
        }
    if (special) setOpen(true); // what is not as usual is seen
}

} // namespace phloxine::ui
