#include "ui/generate/PresetButton.h"

#include <QCoreApplication>
#include <QMenu>

#include "core/base/Error.h"
#include "ui/generate/PresetDialogs.h"
#include "ui/generate/sampling_words.h"
#include "ui/generate/words.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int widestName = 120;

QString titleOf(const BuiltInPreset& row) { return QCoreApplication::translate("phloxine::ui::Presets", row.title); }
QString escaped(QString name) { return name.replace(QLatin1Char('&'), QStringLiteral("&&")); } // a menu reads & as a key
} // namespace

PresetButton::PresetButton(QWidget* parent) : QPushButton(parent), m_menu(new QMenu(this)) {
    setObjectName(QStringLiteral("presetButton"));
    setToolTip(tr("Named sets of steps, sampler, guidance and number of tiles"));
    setMenu(m_menu);
    auto loaded = loadPresets(presetsFile());
    m_presets = std::move(loaded.presets);
    if (!loaded.writable) m_fault = loaded.problem;
    if (!loaded.problem.isEmpty()) // once somebody listens
        QMetaObject::invokeMethod(
            this, [this, said = loaded.problem] { Q_EMIT problem(said); }, Qt::QueuedConnection);
    connect(m_menu, &QMenu::aboutToShow, this, &PresetButton::fillMenu);
    fillMenu();
    showFor({});
}

void PresetButton::setCard(const ModelCard& card) { m_card = card; }

void PresetButton::fillMenu() {
    m_menu->clear();
    for (const auto& row : builtInPresets()) {
        const auto request = requestOf(row, m_card);
        m_menu->addAction(tr("%1 (%2)", "preset, sampling").arg(titleOf(row), samplingText(request)), this, [this, &row, request] {
            Q_EMIT applied({titleOf(row), request, false});
        });
    }
    if (!m_presets.empty()) m_menu->addSeparator();
    for (const auto& preset : m_presets)
        m_menu->addAction(tr("%1 (%2)", "preset, sampling").arg(escaped(preset.name), samplingText(preset.request)), this,
                          [this, preset] { Q_EMIT applied(preset); });
    m_menu->addSeparator();
    m_menu->addAction(tr("Save as preset..."), this, &PresetButton::openSave)->setObjectName(QStringLiteral("savePreset"));
    auto* manage = m_menu->addAction(tr("Rename or delete..."), this, &PresetButton::openManage);
    manage->setObjectName(QStringLiteral("managePresets"));
    manage->setEnabled(!m_presets.empty());
}

void PresetButton::showFor(const GenerateRequest& sampling) {
    m_shown = sampling;
    QString name = tr("Own values");
    for (const auto& row : builtInPresets())
        if (sameSampling(requestOf(row, m_card), sampling)) name = titleOf(row);
    for (const auto& preset : m_presets)
        if (sameSampling(preset.request, sampling) && preset.request.count == sampling.count) name = preset.name;
    setText(escaped(fontMetrics().elidedText(name, Qt::ElideRight, widestName)));
    setAccessibleName(tr("Preset"));
    setAccessibleDescription(name);
}

void PresetButton::openSave() {
    if (!m_current) return;
    auto* dialog = new SavePresetDialog(m_presets, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { save(dialog->name(), dialog->withCondition()); });
    dialog->open();
}

void PresetButton::openManage() {
    auto* dialog = new ManagePresetsDialog(m_presets, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { change(dialog->presets()); });
    dialog->open();
}

void PresetButton::save(const QString& name, bool withCondition) {
    auto presets = m_presets;
    presets.push_back(presetOf(name, m_current(), withCondition));
    store(std::move(presets));
}

void PresetButton::change(const std::vector<Preset>& presets) { store(presets); }

// What cannot be stored is not shown as if it were.
void PresetButton::store(std::vector<Preset> presets) {
    if (!m_fault.isEmpty()) return Q_EMIT problem(m_fault);
    try {
        savePresets(presetsFile(), presets);
        m_presets = std::move(presets);
    } catch (const Error& e) { Q_EMIT problem(fromUtf8(e.what())); }
    fillMenu();
    showFor(m_shown);
}

} // namespace phloxine::ui
