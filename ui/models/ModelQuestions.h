#pragma once
// What a checkpoint does not say, asked once: title, short name, scale, licence, names of the classes. Nothing must be answered but the
// first two, which are taken from the file's name.
#include <QWidget>

#include "core/model/ModelStore.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace phloxine::ui {

class ModelQuestions : public QWidget {
    Q_OBJECT
public:
    explicit ModelQuestions(QWidget* parent = nullptr);
    void setSource(const QString& path); // proposes title and short name, unless the user has written some
    void setClasses(int count);          // 0 = the model has none
    AddModelOptions options() const;
    QString whyNotReady() const; // empty: they go together

Q_SIGNALS:
    void changed();

private:
    void addRow(QGridLayout& grid, int row, const QString& text, QWidget* field);
    void takeScale(int row);

    QLineEdit *m_title, *m_id, *m_scale, *m_licence;
    QComboBox* m_power;
    QLabel* m_classesLabel;
    QPlainTextEdit* m_classes;
    int m_classCount = 0;
};

QString shortNameOf(const QString& text); // "PathLDM BRCA (v2)" -> "pathldm-brca-v2"

} // namespace phloxine::ui
