#include "ui/compare/SaveReportDialog.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int dialogWidth = 480, boxIndent = 24;
}

SaveReportDialog::SaveReportDialog(QWidget* parent) : QDialog(parent) {
    setObjectName(QStringLiteral("saveReportDialog"));
    setWindowTitle(tr("Save report"));
    setAttribute(Qt::WA_DeleteOnClose);
    setFixedWidth(dialogWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 16, 20, 16);
    column->setSpacing(8);
    auto* what = new QLabel(tr("A folder with one page (report.html), its numbers (report.json, metrics.csv, tiles.csv) and pictures of "
                               "synthetic tiles."),
                            this);
    what->setWordWrap(true);
    column->addWidget(what);
    m_realPictures = new QCheckBox(tr("Include pictures of real tiles"), this);
    m_realPictures->setObjectName(QStringLiteral("realPicturesBox"));
    column->addWidget(m_realPictures);
    auto* why = mutedLabel(tr("Whoever gets the page sees them: leave them out where the tiles are not yours to pass on."), this);
    why->setWordWrap(true);
    why->setContentsMargins(boxIndent, 0, 0, 0);
    column->addWidget(why);
    column->addSpacing(8);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addStretch(1);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    cancel->setProperty("tall", true);
    cancel->setAutoDefault(false);
    auto* choose = new QPushButton(tr("Choose folder\u2026"), this);
    choose->setObjectName(QStringLiteral("chooseReportFolderButton"));
    choose->setProperty("primary", true);
    choose->setDefault(true);
    row->addWidget(cancel);
    row->addWidget(choose);
    column->addLayout(row);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(choose, &QPushButton::clicked, this, [this] {
        const bool realPictures = m_realPictures->isChecked();
        accept();
        Q_EMIT folderWanted(realPictures);
    });
}

} // namespace phloxine::ui
