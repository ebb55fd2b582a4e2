#include "ui/regions/region_labels.h"

#include <algorithm>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

QString codeOf(const QString& name) {
    QString letters;
    for (const QChar c : name)
        if (c.isLetterOrNumber() && letters.size() < 2) letters += c.toUpper();
    return letters.isEmpty() ? QStringLiteral("\u2013") : letters;
}

std::vector<QColor> labelColours() {
    std::vector<QColor> colours;
    for (const char* name : {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#8A5F00", "#1E6E9C", "#00573F", "#8C8300", "#003F63"})
        colours.emplace_back(QLatin1String(name));
    return colours;
}

void RegionLabels::setCard(const ModelCard& card) {
    const auto kept = own();
    m_all = {{}};
    for (const TissueClass& c : card.classes)
        m_all.push_back({fromUtf8(c.id), fromUtf8(c.label), fromUtf8(c.code), QColor(fromUtf8(c.colour)), true});
    for (const auto& label : kept)
        if (!find(label.id)) m_all.push_back(label);
}

void RegionLabels::add(const QString& name, const QColor& colour) {
    if (name.isEmpty()) return;
    for (auto& label : m_all)
        if (label.id == name) {
            if (!label.ofModel) label.colour = colour;
            return;
        }
    m_all.push_back({name, name, codeOf(name), colour, false});
}

std::vector<RegionLabel> RegionLabels::own() const {
    std::vector<RegionLabel> some;
    for (const auto& label : m_all)
        if (!label.ofModel && !label.id.isEmpty()) some.push_back(label);
    return some;
}

const RegionLabel* RegionLabels::find(const QString& id) const {
    const auto it = std::find_if(m_all.begin(), m_all.end(), [&](const RegionLabel& label) { return label.id == id; });
    return it == m_all.end() || id.isEmpty() ? nullptr : &*it;
}

RegionLabel RegionLabels::of(const Region& region) const {
    const QString id = fromUtf8(region.className);
    if (const RegionLabel* known = find(id)) return *known;
    const QColor own(fromUtf8(region.colour));
    return {id, id, id.isEmpty() ? QString() : codeOf(id), own.isValid() ? own : QColor(0x1B, 0x1B, 0x1B), false};
}

QColor RegionLabels::freshColour() const {
    const auto colours = labelColours();
    const auto uses = [this](const QColor& colour) {
        return std::count_if(m_all.begin(), m_all.end(), [&](const RegionLabel& label) { return label.colour == colour; });
    };
    return *std::min_element(colours.begin(), colours.end(), [&](const QColor& a, const QColor& b) { return uses(a) < uses(b); });
}

} // namespace phloxine::ui
