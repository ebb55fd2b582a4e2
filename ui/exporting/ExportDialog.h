#pragma once
// Writes finished tiles as an augmentation set. The dialog does not block: the export is a job in the same queue. Tiles that were rejected
// in the library stay out unless they are asked for.
#include <vector>

#include <QDialog>
#include <QSet>

#include "core/model/ModelCard.h"
#include "ui/bridge/JobBridge.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;
class QVBoxLayout;

namespace phloxine::ui {

class IconLabel;
class Note;
class SegmentedControl;

class ExportDialog : public QDialog {
    Q_OBJECT
public:
    ExportDialog(JobBridge& bridge, std::vector<TileRecord> all, std::vector<TileRecord> selected, const ModelCard& card,
                 QWidget* parent = nullptr);

    void awaitMarks();                            // the export waits until it is told what is rejected
    void setRejected(const QSet<QString>& files); // paths of tiles
    void setRejectedUnknown();                    // the library cannot be read: nothing is exported by guess
    QString whyNotReady() const;                  // empty: the export can start

private:
    void makeWhat(QVBoxLayout& column);
    void makeWhere(QVBoxLayout& column);
    void makeChecks(QVBoxLayout& column);
    void makeFoot(QVBoxLayout& column);
    void connectJob();
    void browse();
    void run();
    void end(int tone, const QString& sentence);
    void refresh();
    void fillTable();
    const std::vector<TileRecord>& chosen() const; // all or the selected ones
    std::vector<TileRecord> tiles() const;         // of these, what is exported

    JobBridge& m_bridge;
    std::vector<TileRecord> m_all, m_selected;
    ModelCard m_card;
    QSet<QString> m_rejected;
    enum class Marks { Known, Awaited, Unreadable } m_marks = Marks::Known; // which tiles are rejected
    quint64 m_job = 0; // 0 = none under way
    bool m_done = false;

    SegmentedControl* m_which;
    QLineEdit *m_title, *m_folder;
    QTableWidget* m_table;
    QCheckBox* m_withRejected;
    QLabel *m_folderCheck, *m_spaceCheck, *m_rejectedCheck, *m_reason, *m_stage;
    IconLabel *m_folderMark, *m_spaceMark, *m_rejectedMark;
    QProgressBar* m_bar;
    Note* m_result;
    QPushButton *m_browse, *m_run, *m_open, *m_close;
};

} // namespace phloxine::ui
