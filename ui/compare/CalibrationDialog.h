#pragma once
// Asks a person to click the nuclei of random fields of a real set, one after another, and keeps the clicks in a file after each field.
// What the counter found on a field is never shown here. Opened again with the same file, it goes on where it was left.
#include <filesystem>
#include <memory>

#include <QDialog>

#include "core/measure/CompareRequest.h"
#include "core/measure/NucleiCalibration.h"

class QCheckBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace phloxine::ui {

class ClickField;
class Note;

class CalibrationDialog : public QDialog {
    Q_OBJECT
public:
    CalibrationDialog(const SetChoice& real, std::filesystem::path file, QWidget* parent = nullptr);
    const NucleiCalibration& calibration() const { return m_calibration; }
    bool ready() const { return m_fieldShown; } // a field is shown and can be clicked

public Q_SLOTS:
    void next();
    void previous();
    void done(int result) override; // keeps the field that is open

Q_SIGNALS:
    void saved(int fieldsDone);

private:
    struct Start; // what is read before the first field
    struct Field;
    static Start start(const SetChoice& real, const std::filesystem::path& file);
    void begin(Start&& start);
    void makeSide(QVBoxLayout& column);
    void load();
    void showField(const Field& field);
    void showState();
    void go(int step, bool finish);
    ClickedField* record(); // of the shown tile; null where it has none yet
    void keep(bool finish);
    bool save();
    void fail(const QString& sentence);

    std::filesystem::path m_file;
    NucleiCalibration m_calibration;
    std::shared_ptr<const TileSet> m_set;
    std::vector<std::size_t> m_order; // tiles as they are shown
    int m_at = 0, m_loading = 0;
    ClickedField m_shown; // of the open field; its points are those of m_field
    bool m_fieldShown = false, m_changed = false;
    ClickField* m_field;
    QScrollArea* m_scroll;
    QLabel *m_number = nullptr, *m_count = nullptr, *m_progressText = nullptr;
    QProgressBar* m_progress = nullptr;
    QCheckBox* m_noNuclei = nullptr;
    QPushButton *m_undo = nullptr, *m_previous = nullptr, *m_next = nullptr;
    Note* m_failure = nullptr;
};

} // namespace phloxine::ui
