#pragma once
// What is trained and how: the base model, the recipe, and the settings that are changed most. The recipe as it stands is a value.
#include <QWidget>

#include "ui/train/recipes.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace phloxine::ui {

class ElidingLabel;
class SegmentedControl;

class RecipePanel : public QWidget {
    Q_OBJECT
public:
    struct ListedModel {
        QString title, path;
    };
    explicit RecipePanel(QWidget* parent = nullptr);
    void setChoices(std::vector<ListedRecipe> recipes, std::vector<ListedModel> models);
    const Recipe& recipe() const { return m_recipe; }
    void setRecipe(const Recipe& recipe, const QString& title); // from a run, a file or the dialog
    // Of a run that has begun: models that it names without their folder are found among those of this machine, or in `base`.
    void setRunRecipe(Recipe recipe, const QString& title, const std::string& base);
    void setDataSettings(const RecipeData& data); // what the data card decides
    void setFrozen(bool frozen);                  // the recipe of a run that has begun
    QString problem() const { return m_problem; }
    void openFile(const QString& file); // read on another thread
    void openDialog();

Q_SIGNALS:
    void changed();

private:
    void makeBase(QVBoxLayout& column);
    void makeRecipe(QVBoxLayout& whole);
    void addRow(QGridLayout& grid, const QString& text, QWidget* field, QWidget* aside = nullptr);
    void showChoice(const QString& title);
    void choose(int row);
    void chooseBase(int row);
    void chooseMethod(int index);
    void chooseAutoencoder(int row);
    void fieldsToRecipe();
    void recipeToFields();
    void say(const QString& problem);

    std::vector<ListedRecipe> m_recipes;
    std::vector<ListedModel> m_models;
    Recipe m_recipe;
    std::string m_ownStart, m_ownAutoencoder; // that the recipe itself names
    QString m_problem, m_title;
    int m_reading = 0, m_lastRow = 0;
    bool m_filling = false, m_frozen = false;
    QComboBox *m_base, *m_autoencoder, *m_choice, *m_precision;
    QWidget *m_baseSection, *m_baseLine, *m_autoencoderRow;
    SegmentedControl* m_method;
    ElidingLabel *m_baseHint, *m_stepsText, *m_warmUp;
    QLabel* m_sentence;
    QPushButton* m_full;
    QSpinBox *m_batch, *m_stopAt;
    QLineEdit* m_rate;
};

} // namespace phloxine::ui
