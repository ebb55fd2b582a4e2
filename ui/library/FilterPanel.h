#pragma once
// Which tiles of the library are shown, and in which order: words, chips, dates, distance. The chips are the values that occur.
#include <QTimer>
#include <QWidget>

#include "core/project/Project.h"
#include "ui/generate/ModelCards.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace phloxine::ui {

class ChipGroup;

class FilterPanel : public QWidget {
    Q_OBJECT
public:
    explicit FilterPanel(QWidget* parent = nullptr);
    void setCards(SharedCards cards);
    void setFacets(const Facets& facets);
    TileFilter filter() const; // without the trash
    bool filtering() const;    // something is left out
    void clear();
    void focusSearch();

Q_SIGNALS:
    void changed();

private:
    void addHead(QLayout* column);

    SharedCards m_cards = std::make_shared<ModelCards>();
    Facets m_facets;
    QLineEdit* m_search;
    ChipGroup *m_marks, *m_classes, *m_models, *m_tags;
    QComboBox *m_date, *m_order;
    QCheckBox* m_nearOn;
    QDoubleSpinBox* m_near;
    QPushButton* m_clear;
    QTimer m_typed; // a moment after the last key
};

} // namespace phloxine::ui
