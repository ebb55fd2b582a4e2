#pragma once
// The tiles that a training learns from: chosen or dropped as a folder, read on another thread, shown with classes, groups, what is held
// out and what leaks. Whatever is wrong with them is said here.
#include <QFrame>

#include "core/train/TrainRecipe.h"
#include "ui/train/recipes.h"

class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace phloxine::ui {

class Badge;
class ElidingLabel;

class DataCard : public QWidget {
    Q_OBJECT
public:
    explicit DataCard(QWidget* parent = nullptr);
    QString path() const { return m_path; }
    void setPath(const QString& path);
    // What of a recipe decides how the tiles are read; reads them again when it differs.
    void setRecipe(const Recipe& recipe);
    void writeTo(Recipe& recipe) const;       // group pattern and hold-out
    void setFrozen(bool begun, bool running); // the split belongs to a run that has begun, the folder to one that goes on
    bool reading() const { return m_waiting; }
    int trainingTiles() const { return m_trainingTiles; }
    QString problem() const { return m_problem; } // why no training can start from these tiles; one sentence
    QString warning() const;

Q_SIGNALS:
    void changed();        // another folder, or it has been read
    void settingsEdited(); // group pattern or hold-out

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct Found {
        int tiles = 0, training = 0, heldOut = 0, groups = 0, smallestClass = 0;
        QString smallestLabel, problem;
        QStringList leaks;
        std::vector<ShownClass> classes;
    };
    static Found look(const std::filesystem::path& path, const RecipeData& data, const std::vector<RecipeClass>& classes);
    void choose();
    void read();
    void show(const Found& found);
    void showChips(const std::vector<ShownClass>& classes);
    void showNotes(const Found& found);

    QString m_path, m_problem;
    RecipeData m_data;
    std::vector<RecipeClass> m_classes;
    int m_reading = 0, m_trainingTiles = 0;
    bool m_waiting = false;
    QFrame* m_card;
    ElidingLabel* m_name;
    QLabel *m_facts, *m_note;
    Badge* m_badge;
    QWidget* m_chips;
    QGridLayout* m_chipGrid;
    QPushButton* m_choose;
    QWidget* m_splitRows;
    QLineEdit *m_groups, *m_holdOut;
};

} // namespace phloxine::ui
