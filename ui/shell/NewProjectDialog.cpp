#include "ui/shell/NewProjectDialog.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "core/project/Project.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

NewProjectDialog::NewProjectDialog(const QString& place, QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("newProjectDialog"));
    setWindowTitle(tr("New project"));
    setMinimumWidth(480);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(16, 16, 16, 16);
    grid->setSpacing(8);
    auto* about = mutedLabel(tr("A project is a folder with its tiles, their library and the queue."), this);
    about->setWordWrap(true);
    grid->addWidget(about, 0, 0, 1, 3);
    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("projectName"));
    m_place = new QLineEdit(QDir::toNativeSeparators(place), this);
    m_place->setObjectName(QStringLiteral("projectPlace"));
    auto* browseButton = new QPushButton(tr("Browse\u2026"), this);
    int row = 1;
    for (const auto& [text, edit] : {std::pair{tr("&Name"), m_name}, std::pair{tr("&Folder"), m_place}}) {
        auto* label = new QLabel(text, this);
        label->setBuddy(edit);
        grid->addWidget(label, row, 0);
        grid->addWidget(edit, row++, 1);
        connect(edit, &QLineEdit::textChanged, this, &NewProjectDialog::check);
    }
    grid->addWidget(browseButton, 2, 2);
    m_reason = new QLabel(this);
    m_reason->setProperty("role", QStringLiteral("secondary"));
    m_reason->setWordWrap(true);
    m_reason->setTextFormat(Qt::PlainText);
    grid->addWidget(m_reason, 3, 0, 1, 3);
    auto* buttons = new QDialogButtonBox(this);
    m_make = buttons->addButton(tr("Make project"), QDialogButtonBox::AcceptRole);
    m_make->setObjectName(QStringLiteral("makeProjectButton"));
    m_make->setDefault(true);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    grid->addWidget(buttons, 4, 0, 1, 3);
    connect(browseButton, &QPushButton::clicked, this, &NewProjectDialog::browse);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
    m_name->setFocus();
}

QString NewProjectDialog::folder() const { return QDir(m_place->text().trimmed()).absoluteFilePath(m_name->text().trimmed()); }

void NewProjectDialog::browse() {
    auto* dialog = new QFileDialog(this, tr("Folder for the project"), m_place->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, m_place, &QLineEdit::setText);
    dialog->open();
}

void NewProjectDialog::check() {
    const QString name = m_name->text().trimmed();
    const QFileInfo wanted(folder());
    QString reason;
    if (name.isEmpty()) reason = tr("Give the project a name.");
    else if (name.contains(QLatin1Char('/')) || name.startsWith(QLatin1Char('.')))
        reason = tr("A name has no / and does not begin with a dot.");
    else if (m_place->text().trimmed().isEmpty()) reason = tr("Choose the folder it is to lie in.");
    else if (wanted.isFile()) reason = tr("There is a file of this name; choose another.");
    else if (wanted.isDir() && !QDir(wanted.filePath()).isEmpty())
        reason = tr("There is a folder of this name that is not empty; choose another name, or open it with File, Open project.");
    m_make->setEnabled(reason.isEmpty());
    m_reason->setText(reason.isEmpty() ? tr("Will be made at %1.").arg(QDir::toNativeSeparators(wanted.filePath())) : reason);
}

} // namespace phloxine::ui
