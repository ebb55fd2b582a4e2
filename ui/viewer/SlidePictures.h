#pragma once
// The pictures that a scanner stored beside the slide: thumbnail, macro, label. None is shown before it is asked for, because a label may
// name a patient; nothing of them is kept, exported or measured.
#include <QDialog>
#include <QImage>

#include "ui/bridge/Background.h"

class QLabel;
class QListWidget;
class QPushButton;

namespace phloxine::ui {

class Note;

class SlidePictures : public QDialog {
    Q_OBJECT
public:
    explicit SlidePictures(const QString& slide, QWidget* parent = nullptr); // path, read on another thread

private:
    void list(const std::vector<std::string>& names);
    void choose();
    void read();
    void showPicture(const QImage& fitted);
    void say(const QString& sentence);

    QString m_slide;
    QListWidget* m_list;
    Note* m_warning;
    QLabel* m_picture;
    QPushButton* m_show;
    int m_asked = 0;   // counts what was asked for; an answer to an earlier one is dropped
    Background m_work; // last: its answers need the others
};

} // namespace phloxine::ui
