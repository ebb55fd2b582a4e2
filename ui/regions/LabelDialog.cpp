#include "ui/regions/LabelDialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "ui/regions/RegionListModel.h"

namespace phloxine::ui {

LabelDialog::LabelDialog(const RegionLabels& labels, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("labelDialog"));
    setWindowTitle(tr("New label"));
    setMinimumWidth(360);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(16, 16, 16, 16);
    grid->setSpacing(8);
    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("labelName"));
    m_name->setMaxLength(60);
    m_colour = new QComboBox(this);
    m_colour->setObjectName(QStringLiteral("labelColour"));
    m_colour->setIconSize({26, 18});
    const QString names[] = {tr("Orange"),      tr("Sky blue"),   tr("Green"),      tr("Yellow"),      tr("Blue"),
                             tr("Dark orange"), tr("Steel blue"), tr("Dark green"), tr("Dark yellow"), tr("Dark blue")};
    const auto colours = labelColours();
    for (std::size_t i = 0; i < colours.size(); ++i) {
        m_colour->addItem(swatchIcon({{}, {}, QStringLiteral(" "), colours[i], false}, 2), names[i], colours[i]);
        if (colours[i] == labels.freshColour()) m_colour->setCurrentIndex(int(i));
    }
    int row = 0;
    for (const auto& [text, field] : {std::pair<QString, QWidget*>{tr("&Name"), m_name}, {tr("&Colour"), m_colour}}) {
        auto* label = new QLabel(text, this);
        label->setBuddy(field);
        grid->addWidget(label, row, 0);
        grid->addWidget(field, row++, 1);
    }
    auto* buttons = new QDialogButtonBox(this);
    m_add = new QPushButton(tr("Add label"), this);
    m_add->setProperty("primary", true);
    buttons->addButton(m_add, QDialogButtonBox::AcceptRole);
    m_add->setDefault(true);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    grid->addWidget(buttons, row, 0, 1, 2);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_name, &QLineEdit::textChanged, this, &LabelDialog::check);
    check();
}

QString LabelDialog::name() const { return m_name->text().simplified(); }
QColor LabelDialog::colour() const { return m_colour->currentData().value<QColor>(); }
void LabelDialog::check() { m_add->setEnabled(!name().isEmpty()); }

} // namespace phloxine::ui
