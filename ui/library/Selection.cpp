#include "ui/library/Selection.h"

#include <algorithm>

namespace phloxine::ui {

void Selection::reset(int count) {
    m_on.assign(std::size_t(count), false);
    m_size = 0, m_current = m_anchor = -1;
}

void Selection::clear() {
    std::fill(m_on.begin(), m_on.end(), false);
    m_size = 0;
}

void Selection::set(int index, bool on) {
    auto bit = m_on[std::size_t(index)];
    m_size += int(on) - int(bool(bit));
    bit = on;
}

void Selection::range(int from, int to) {
    for (int i = std::min(from, to); i <= std::max(from, to); ++i) set(i, true);
}

void Selection::choose(int index, bool extend, bool toggle) {
    if (index < 0 || index >= int(m_on.size())) {
        if (!extend && !toggle) clear();
        return;
    }
    if (extend && m_anchor >= 0) {
        if (!toggle) clear();
        range(m_anchor, index);
    } else {
        if (!toggle) clear();
        set(index, !(toggle && contains(index)));
        m_anchor = index;
    }
    m_current = index;
}

void Selection::moveTo(int index, bool extend, bool keep) {
    if (keep && !extend && index >= 0) m_current = index;
    else choose(index, extend, false);
}

void Selection::toggleCurrent() {
    if (m_current >= 0) choose(m_current, false, true);
}

void Selection::selectAll() {
    m_on.assign(m_on.size(), true);
    m_size = int(m_on.size());
    if (m_current < 0 && m_size) m_current = m_anchor = 0;
}

void Selection::restore(const std::vector<int>& selected, int current) {
    for (const int index : selected) set(index, true);
    m_current = m_anchor = current;
}

int Selection::firstSelected() const {
    const auto first = std::find(m_on.begin(), m_on.end(), true);
    return first == m_on.end() ? -1 : int(first - m_on.begin());
}

std::vector<int> Selection::indices() const {
    std::vector<int> all;
    all.reserve(std::size_t(m_size));
    for (std::size_t i = 0; i < m_on.size(); ++i)
        if (m_on[i]) all.push_back(int(i));
    return all;
}

} // namespace phloxine::ui
