#pragma once
// One tile large, with what was measured on it beside the whole set. Its file is read on another thread.
#include <memory>

#include <QDialog>

#include "core/measure/CompareReport.h"

class QLabel;

namespace phloxine::ui {

class TileDialog : public QDialog {
    Q_OBJECT
public:
    TileDialog(std::shared_ptr<const CompareReport> report, int set, bool synthetic, int index, QWidget* parent = nullptr);

private:
    void load(const std::filesystem::path& file);
    QLabel* m_picture;
};

} // namespace phloxine::ui
