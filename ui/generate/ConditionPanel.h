#pragma once
// What to make: one or several tissue classes of the model, or a text in its own words.
#include <QWidget>

#include "core/model/ModelCard.h"

class QLabel;
class QListWidget;
class QStackedWidget;

namespace phloxine::ui {

class PromptPanel;
class SegmentedControl;

class ConditionPanel : public QWidget {
    Q_OBJECT
public:
    explicit ConditionPanel(QWidget* parent = nullptr);
    void setCard(const ModelCard& card);

    bool textMode() const;
    void setTextMode(bool text);
    QStringList selectedClasses() const; // ids, in the order of the list
    void selectClass(const QString& id);
    QString prompt() const;
    QString negative() const;
    void setPrompt(const QString& prompt, const QString& negative);
    QString whyNotReady() const; // empty: a run can start

Q_SIGNALS:
    void changed();

private:
    QWidget* makeClassPage();
    void showPage(int index);
    void fitList();

    SegmentedControl* m_segments;
    QStackedWidget* m_pages;
    QListWidget* m_list;
    QLabel* m_listNote;
    PromptPanel* m_prompt;
};

} // namespace phloxine::ui
