#include "ui/regions/CutDialog.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

CutDialog::CutDialog(int tilePx, double micronsPerPixel, int regions, int classless, const QString& folder, QWidget* parent)
    : QDialog(parent), m_tilePx(tilePx), m_micronsPerPixel(micronsPerPixel) {
    setObjectName(QStringLiteral("cutDialog"));
    setWindowTitle(tr("Cut tiles from the regions"));
    setMinimumWidth(640);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(16, 16, 16, 16);
    grid->setSpacing(8);
    grid->setColumnStretch(1, 1);
    const QLocale locale;
    const QString size = tr("Tiles of %1 \u00d7 %1 pixels at %2\u00a0\u00b5m/px, as the model makes them, go into a folder for each class.")
                             .arg(tilePx)
                             .arg(locale.toString(micronsPerPixel, 'g', 3));
    auto* about = mutedLabel(size, this);
    about->setWordWrap(true);
    grid->addWidget(about, 0, 0, 1, 3);
    const auto percent = [this](const char* name, int value) {
        auto* spin = new QSpinBox(this);
        spin->setObjectName(QLatin1String(name));
        spin->setRange(1, 100);
        spin->setValue(value);
        spin->setSuffix(tr("\u00a0%"));
        return spin;
    };
    m_inside = percent("insideShare", 75);
    m_tissue = percent("tissueShare", 50);
    m_class = new QLineEdit(this);
    m_class->setObjectName(QStringLiteral("classlessName"));
    m_class->setPlaceholderText(tr("Empty: no tiles of it"));
    m_folder = new QLineEdit(QDir::toNativeSeparators(QDir::cleanPath(folder)), this);
    m_folder->setObjectName(QStringLiteral("cutFolder"));
    int row = 1;
    const auto add = [&](const QString& text, QWidget* field) {
        auto* label = new QLabel(text, this);
        label->setBuddy(field);
        grid->addWidget(label, row, 0);
        grid->addWidget(field, row++, 1);
    };
    add(tr("Of a tile at least &inside regions of one class"), m_inside);
    add(tr("Of a tile at least &tissue"), m_tissue);
    if (classless > 0)
        add(classless == 1 ? tr("Class of the region without one") : tr("Class of the %n regions without one", nullptr, classless),
            m_class);
    else m_class->hide();
    add(tr("&Folder"), m_folder);
    auto* browseButton = new QPushButton(tr("Browse\u2026"), this);
    grid->addWidget(browseButton, row - 1, 2);
    m_reason = mutedLabel({}, this);
    m_reason->setWordWrap(true);
    grid->addWidget(m_reason, row++, 0, 1, 3);
    auto* buttons = new QDialogButtonBox(this);
    m_cut = new QPushButton(regions == 1 ? tr("Cut tiles from 1 region") : tr("Cut tiles from %n regions", nullptr, regions), this);
    m_cut->setProperty("primary", true);
    buttons->addButton(m_cut, QDialogButtonBox::AcceptRole);
    m_cut->setObjectName(QStringLiteral("cutButton"));
    m_cut->setDefault(true);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    grid->addWidget(buttons, row, 0, 1, 3);
    connect(browseButton, &QPushButton::clicked, this, &CutDialog::browse);
    connect(m_folder, &QLineEdit::textChanged, this, &CutDialog::check);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
}

CutWish CutDialog::wish() const {
    CutWish wish;
    wish.request.tilePx = m_tilePx, wish.request.micronsPerPixel = m_micronsPerPixel;
    wish.request.regionShare = m_inside->value() / 100.0, wish.request.tissueShare = m_tissue->value() / 100.0;
    wish.request.className = m_class->text().trimmed().toStdString();
    wish.folder = QDir(QDir::fromNativeSeparators(m_folder->text().trimmed())).absolutePath();
    return wish;
}

void CutDialog::browse() {
    const QString chosen = QFileDialog::getExistingDirectory(this, tr("Folder for the tiles"), m_folder->text());
    if (!chosen.isEmpty()) m_folder->setText(QDir::toNativeSeparators(chosen));
}

void CutDialog::check() {
    const QString folder = m_folder->text().trimmed();
    m_cut->setEnabled(!folder.isEmpty());
    m_reason->setText(folder.isEmpty() ? tr("Name a folder for the tiles.")
                                       : tr("A new or empty folder, or one where the same cut stopped: it goes on there."));
}

} // namespace phloxine::ui
