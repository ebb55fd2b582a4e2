#pragma once
// The right column of a page. Where the page is too narrow for it, it becomes a drawer: a strip with a button stays, from which the column
// comes out over the page. It comes out by itself when one of its notes has something to say, and goes back by the button or Esc.
#include <QWidget>

class QFrame;
class QToolButton;

namespace phloxine::ui {

class SideDrawer : public QWidget {
    Q_OBJECT
public:
    static constexpr int roomyPx = 1280; // a page of this width has room for the column

    SideDrawer(QWidget* column, const QString& name, QWidget* page); // takes the column, which has a fixed width
    bool isDrawer() const { return m_drawer; }
    bool isOpen() const; // as a drawer
    void setOpen(bool open);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void arrange();
    void showButton();

    QWidget *m_page, *m_column, *m_strip;
    QFrame* m_sheet; // what the column lies on over the page
    QToolButton* m_button;
    QString m_name;
    bool m_drawer = false;
};

} // namespace phloxine::ui
