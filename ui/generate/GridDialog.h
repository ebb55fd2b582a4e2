#pragma once
// What two parameters do: a tile for each pair of their values, in a table that fills while the queue works.
#include <vector>

#include <QDialog>

#include "core/generate/grid.h"
#include "ui/bridge/TileRecord.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace phloxine::ui {

class GridDialog : public QDialog {
    Q_OBJECT
public:
    // `secondsPerTile` 0: not known yet.
    GridDialog(const GenerateRequest& base, const ModelCard& card, double secondsPerTile, QWidget* parent = nullptr);

public Q_SLOTS:
    void takeTile(const phloxine::ui::TileRecord& record); // any tile that was finished; those of the grid find their place

Q_SIGNALS:
    void requested(const std::vector<phloxine::GenerateRequest>& requests);

private:
    struct AxisEdit {
        QComboBox* parameter = nullptr;
        QLineEdit* values = nullptr;
    };
    AxisEdit addAxis(const QString& title, const char* name, const char* parameter, const char* values);
    static GridAxis axisOf(const AxisEdit& edit);
    void check();
    void start();
    void showTable();
    void saveSheet();

    Grid m_grid;
    ModelCard m_card; // says what classes are called
    double m_secondsPerTile;
    AxisEdit m_x{}, m_y{};
    std::vector<TileRecord> m_tiles; // row by row; without a picture until it is made
    QLabel* m_sentence;
    QPushButton *m_start = nullptr, *m_save = nullptr;
    QTableWidget* m_table;
};

} // namespace phloxine::ui
