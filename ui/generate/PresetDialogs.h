#pragma once
// Giving a preset its name, and renaming and deleting presets. Nothing is stored here; Cancel leaves all as it was.
#include <QDialog>

#include "ui/generate/presets.h"

class QCheckBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace phloxine::ui {

class SavePresetDialog : public QDialog {
    Q_OBJECT
public:
    explicit SavePresetDialog(const std::vector<Preset>& presets, QWidget* parent = nullptr);
    QString name() const;
    bool withCondition() const;

private:
    void check();

    std::vector<Preset> m_presets;
    QLineEdit* m_name;
    QCheckBox* m_condition;
    QLabel* m_problem;
    QDialogButtonBox* m_buttons;
};

class ManagePresetsDialog : public QDialog {
    Q_OBJECT
public:
    explicit ManagePresetsDialog(std::vector<Preset> presets, QWidget* parent = nullptr);
    const std::vector<Preset>& presets() const { return m_presets; }

private:
    void showChosen();
    void rename(const QString& name);
    void removeChosen();

    std::vector<Preset> m_presets;
    QListWidget* m_list;
    QLineEdit* m_name;
    QPushButton* m_delete;
    QLabel* m_problem;
    QDialogButtonBox* m_buttons;
};

} // namespace phloxine::ui
