#pragma once
// What a pane says while it has nothing to show: icon, one line what will be here, one or two lines how, and buttons in a row.
#include <vector>

#include <QString>
#include <QWidget>

class QPushButton;

namespace phloxine::ui {

class EmptyState : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(const QString& icon, QWidget* parent = nullptr); // name of an icon of the program
    void setText(const QString& icon, const QString& title, const QString& text);
    QString title() const { return m_title; }
    QString text() const { return m_text; }
    QPushButton* addButton(const QString& text);
    // Whether a frame there crosses none of the words: it surrounds them all, or none of them.
    bool leavesRoomFor(const QRectF& frame) const;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Rows { // top edges and heights, centred as one block
        QRect icon, title, text;
        int buttonsTop = 0;
    };
    Rows rows() const;
    void placeButtons();

    QString m_icon, m_title, m_text;
    std::vector<QPushButton*> m_buttons;
};

} // namespace phloxine::ui
