#pragma once
// The right side of the library: what is known of the selected tile and what can be done with it; of several, how many they are.
#include <optional>

#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace phloxine::ui {

class ChipGroup;
class LibraryModel;
class TilePanel;

class RecordPanel : public QWidget {
    Q_OBJECT
public:
    explicit RecordPanel(LibraryModel& model, QWidget* parent = nullptr);
    void setCards(SharedCards cards);
    void refresh();                                                    // after another selection, or other records
    const std::optional<TileRecord>& shown() const { return m_shown; } // request and picture of the one selected tile, once read

Q_SIGNALS:
    void useSeed(quint64 seed);
    void useAll(const phloxine::GenerateRequest& request);
    void remix(const phloxine::GenerateRequest& request);
    void compareRequested();
    void trashRequested();
    void problem(const QString& sentence);

private:
    void addMarks(QLayout* column);
    void addActions(QLayout* column);
    void read();
    void showMarks();
    void addTag();

    LibraryModel& m_model;
    std::optional<TileRecord> m_shown;
    std::int64_t m_wanted = 0;
    quint64 m_turn = 0;
    QLabel *m_title, *m_none, *m_nearest, *m_picture;
    TilePanel* m_tile;
    QWidget *m_marks, *m_actions, *m_single;
    QPushButton *m_star, *m_reject, *m_compare, *m_trash;
    ChipGroup* m_tags;
    QLineEdit* m_newTag;
};

} // namespace phloxine::ui
