#include "ui/generate/PresetDialogs.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

constexpr int dialogWidth = 360, margin = 16;

QVBoxLayout* columnOf(QDialog& dialog) {
    dialog.setMinimumWidth(dialogWidth);
    auto* column = new QVBoxLayout(&dialog);
    column->setContentsMargins(margin, margin, margin, margin);
    column->setSpacing(8);
    return column;
}

QLabel* problemLabel(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setObjectName(QStringLiteral("presetProblem"));
    label->setProperty("role", QStringLiteral("error"));
    label->setWordWrap(true);
    return label;
}

} // namespace

SavePresetDialog::SavePresetDialog(const std::vector<Preset>& presets, QWidget* parent) : QDialog(parent), m_presets(presets) {
    setObjectName(QStringLiteral("savePresetDialog"));
    setWindowTitle(tr("Save as preset"));
    auto* column = columnOf(*this);
    auto* label = new QLabel(tr("&Name"), this);
    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("presetName"));
    label->setBuddy(m_name);
    m_problem = problemLabel(this);
    m_condition = new QCheckBox(tr("With the tissue class or the text"), this);
    m_condition->setObjectName(QStringLiteral("presetWithCondition"));
    auto* note = mutedLabel(tr("The seed and the model are not part of a preset."), this);
    m_buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    for (QAbstractButton* button : m_buttons->buttons()) button->setIcon({});
    for (QWidget* w : std::initializer_list<QWidget*>{label, m_name, m_problem, m_condition, note, m_buttons}) column->addWidget(w);
    connect(m_name, &QLineEdit::textChanged, this, &SavePresetDialog::check);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
}

QString SavePresetDialog::name() const { return m_name->text().simplified(); }
bool SavePresetDialog::withCondition() const { return m_condition->isChecked(); }

void SavePresetDialog::check() {
    const QString why = whyNotAName(name(), m_presets);
    m_problem->setText(name().isEmpty() ? QString() : why); // nothing is wrong before something is written
    m_problem->setVisible(!m_problem->text().isEmpty());
    m_buttons->button(QDialogButtonBox::Save)->setEnabled(why.isEmpty());
}

ManagePresetsDialog::ManagePresetsDialog(std::vector<Preset> presets, QWidget* parent) : QDialog(parent), m_presets(std::move(presets)) {
    setObjectName(QStringLiteral("managePresetsDialog"));
    setWindowTitle(tr("Presets"));
    auto* column = columnOf(*this);
    m_list = new QListWidget(this);
    m_list->setObjectName(QStringLiteral("presetList"));
    m_list->setAccessibleName(tr("Your presets"));
    for (const auto& preset : m_presets) m_list->addItem(preset.name);
    auto* label = new QLabel(tr("&Name"), this);
    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("presetName"));
    label->setBuddy(m_name);
    m_delete = new QPushButton(tr("&Delete"), this);
    m_delete->setObjectName(QStringLiteral("deletePreset"));
    m_delete->setProperty("tall", true);
    m_delete->setAutoDefault(false);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(label);
    row->addWidget(m_name, 1);
    row->addWidget(m_delete);
    m_problem = problemLabel(this);
    m_buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    for (QAbstractButton* button : m_buttons->buttons()) button->setIcon({});
    column->addWidget(m_list);
    column->addLayout(row);
    column->addWidget(m_problem);
    column->addWidget(m_buttons);
    connect(m_list, &QListWidget::currentRowChanged, this, &ManagePresetsDialog::showChosen);
    connect(m_name, &QLineEdit::textEdited, this, &ManagePresetsDialog::rename);
    connect(m_delete, &QPushButton::clicked, this, &ManagePresetsDialog::removeChosen);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_list->setCurrentRow(0);
    showChosen();
}

void ManagePresetsDialog::showChosen() {
    const int row = m_list->currentRow();
    const bool there = row >= 0 && row < int(m_presets.size());
    m_name->setText(there ? m_presets[std::size_t(row)].name : QString());
    m_name->setEnabled(there);
    m_delete->setEnabled(there);
    rename(m_name->text());
}

// A name that cannot be given is not taken over; another row can be chosen only with the last good one.
void ManagePresetsDialog::rename(const QString& name) {
    const int row = m_list->currentRow();
    const bool there = row >= 0 && row < int(m_presets.size());
    const QString why = there ? whyNotAName(name, m_presets, m_presets[std::size_t(row)].name) : QString();
    m_problem->setText(why);
    m_problem->setVisible(!why.isEmpty());
    m_buttons->button(QDialogButtonBox::Save)->setEnabled(why.isEmpty());
    if (!there || !why.isEmpty()) return;
    m_presets[std::size_t(row)].name = name.simplified();
    m_list->item(row)->setText(name.simplified());
}

void ManagePresetsDialog::removeChosen() {
    const int row = m_list->currentRow();
    if (row < 0) return;
    m_presets.erase(m_presets.begin() + row);
    const QSignalBlocker quiet(m_list);
    delete m_list->takeItem(row);
    m_list->setCurrentRow(std::min(row, m_list->count() - 1));
    showChosen();
}

} // namespace phloxine::ui
