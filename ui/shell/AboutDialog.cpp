#include "ui/shell/AboutDialog.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace phloxine::ui {
namespace {

// Names and licences are proper names and are not translated.
QString licences() {
    QString text = QStringLiteral("Phloxine: Apache License 2.0\n"
                                  "Qt 6: GNU LGPL 3\n"
                                  "LibTorch: BSD 3-Clause\n"
                                  "OpenSlide: GNU LGPL 2.1\n"
                                  "OpenCV: Apache License 2.0\n"
                                  "nlohmann/json, yaml-cpp: MIT\n"
                                  "CLI11: BSD 3-Clause\n"
                                  "libspng: BSD 2-Clause\n"
                                  "libtiff: libtiff licence\n"
                                  "libjpeg-turbo: IJG, BSD 3-Clause and zlib\n"
                                  "OpenSSL: Apache License 2.0\n"
                                  "zlib: zlib licence\n"
                                  "Vocabulary of CLIP: MIT\n"
                                  "CMU-1-Small-Region.svs: CC0, OpenSlide test data, Carnegie Mellon University\n"
                                  "Tabler Icons: MIT\n\n");
    QFile file(QStringLiteral(":/icons/LICENSE.tabler-icons.txt"));
    if (file.open(QIODevice::ReadOnly)) text += QString::fromUtf8(file.readAll());
    return text;
}

} // namespace

AboutDialog::AboutDialog(QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("About Phloxine"));
    resize(560, 520);
    auto* title = new QLabel(tr("Phloxine %1").arg(QCoreApplication::applicationVersion()), this);
    title->setProperty("role", QStringLiteral("page"));
    auto* about = new QLabel(tr("Makes synthetic histology tiles on this computer and shows them beside real slides at the same scale. "
                                "For research only, not for diagnosis."),
                             this);
    about->setWordWrap(true);
    auto* heading = new QLabel(tr("Licences"), this);
    heading->setProperty("role", QStringLiteral("section"));
    auto* text = new QPlainTextEdit(licences(), this);
    text->setReadOnly(true);
    text->setAccessibleName(tr("Licences"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    for (QWidget* widget : std::initializer_list<QWidget*>{title, about, heading}) column->addWidget(widget);
    column->addWidget(text, 1);
    column->addWidget(buttons);
}

} // namespace phloxine::ui
