#pragma once
// Choices as chips in rows that wrap, of which any number can be on. Each has a key that the program knows it by.
#include <vector>

#include <QColor>
#include <QWidget>

class QPushButton;

namespace phloxine::ui {

class ElidingLabel;

class ChipGroup : public QWidget {
    Q_OBJECT
public:
    struct Chip {
        std::string key;
        QString text, toolTip;
        QString count; // after the text, never cut; empty = none
        QString code;  // of a class, on its colour; empty = none
        QColor colour;
        bool operator==(const Chip&) const = default;
    };
    explicit ChipGroup(const QString& title, QWidget* parent = nullptr); // an empty title has no row
    void setChips(const std::vector<Chip>& chips);                       // those that stay keep their state, and the focus
    std::vector<std::string> chosen() const;
    void choose(const std::vector<std::string>& keys); // without a signal
    QPushButton* chip(const std::string& key) const;

Q_SIGNALS:
    void changed();
    void toggled(const QString& key, bool on);

private:
    void makeButtons(const std::vector<std::string>& on);
    void show(QPushButton& button, const Chip& chip) const;

    QWidget* m_row;
    std::vector<Chip> m_chips;
    std::vector<QPushButton*> m_buttons;
};

} // namespace phloxine::ui
