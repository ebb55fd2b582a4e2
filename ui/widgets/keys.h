#pragma once
// Every key of the program is a row of one table: what it does, where it acts, what it is by default and what the user made of it. Keys of
// the window act everywhere; those of image panes and of tiles are single letters and act only while a pane, or tiles, have the focus, so
// they never interrupt typing.
#include <memory>
#include <span>
#include <vector>

#include <QKeySequence>
#include <QObject>
#include <QSettings>

class QAction;
class QKeyEvent;

namespace phloxine::ui {

enum class KeyPlace { Window, Image, Tiles };

struct KeyRow {
    const char* id;
    KeyPlace place;
    const char* text; // marked for translation; keyText() says it
    const char* keys; // by default, portable, several with "|"
};

std::span<const KeyRow> keyRows();
QString keyText(const KeyRow& row);
QString keyPlaceText(KeyPlace place);
QString shownKeys(const QList<QKeySequence>& keys); // in the words of the system

// The keys in use. One object for the program; it forgets what it is told unless settings were given to it.
class Keys : public QObject {
    Q_OBJECT
public:
    static Keys& inUse();
    void readFrom(std::unique_ptr<QSettings> settings); // and keeps changes there; rows that it does not know are left alone

    QList<QKeySequence> of(const char* id) const; // Error(NotFound) for a row that is not there
    bool areDefault(const char* id) const;

    // Why `key` cannot be given to the row, as one sentence; empty when it can. `taken` becomes the row that has it now.
    QString objection(const char* id, const QKeySequence& key, const KeyRow** taken = nullptr) const;
    void set(const char* id, const QList<QKeySequence>& keys); // takes them from any row whose keys they were
    void reset(const char* id);
    void resetAll();

    void give(QAction* action, const char* id); // now and after each change

    // The row of that place whose key was pressed, or null. Plus is plus with and without Shift; the row of digits with Shift are digits
    // whatever signs are on them.
    const KeyRow* pressed(KeyPlace place, const QKeyEvent& event) const;

Q_SIGNALS:
    void changed();

private:
    Keys();
    void write(std::size_t row) const;
    std::vector<QList<QKeySequence>> m_default, m_keys; // parallel to keyRows()
    std::unique_ptr<QSettings> m_settings;
};

} // namespace phloxine::ui
