#pragma once
// What can be chosen for the whole program. Every choice acts, and is kept, at once.
#include <QDialog>

class QGridLayout;

namespace phloxine::ui {

class SettingsDialog : public QDialog {
    Q_OBJECT
public:
    explicit SettingsDialog(QWidget* parent = nullptr);

Q_SIGNALS:
    void changed();

private:
    void addTheme(QGridLayout* grid);
    void addSize(QGridLayout* grid);
    void addDevice(QGridLayout* grid);
    void addSwitch(QGridLayout* grid, const QString& name, const QString& text, const QString& hint, const QString& setting,
                   bool byDefault);
};

} // namespace phloxine::ui
