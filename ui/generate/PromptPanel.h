#pragma once
// The text that conditions a tile, with a meter of its tokens and the words that do not fit.
#include <QTimer>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace phloxine::ui {

class TokenMeter;

class PromptPanel : public QWidget {
    Q_OBJECT
public:
    explicit PromptPanel(QWidget* parent = nullptr);
    void setLimits(int trained, int limit); // tokens, start and end included; trained 0 = not stated
    QString prompt() const;
    QString negative() const;
    void setPrompt(const QString& prompt, const QString& negative);

Q_SIGNALS:
    void changed();

private:
    void count();
    void strikeOut(const QString& cut);

    QPlainTextEdit* m_edit;
    TokenMeter* m_meter;
    QLabel* m_cut;
    QLineEdit* m_negative;
    QTimer m_wait;
    int m_trained = 0, m_limit = 77;
};

} // namespace phloxine::ui
