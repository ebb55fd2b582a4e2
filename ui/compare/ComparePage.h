#pragma once
// The Compare workspace: two sets on the left, and how they differ in the centre: distances, distributions, nearest training tiles and
// prompt adherence. A click on a dot or a pair shows the tile.
#include <memory>

#include <QWidget>

#include "core/measure/CompareReport.h"
#include "core/measure/CompareRequest.h"

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QVBoxLayout;

namespace phloxine::ui {

class IconLabel;
class JobBridge;
class Note;
class SetCard;

class ComparePage : public QWidget {
    Q_OBJECT
public:
    explicit ComparePage(JobBridge& bridge, QWidget* parent = nullptr);
    CompareRequest request() const;
    void setRequest(const CompareRequest& request);
    void setReport(std::shared_ptr<const CompareReport> report);
    std::shared_ptr<const CompareReport> report() const { return m_report; }
    bool running() const { return m_job != 0; }

public Q_SLOTS:
    void run();
    void stop();
    void saveReport();
    void saveReportTo(const QString& folder, bool realPictures);
    void calibrate(); // asks for the file of clicked nuclei, where none is chosen yet, and opens it
    void swapSets();

Q_SIGNALS:
    void statusChanged(const QString& text, double fraction); // fraction -1: nothing is running

private:
    QWidget* makeLeft();
    QWidget* makeCentre();
    QWidget* makeHead();
    void makeNuclei(QVBoxLayout& column, QWidget* body);
    void showCalibration(int fieldsDone); // -1: a file whose fields were not counted yet
    void addNuclei(QVBoxLayout& column, QWidget* parent);
    void connectJobs();
    void showState();
    void showReport();
    void addMetricCards(QVBoxLayout& column);
    void addDistributions(QVBoxLayout& column);
    void addCopying(QVBoxLayout& column, QWidget* parent);
    QWidget* makeAdherence(QWidget* parent);
    QString whyNotReady() const;
    void showTile(bool synthetic, int index);
    const SyntheticReport& shown() const { return m_report->synthetic[std::size_t(m_set)]; }

    JobBridge& m_bridge;
    SetCard *m_real = nullptr, *m_synthetic = nullptr, *m_training = nullptr;
    QComboBox *m_extractor = nullptr, *m_sets = nullptr, *m_stain = nullptr;
    std::vector<QCheckBox*> m_groups; // what to measure, parallel to metricGroups()
    QString m_extractorFile;
    std::filesystem::path m_calibration; // file of clicked nuclei; may be empty
    QLabel *m_cost = nullptr, *m_subtitle = nullptr, *m_calibrationText = nullptr;
    QPushButton *m_calibrate = nullptr, *m_forgetCalibration = nullptr;
    IconLabel* m_costMark = nullptr;
    QPushButton *m_run = nullptr, *m_stop = nullptr, *m_save = nullptr;
    QStackedWidget* m_stack = nullptr;
    QScrollArea* m_scroll = nullptr;
    Note* m_failure = nullptr;
    std::shared_ptr<const CompareReport> m_report;
    int m_set = 0;
    quint64 m_job = 0, m_saving = 0;
};

} // namespace phloxine::ui
