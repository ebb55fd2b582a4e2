#pragma once
// What a person says about a model: title, scale, stain, licence, data sets, names, codes and colours of its classes. What the model's
// files state themselves is shown and not changed. Save keeps it, Cancel leaves all as it was.
#include <map>

#include <QDialog>

#include "core/model/card_statements.h"

class QCheckBox;
class QDialogButtonBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace phloxine::ui {

class ClassSwatch;
class Note;

class CardEditor : public QDialog {
    Q_OBJECT
public:
    explicit CardEditor(const ModelEntry& entry, QWidget* parent = nullptr);

Q_SIGNALS:
    void saved();

private:
    struct ClassRow {
        QLineEdit *code, *colour, *label;
        ClassSwatch* swatch;
    };
    void addWords(QVBoxLayout& column);
    void addClasses(QVBoxLayout& column);
    QLineEdit* addField(QGridLayout& grid, const QString& text, const char* name, const std::string& value, bool mayChange);
    QLabel* addProblem(QGridLayout& grid, const std::string& field, int column);
    ModelCard wanted() const; // as the fields have it
    void check();
    void save();

    ModelCard m_own, m_card; // of the files; with what was said before
    CardRights m_rights;
    QLineEdit *m_title, *m_scale, *m_stain, *m_licence;
    QCheckBox* m_dataSets;
    std::vector<ClassRow> m_classes;
    std::map<std::string, QLabel*> m_problems; // by field
    Note *m_warning, *m_failure;
    QDialogButtonBox* m_buttons = nullptr;
};

} // namespace phloxine::ui
