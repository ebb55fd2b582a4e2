#pragma once
// Where I am: the slide as an overview, its scale and where that comes from, magnifications, and how to open another.
#include <QWidget>

class QLabel;
class QPushButton;

namespace phloxine::ui {

class Badge;
class Note;
class SlideView;

inline constexpr double magnifications[] = {2.5, 5, 10, 20, 40};

class SlidePanel : public QWidget {
    Q_OBJECT
public:
    explicit SlidePanel(SlideView& view, QWidget* parent = nullptr);
    void refresh();
    void showProblem(const QString& sentence); // empty hides it

Q_SIGNALS:
    void openRequested();
    void sampleRequested();
    void magnificationChosen(int index);

private:
    QWidget* makeMagnifications();
    void askScale();
    void showScale();

    SlideView& m_view;
    QWidget *m_overview, *m_scaleLine, *m_powers;
    QLabel *m_name, *m_scale, *m_none;
    Badge* m_source;
    Note *m_scaleNote, *m_problem;
    QPushButton *m_open, *m_sample, *m_setScale;
};

} // namespace phloxine::ui
