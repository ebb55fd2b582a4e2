#pragma once
// The fields that write a prompt in the vocabulary of the chosen model: one page for each row of promptVocabularies(). A model whose
// vocabulary is not known shows none.
#include <functional>
#include <vector>

#include <QStringList>
#include <QWidget>

#include "core/condition/prompt_fields.h"

class QComboBox;
class QGridLayout;

namespace phloxine::ui {

class PromptFields : public QWidget {
    Q_OBJECT
public:
    explicit PromptFields(QWidget* parent = nullptr);
    void setVocabulary(const std::string& id, const std::vector<std::string>& classPrompts); // nothing is stated then
    bool there() const { return m_shown >= 0; }
    QString composed() const;             // what the fields say; empty when they say nothing
    void readFrom(const QString& prompt); // quietly: what of it belongs to the fields

Q_SIGNALS:
    void changed(); // by the user

private:
    struct Field {
        std::function<std::string()> value;
        std::function<void(const std::string&)> setValue;
        QComboBox* classes = nullptr; // of the card
    };
    struct Page {
        const PromptVocabulary* vocabulary;
        QWidget* widget;
        std::vector<Field> fields;
    };
    void addPage(const PromptVocabulary& vocabulary);
    Field addField(QGridLayout& grid, const PromptField& row, QWidget* page);
    Field choiceOf(QComboBox* combo);

    std::vector<Page> m_pages;
    std::vector<std::string> m_classPrompts;
    int m_shown = -1;
    bool m_quiet = false;
};

} // namespace phloxine::ui
