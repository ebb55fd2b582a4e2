#pragma once
// A seed, grouped in threes for reading and copied without spaces.
#include <QLineEdit>

namespace phloxine::ui {

class SeedEdit : public QLineEdit {
    Q_OBJECT
public:
    explicit SeedEdit(QWidget* parent = nullptr);
    quint64 seed() const; // 0 when empty
    void setSeed(quint64 seed);

Q_SIGNALS:
    void seedChanged();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void copyDigits() const;
    void group();
};

} // namespace phloxine::ui
