#pragma once
// What to make, as far as the chosen model can be told: one or several of its tissue classes, a text in its own words, or feature vectors.
#include <QWidget>

#include "core/model/ModelCard.h"

class QLabel;
class QListWidget;
class QStackedWidget;

namespace phloxine::ui {

class PromptPanel;
class SegmentedControl;
class VectorPanel;

enum class ConditionKind { Classes, Text, Vectors, None };

class ConditionPanel : public QWidget {
    Q_OBJECT
public:
    explicit ConditionPanel(QWidget* parent = nullptr);
    void setCard(const ModelCard& card);

    ConditionKind kind() const;
    void setKind(ConditionKind kind);
    QStringList selectedClasses() const; // ids, in the order of the list
    void selectClass(const QString& id);
    QString prompt() const;
    QString negative() const;
    void setPrompt(const QString& prompt, const QString& negative);
    const VectorPanel& vectors() const { return *m_vectors; }
    void setVectors(const QString& file, int magnification);
    QString whyNotReady() const; // empty: a run can start

Q_SIGNALS:
    void changed();

private:
    QWidget* makeClassPage();
    QWidget* makeNonePage();
    void showPage(ConditionKind kind);
    void fitList();

    SegmentedControl* m_segments;
    QStackedWidget* m_pages;
    QListWidget* m_list;
    QLabel* m_listNote;
    PromptPanel* m_prompt;
    VectorPanel* m_vectors;
};

} // namespace phloxine::ui
