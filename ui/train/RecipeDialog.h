#pragma once
// All settings of a recipe as its JSON. What is wrong is said at once, and its line is marked.
#include <QDialog>

#include "ui/train/recipes.h"

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace phloxine::ui {

class RecipeDialog : public QDialog {
    Q_OBJECT
public:
    RecipeDialog(const Recipe& recipe, bool readOnly, QWidget* parent = nullptr);
    const Recipe& recipe() const { return m_recipe; } // the last text that was right

private:
    void check();
    void mark(const QString& problem);

    Recipe m_recipe;
    QPlainTextEdit* m_text;
    QLabel* m_problem;
    QPushButton* m_use;
};

} // namespace phloxine::ui
