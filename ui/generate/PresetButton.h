#pragma once
// The preset that is set, and the menu that applies, saves, renames and deletes presets. It says "Own values" when the parameters are those
// of none.
#include <functional>

#include <QPushButton>

#include "ui/generate/presets.h"

class QMenu;

namespace phloxine::ui {

class PresetButton : public QPushButton {
    Q_OBJECT
public:
    explicit PresetButton(QWidget* parent = nullptr);
    void setCard(const ModelCard& card);
    void setSource(std::function<GenerateRequest()> current) { m_current = std::move(current); } // what would be saved, condition included
    void showFor(const GenerateRequest& sampling);

    const std::vector<Preset>& presets() const { return m_presets; }
    void save(const QString& name, bool withCondition);
    void change(const std::vector<Preset>& presets); // renamed, deleted, in another order

Q_SIGNALS:
    void applied(const phloxine::ui::Preset& preset); // of a row of the program: without a number of tiles
    void problem(const QString& sentence);            // about the file

private:
    void fillMenu();
    void openSave();
    void openManage();
    void store(std::vector<Preset> presets);

    ModelCard m_card;
    std::function<GenerateRequest()> m_current;
    std::vector<Preset> m_presets;
    QString m_fault; // why nothing can be stored
    GenerateRequest m_shown;
    QMenu* m_menu;
};

} // namespace phloxine::ui
