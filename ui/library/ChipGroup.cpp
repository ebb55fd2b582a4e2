#include "ui/library/ChipGroup.h"

#include <algorithm>

#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/FlowLayout.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

constexpr int widest = 188, narrowestRow = 240, gap = 5;

QIcon swatchIcon(const QString& code, const QColor& colour, double ratio) {
    QPixmap picture(QSize(26, 16) * ratio);
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    paintClassSwatch(painter, {0, 0, 26, 16}, code, colour);
    return QIcon(picture);
}

} // namespace

ChipGroup::ChipGroup(const QString& title, QWidget* parent) : QWidget(parent), m_row(new QWidget(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    if (!title.isEmpty()) column->addWidget(mutedLabel(title, this));
    new FlowLayout(gap, narrowestRow, m_row);
    QSizePolicy grows(QSizePolicy::Preferred, QSizePolicy::Minimum);
    grows.setHeightForWidth(true);
    m_row->setSizePolicy(grows);
    m_row->setAccessibleName(title);
    column->addWidget(m_row);
    hide(); // until there are chips
}

void ChipGroup::setChips(const std::vector<Chip>& chips) {
    if (chips == m_chips) return;
    const auto on = chosen();
    const bool sameKeys = chips.size() == m_chips.size() && std::equal(chips.begin(), chips.end(), m_chips.begin(),
                                                                       [](const Chip& a, const Chip& b) { return a.key == b.key; });
    m_chips = chips;
    if (!sameKeys) makeButtons(on);
    for (std::size_t i = 0; i < chips.size(); ++i) show(*m_buttons[i], chips[i]);
    setVisible(!chips.empty());
    m_row->updateGeometry();
}

void ChipGroup::makeButtons(const std::vector<std::string>& on) {
    for (auto* button : m_buttons) button->hide(), button->deleteLater();
    m_buttons.clear();
    for (const Chip& chip : m_chips) {
        auto* button = new QPushButton(m_row);
        button->setProperty("chip", true);
        button->setCheckable(true);
        button->setChecked(std::find(on.begin(), on.end(), chip.key) != on.end());
        connect(button, &QPushButton::toggled, this, [this, key = chip.key](bool now) {
            Q_EMIT toggled(fromUtf8(key), now);
            Q_EMIT changed();
        });
        m_row->layout()->addWidget(button);
        m_buttons.push_back(button);
    }
}

void ChipGroup::show(QPushButton& button, const Chip& chip) const {
    button.ensurePolished(); // the style sheet has another size
    const QFontMetrics metrics = button.fontMetrics();
    const QString whole = chip.count.isEmpty() ? chip.text : tr("%1  %2", "name, how many").arg(chip.text, chip.count);
    const int left = widest - metrics.horizontalAdvance(whole) + metrics.horizontalAdvance(chip.text);
    const QString name = metrics.elidedText(chip.text, Qt::ElideRight, left);
    button.setText(chip.count.isEmpty() ? name : tr("%1  %2", "name, how many").arg(name, chip.count));
    button.setToolTip(chip.toolTip.isEmpty() ? whole : chip.toolTip);
    button.setAccessibleName(whole);
    if (!chip.code.isEmpty()) {
        button.setIcon(swatchIcon(chip.code, chip.colour, devicePixelRatioF()));
        button.setIconSize({26, 16});
    }
    button.setVisible(true);
}

std::vector<std::string> ChipGroup::chosen() const {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < m_buttons.size(); ++i)
        if (m_buttons[i]->isChecked()) keys.push_back(m_chips[i].key);
    return keys;
}

void ChipGroup::choose(const std::vector<std::string>& keys) {
    for (std::size_t i = 0; i < m_buttons.size(); ++i) {
        const QSignalBlocker quiet(m_buttons[i]);
        m_buttons[i]->setChecked(std::find(keys.begin(), keys.end(), m_chips[i].key) != keys.end());
    }
}

QPushButton* ChipGroup::chip(const std::string& key) const {
    for (std::size_t i = 0; i < m_buttons.size(); ++i)
        if (m_chips[i].key == key) return m_buttons[i];
    return nullptr;
}

} // namespace phloxine::ui
