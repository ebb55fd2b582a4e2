#include "ui/generate/VectorPanel.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int numberWidth = 96, mostMagnification = 16;
}

VectorPanel::VectorPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* label = new QLabel(tr("Feature &vectors"), this);
    m_file = new QLineEdit(this);
    m_file->setObjectName(QStringLiteral("vectorFile"));
    m_file->setPlaceholderText(tr("A .npy or .safetensors file"));
    label->setBuddy(m_file);
    m_browse = new QPushButton(tr("File\u2026"), this);
    m_browse->setObjectName(QStringLiteral("vectorBrowse"));
    m_browse->setAccessibleName(tr("Choose the file of feature vectors"));
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_file, 1);
    row->addWidget(m_browse);
    auto* magnificationLabel = new QLabel(tr("Ma&gnification"), this);
    m_magnification = new QSpinBox(this);
    m_magnification->setObjectName(QStringLiteral("vectorMagnification"));
    m_magnification->setRange(-1, mostMagnification);
    m_magnification->setSpecialValueText(tr("not used"));
    m_magnification->setValue(-1);
    m_magnification->setFixedWidth(numberWidth);
    m_magnification->setToolTip(tr("For models that were trained at several: 0 is the highest"));
    magnificationLabel->setBuddy(m_magnification);
    auto* second = new QHBoxLayout;
    second->setSpacing(8);
    second->addWidget(magnificationLabel);
    second->addWidget(m_magnification);
    second->addStretch(1);
    auto* note = mutedLabel(tr("This model is guided by vectors of an image encoder. Another program computes them."), this);
    note->setWordWrap(true);
    column->addWidget(label);
    column->addLayout(row);
    column->addLayout(second);
    column->addWidget(note);
    column->addStretch(1);
    connect(m_file, &QLineEdit::textChanged, this, &VectorPanel::changed);
    connect(m_magnification, &QSpinBox::valueChanged, this, &VectorPanel::changed);
    connect(m_browse, &QPushButton::clicked, this, &VectorPanel::browse);
}

QString VectorPanel::file() const { return QDir::fromNativeSeparators(m_file->text().trimmed()); }
int VectorPanel::magnification() const { return m_magnification->value(); }

void VectorPanel::setVectors(const QString& file, int magnification) {
    m_file->setText(QDir::toNativeSeparators(file));
    m_magnification->setValue(magnification);
}

QString VectorPanel::whyNotReady() const {
    if (file().isEmpty()) return tr("Choose a file of feature vectors to start");
    return QFileInfo(file()).isFile() ? QString() : tr("The file of feature vectors is not there");
}

void VectorPanel::browse() {
    auto* dialog = new QFileDialog(this, tr("Feature vectors"), QFileInfo(file()).path());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Feature vectors (*.npy *.safetensors)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { setVectors(path, magnification()); });
    dialog->open();
}

} // namespace phloxine::ui
