#pragma once
// One set of a comparison: a place to drop a folder, its first tiles, and what is known about it. Files are read on another thread.
#include <QFrame>
#include <QImage>

#include "core/measure/CompareRequest.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace phloxine::ui {

class SetCard : public QFrame {
    Q_OBJECT
public:
    enum Kind { Real, Synthetic };
    SetCard(Kind kind, QWidget* parent = nullptr);
    void setPath(const QString& path);
    QString path() const { return m_choice; }
    SetChoice choice() const;
    void setChoice(const SetChoice& choice);
    int tiles() const { return m_tiles; } // 0 until the folder was read
    QString problem() const { return m_problem; }

Q_SIGNALS:
    void changed(); // another folder, or it has been read

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Found {
        int tiles = 0, groups = 0, classes = 0, faults = 0;
        bool groupsKnown = false;
        QString problem;
        std::vector<QImage> pictures;
    };
    static Found look(const SetChoice& choice); // on another thread
    void read();
    void show(const Found& found);
    void choose();

    Kind m_kind;
    QString m_choice, m_problem;
    int m_tiles = 0, m_reading = 0;
    std::vector<QImage> m_pictures;
    QLabel *m_name, *m_facts;
    QWidget* m_strip;
    QLineEdit* m_groups;
};

} // namespace phloxine::ui
