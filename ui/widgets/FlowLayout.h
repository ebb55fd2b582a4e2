#pragma once
// Widgets in rows that wrap: for chips, whose words are of any length.
#include <vector>

#include <QLayout>

namespace phloxine::ui {

class FlowLayout : public QLayout {
public:
    // At least `leastWidth` wide: Qt reserves the height that it would need at its least width.
    FlowLayout(int gap, int leastWidth, QWidget* parent = nullptr);
    ~FlowLayout() override;
    void addItem(QLayoutItem* item) override { m_items.push_back(item); }
    int count() const override { return int(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return arrange({0, 0, width, 0}, false); }
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& area) override;

private:
    int arrange(const QRect& area, bool place) const; // the height

    int m_gap, m_leastWidth;
    std::vector<QLayoutItem*> m_items;
};

} // namespace phloxine::ui
