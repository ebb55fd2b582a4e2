#pragma once
// What the model made over the time of its training, always from the same noise: a row per class, a column per sheet of samples. Sheets are
// read and cut on another thread.
#include <map>
#include <vector>

#include <QImage>
#include <QWidget>

#include "ui/train/RunReader.h"

namespace phloxine::ui {

class SampleTimeline : public QWidget {
    Q_OBJECT
public:
    explicit SampleTimeline(QWidget* parent = nullptr);
    void setSamples(const std::vector<SampleSheet>& sheets, const std::vector<ShownClass>& classes);
    bool complete() const; // every sheet that is shown has been read
    int shownSheets() const { return int(columns().size()); }
    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Tiles {
        std::vector<QImage> byClass; // empty where the sheet cannot be read
    };
    int side() const;
    std::vector<int> columns() const; // numbers of the sheets that are shown
    void load();

    std::vector<SampleSheet> m_sheets;
    std::vector<ShownClass> m_classes;
    std::map<QString, Tiles> m_tiles; // by file
    bool m_loading = false;
};

} // namespace phloxine::ui
