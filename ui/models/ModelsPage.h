#pragma once
// The Models workspace: the models on this machine, what each is, and how one's own come in.
#include <memory>

#include <QWidget>

#include "core/model/ModelStore.h"

class QLabel;
class QPushButton;
class QTableView;

namespace phloxine::ui {

class DropFrame;
class Inspections;
class JobBridge;
class ModelDetails;
class ModelTable;
class Note;

class ModelsPage : public QWidget {
    Q_OBJECT
public:
    ModelsPage(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent = nullptr);
    const ModelTable& table() const { return *m_table; }

public Q_SLOTS:
    void refresh(); // reads the cards again; the choice stays
    void addModel();
    void inspectFile();
    void addFrom(const QString& path);
    void choose(const QString& path); // selects this model's row

Q_SIGNALS:
    void useRequested(const QString& path);
    void modelsChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeCentre();
    void makeTable();
    void openDialog(bool add, const QString& path);
    void showChoice();
    void fitTable();

    std::shared_ptr<ModelStore> m_store;
    JobBridge& m_bridge;
    Inspections* m_inspections;
    ModelTable* m_table;
    QTableView* m_view;
    ModelDetails* m_details;
    DropFrame* m_drop;
    Note* m_note;
    QLabel* m_count;
};

} // namespace phloxine::ui
