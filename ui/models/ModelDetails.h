#pragma once
// The panel at the right: what the chosen model is, what reading its file found, and what can be done with it.
#include <optional>

#include <QTimer>
#include <QWidget>

#include "ui/models/model_facts.h"

class QPushButton;
class QScrollArea;
class QLabel;

namespace phloxine::ui {

class Inspections;
class ReportView;

class ModelDetails : public QWidget {
    Q_OBJECT
public:
    explicit ModelDetails(Inspections& inspections, QWidget* parent = nullptr);
    void showModel(const ModelFacts* facts); // null: none is chosen
    void checkNow();                         // reads the files of the chosen model, unless that has been done

Q_SIGNALS:
    void useRequested(const QString& path);
    void editRequested(const phloxine::ModelEntry& entry);

private:
    QWidget* makeBody();
    QWidget* makeFoot();
    void showReport();
    void showFolder() const;

    Inspections& m_inspections;
    std::optional<ModelFacts> m_facts;
    QScrollArea* m_area;
    QWidget *m_card = nullptr, *m_texts = nullptr;
    QWidget* m_body;
    QWidget* m_reportPart;
    ReportView* m_report;
    QLabel *m_none, *m_reason;
    QPushButton *m_use, *m_edit, *m_folder;
    QTimer m_settle; // a look at each row on the way reads nothing
};

} // namespace phloxine::ui
