#pragma once
// How long a prompt is, in tokens: a bar with marks for what the model was trained with, one window of the text encoder and the limit, and
// a sentence that says what happens to the rest.
#include <vector>

#include <QWidget>

namespace phloxine::ui {

class TokenMeter : public QWidget {
    Q_OBJECT
public:
    explicit TokenMeter(QWidget* parent = nullptr);
    void setTokens(int count, int trained, int window, int limit); // trained 0 = not known
    int tokens() const { return m_count; }
    struct Mark {
        int at;
        QString text;
    };
    std::vector<Mark> marks() const; // those that the model has, from the left
    QString sentence() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString countText() const;
    QFont smallFont(QFont::Weight weight, int px) const;
    double xOf(int tokens) const;
    void paintBar(QPainter& painter, int top) const;
    void paintMarks(QPainter& painter, int top) const;

    int m_count = 0, m_trained = 0, m_window = 77, m_limit = 77;
};

} // namespace phloxine::ui
