#pragma once
// The text that conditions a tile, with a meter of its tokens and the words that do not fit. Above it, where the vocabulary of the model is
// known, fields that write it: as long as the text is what they say it follows them, and what was written by hand stays until it is
// composed again, which can be undone.
#include <QTimer>
#include <QWidget>

#include "core/model/ModelCard.h"

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace phloxine::ui {

class Badge;
class PromptFields;
class TokenMeter;

class PromptPanel : public QWidget {
    Q_OBJECT
public:
    explicit PromptPanel(QWidget* parent = nullptr);
    void setCard(const ModelCard& card); // its vocabulary, and how long a prompt may be
    QString prompt() const;
    QString negative() const;
    void setPrompt(const QString& prompt, const QString& negative); // the fields take what they understand of it

Q_SIGNALS:
    void changed();

private:
    void addHead();
    void followFields();
    void composeAgain();
    void showOrigin();
    void count();
    void strikeOut(const QString& cut);

    PromptFields* m_fields;
    Badge* m_origin;
    QPushButton* m_again;
    QPlainTextEdit* m_edit;
    TokenMeter* m_meter;
    QLabel* m_cut;
    QLineEdit* m_negative;
    QTimer m_wait;
    QString m_composed; // what the fields said last
    int m_trained = 0, m_limit = 77;
};

} // namespace phloxine::ui
