#include "ui/viewer/SlidePictures.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>

#include "ui/viewer/SlideReader.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

constexpr QSize pictureSize(520, 360);
constexpr int idRole = Qt::UserRole;

struct Kind {
    const char *id, *title;
    bool mayNamePatient;
};
constexpr Kind kinds[] = {{"thumbnail", QT_TRANSLATE_NOOP("phloxine::ui::SlidePictures", "Thumbnail"), false},
                          {"macro", QT_TRANSLATE_NOOP("phloxine::ui::SlidePictures", "Macro, may show the label"), true},
                          {"label", QT_TRANSLATE_NOOP("phloxine::ui::SlidePictures", "Label, may name the patient"), true}};

const Kind* kindOf(const QString& id) {
    for (const Kind& kind : kinds)
        if (id == QLatin1String(kind.id)) return &kind;
    return nullptr;
}

} // namespace

SlidePictures::SlidePictures(const QString& slide, QWidget* parent) : QDialog(parent), m_slide(slide), m_work(1) {
    setObjectName(QStringLiteral("slidePictures"));
    setWindowTitle(tr("Pictures beside the slide"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(16, 16, 16, 16);
    grid->setSpacing(12);
    auto* why =
        mutedLabel(tr("Scanners store more pictures in the file of a slide. They are hidden because a label may name the patient. What you "
                      "show here is not kept, exported or measured."),
                   this);
    why->setWordWrap(true);
    grid->addWidget(why, 0, 0, 1, 2);
    m_list = new QListWidget(this);
    m_list->setObjectName(QStringLiteral("pictureNames"));
    m_list->setAccessibleName(tr("Pictures in the file of %1").arg(QFileInfo(slide).fileName()));
    m_list->setFixedWidth(220);
    grid->addWidget(m_list, 1, 0);
    m_warning = new Note(Tone::Warn, this);
    m_warning->setText(tr("This picture may show a name, a number or a date. Show it only where nobody else can see it."));
    m_warning->setFixedWidth(m_list->maximumWidth());
    m_warning->hide();
    grid->addWidget(m_warning, 2, 0);
    m_picture = new QLabel(this);
    m_picture->setObjectName(QStringLiteral("slidePicture"));
    m_picture->setAlignment(Qt::AlignCenter);
    m_picture->setWordWrap(true);
    m_picture->setFixedSize(pictureSize);
    m_picture->setAttribute(Qt::WA_StyledBackground);
    m_picture->setProperty("ground", QStringLiteral("surface"));
    grid->addWidget(m_picture, 1, 1, 2, 1);
    auto* buttons = new QDialogButtonBox(this);
    m_show = new QPushButton(tr("Show this picture"), this);
    m_show->setObjectName(QStringLiteral("showPicture"));
    m_show->setProperty("primary", true);
    m_show->setEnabled(false);
    buttons->addButton(m_show, QDialogButtonBox::ActionRole);
    buttons->addButton(tr("Close"), QDialogButtonBox::RejectRole);
    grid->addWidget(buttons, 3, 0, 1, 2);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_list, &QListWidget::currentItemChanged, this, &SlidePictures::choose);
    connect(m_list, &QListWidget::itemActivated, m_show, &QPushButton::click);
    connect(m_show, &QPushButton::clicked, this, &SlidePictures::read);
    say(tr("Reading the file"));
    m_work.run([slide](const Background::Stop&) { return openSource(slide)->associatedImages(); },
               [this](const std::vector<std::string>& names) { list(names); }, [this](const Failure& failure) { say(failure.message); });
}

void SlidePictures::list(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const QString id = fromUtf8(name);
        const Kind* kind = kindOf(id);
        auto* item = new QListWidgetItem(kind ? tr(kind->title) : tr("%1, may name the patient").arg(id), m_list);
        item->setData(idRole, id);
    }
    if (names.empty()) return say(tr("The file of this slide holds no other picture."));
    m_list->setFocus();
    say(tr("Choose a picture. Nothing is shown before you ask for it."));
}

void SlidePictures::choose() {
    ++m_asked;
    const auto* item = m_list->currentItem();
    const Kind* kind = item ? kindOf(item->data(idRole).toString()) : nullptr;
    m_show->setEnabled(item);
    m_warning->setVisible(item && (!kind || kind->mayNamePatient));
    say(tr("Not shown yet."));
}

void SlidePictures::read() {
    say(tr("Reading the picture"));
    const auto answer = [this, asked = ++m_asked](auto action) {
        return [this, asked, action](const auto& value) {
            if (asked == m_asked) action(value);
        };
    };
    const double ratio = devicePixelRatioF();
    m_work.run(
        [slide = m_slide, ratio, name = m_list->currentItem()->data(idRole).toString().toStdString()](const Background::Stop&) {
            const QImage picture = toQImage(openSource(slide)->associatedImage(name));
            QImage fitted = picture.scaled(pictureSize * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation);
            fitted.setDevicePixelRatio(ratio);
            return fitted;
        },
        answer([this](const QImage& picture) { showPicture(picture); }), answer([this](const Failure& failure) { say(failure.message); }));
}

void SlidePictures::showPicture(const QImage& fitted) {
    m_picture->setPixmap(QPixmap::fromImage(fitted));
    m_picture->setAccessibleName(m_list->currentItem()->text());
}

void SlidePictures::say(const QString& sentence) {
    m_picture->setPixmap({});
    m_picture->setText(sentence);
    m_picture->setAccessibleName(sentence);
}

} // namespace phloxine::ui
