#include "ui/shell/SettingsDialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/job/JobQueue.h"
#include "ui/generate/words.h"
#include "ui/shell/KeysDialog.h"
#include "ui/shell/settings.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

SettingsDialog::SettingsDialog(QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("settingsDialog"));
    setWindowTitle(tr("Settings"));
    setMinimumWidth(560);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(16, 16, 16, 16);
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(12);
    grid->setColumnStretch(1, 1);
    addTheme(grid);
    addSize(grid);
    addDevice(grid);
    addSwitch(grid, QStringLiteral("reduceMotion"), tr("Reduce motion"), tr("No flicker between images: hold Space to swap them."),
              motionSetting, lessMotionByDefault());
    addSwitch(grid, QStringLiteral("askTrash"), tr("Ask before tiles go to the trash"), tr("They can be brought back in any case."),
              askTrashSetting, true);
    auto* keys = new QPushButton(tr("Change keys..."), this);
    keys->setObjectName(QStringLiteral("changeKeys"));
    keys->setAutoDefault(false);
    connect(keys, &QPushButton::clicked, this, [this] { KeysDialog(this).exec(); });
    grid->addWidget(new QLabel(tr("Keyboard"), this), grid->rowCount(), 0);
    grid->addWidget(keys, grid->rowCount() - 1, 1, Qt::AlignLeft);
    auto* buttons = new QDialogButtonBox(this);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole)->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    grid->addWidget(buttons, grid->rowCount(), 0, 1, 2);
}

void SettingsDialog::addTheme(QGridLayout* grid) {
    auto* choice = new SegmentedControl({tr("System"), tr("Light"), tr("Dark"), tr("High contrast")}, this);
    choice->setObjectName(QStringLiteral("themeChoice"));
    choice->setAccessibleName(tr("Theme"));
    choice->setCurrentIndex(int(themeChoice()));
    connect(choice, &SegmentedControl::currentChanged, this, [this](int index) { chooseTheme(ThemeChoice(index)); });
    grid->addWidget(new QLabel(tr("Theme"), this), 0, 0);
    grid->addWidget(choice, 0, 1);
}

void SettingsDialog::addSize(QGridLayout* grid) {
    auto* choice = new QComboBox(this);
    choice->setObjectName(QStringLiteral("sizeChoice"));
    const int now = openSettings()->value(sizeSetting, 100).toInt();
    for (const int percent : {100, 125, 150, 175, 200}) {
        choice->addItem(tr("%1\u00a0%", "percent").arg(percent), percent);
        if (percent == now) choice->setCurrentIndex(choice->count() - 1);
    }
    auto* label = new QLabel(tr("Text and controls"), this);
    label->setBuddy(choice);
    auto* hint = mutedLabel(tr("From the next start."), this);
    connect(choice, &QComboBox::currentIndexChanged, this, [this, choice] {
        openSettings()->setValue(sizeSetting, choice->currentData());
        Q_EMIT changed();
    });
    auto* cells = new QHBoxLayout;
    cells->setSpacing(12);
    cells->addWidget(choice);
    cells->addWidget(hint, 1);
    grid->addWidget(label, 1, 0);
    grid->addLayout(cells, 1, 1);
}

void SettingsDialog::addDevice(QGridLayout* grid) {
    const DeviceStatus status = deviceStatus();
    auto* choice = new QComboBox(this);
    choice->setObjectName(QStringLiteral("deviceChoice"));
    choice->addItem(status.gpus.empty() ? tr("Automatic") : tr("Automatic (%1)").arg(QString::fromStdString(status.gpus.front().name)),
                    QStringLiteral("auto"));
    choice->addItem(tr("CPU"), QStringLiteral("cpu"));
    for (const auto& gpu : status.gpus)
        choice->addItem(tr("%1, %2", "GPU, its memory").arg(QString::fromStdString(gpu.name), memoryText(double(gpu.memory))),
                        QString::fromStdString(gpu.device));
    const QString now = openSettings()->value(deviceSetting, QStringLiteral("auto")).toString();
    if (choice->findData(now) < 0) choice->addItem(tr("%1, which is not there").arg(now), now); // a card that was taken out
    choice->setCurrentIndex(choice->findData(now));
    auto* label = new QLabel(tr("Compute on"), this);
    label->setBuddy(choice);
    auto* hint = mutedLabel(status.noGpu.empty() ? tr("From the next run.") : QString::fromStdString(status.noGpu), this);
    hint->setWordWrap(true);
    connect(choice, &QComboBox::currentIndexChanged, this, [this, choice] {
        openSettings()->setValue(deviceSetting, choice->currentData());
        Q_EMIT changed();
    });
    auto* cells = new QHBoxLayout;
    cells->setSpacing(12);
    cells->addWidget(choice);
    cells->addWidget(hint, 1);
    grid->addWidget(label, 2, 0);
    grid->addLayout(cells, 2, 1);
}

void SettingsDialog::addSwitch(QGridLayout* grid, const QString& name, const QString& text, const QString& hint, const QString& setting,
                               bool byDefault) {
    auto* box = new QCheckBox(text, this);
    box->setObjectName(name);
    box->setAccessibleDescription(hint);
    box->setChecked(openSettings()->value(setting, byDefault).toBool());
    connect(box, &QCheckBox::toggled, this, [this, setting](bool on) {
        openSettings()->setValue(setting, on);
        Q_EMIT changed();
    });
    const int row = grid->rowCount();
    auto* cell = new QVBoxLayout;
    cell->setSpacing(2);
    cell->addWidget(box);
    auto* words = mutedLabel(hint, this);
    words->setContentsMargins(22, 0, 0, 0); // under the text of the box
    cell->addWidget(words);
    grid->addLayout(cell, row, 1);
}

} // namespace phloxine::ui
