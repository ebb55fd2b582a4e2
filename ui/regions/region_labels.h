#pragma once
// What a region can be called: the classes of the model and labels of one's own, each with a code and a colour.
#include <vector>

#include <QColor>
#include <QString>

#include "core/model/ModelCard.h"
#include "core/region/Region.h"

namespace phloxine::ui {

struct RegionLabel {
    QString id; // what the region's class is in files: the class id of the model, or the own label itself; empty: no class
    QString name, code;
    QColor colour;
    bool ofModel = false;
};

class RegionLabels {
public:
    void setCard(const ModelCard& card);
    void add(const QString& name, const QColor& colour);          // an own one; the same name again gets the new colour
    const std::vector<RegionLabel>& all() const { return m_all; } // no class, the model's, the own ones
    std::vector<RegionLabel> own() const;
    RegionLabel of(const Region& region) const; // by its class; one that is not known yet is shown in the region's own colour
    const RegionLabel* find(const QString& id) const;
    QColor freshColour() const; // that the fewest labels have

private:
    std::vector<RegionLabel> m_all{{}};
};

QString codeOf(const QString& name); // two letters
std::vector<QColor> labelColours();  // the class palette and darker shades of it: no pink and no red, which tissue has

} // namespace phloxine::ui
