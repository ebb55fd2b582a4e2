#pragma once
// Which cards are chosen: one is current, any number is selected, and Shift extends from where the last plain choice was made.
#include <vector>

namespace phloxine::ui {

class Selection {
public:
    void reset(int count);                            // nothing chosen
    void choose(int index, bool extend, bool toggle); // Shift, Ctrl
    void moveTo(int index, bool extend, bool keep);   // by key: with Ctrl alone only the current card moves
    void toggleCurrent();
    void selectAll();
    void restore(const std::vector<int>& selected, int current); // after the list has changed

    int current() const { return m_current; } // -1: none
    bool contains(int index) const { return index >= 0 && index < int(m_on.size()) && m_on[std::size_t(index)]; }
    int size() const { return m_size; }
    std::vector<int> indices() const; // ascending
    int firstSelected() const;        // -1: none

private:
    void clear();
    void set(int index, bool on);
    void range(int from, int to);

    std::vector<bool> m_on;
    int m_size = 0, m_current = -1, m_anchor = -1;
};

} // namespace phloxine::ui
