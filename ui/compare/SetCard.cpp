#include "ui/compare/SetCard.h"

#include <set>

#include <QApplication>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPainter>
#include <QPointer>
#include <QPushButton>
#include <QThreadPool>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "core/image/ImageFile.h"
#include "core/measure/TileSet.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int picturePx = 56, pictures = 4, textWidth = 250;

QString localFile(const QMimeData* data) { return data->urls().size() == 1 ? data->urls().first().toLocalFile() : QString(); }
} // namespace

SetCard::SetCard(Kind kind, QWidget* parent) : QFrame(parent), m_kind(kind) {
    setProperty("card", true);
    setAcceptDrops(true);
    setObjectName(kind == Real ? QStringLiteral("realCard") : QStringLiteral("syntheticCard"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->setSpacing(8);
    head->addWidget(new Badge(kind == Real ? tr("REAL") : tr("SYNTHETIC"), kind == Real ? ui::Tone::Real : ui::Tone::Synthetic, this));
    m_name = new QLabel(this);
    m_name->setProperty("role", QStringLiteral("section"));
    head->addWidget(m_name, 1);
    auto* button = new QPushButton(tr("Choose\u2026"), this);
    button->setObjectName(QStringLiteral("chooseSetButton"));
    button->setAccessibleName(kind == Real ? tr("Choose the real set") : tr("Choose the synthetic set"));
    head->addWidget(button);
    column->addLayout(head);
    m_strip = new QWidget(this);
    m_strip->setFixedHeight(picturePx + 4);
    column->addWidget(m_strip);
    m_facts = mutedLabel({}, this);
    m_facts->setWordWrap(true);
    column->addWidget(m_facts);
    m_groups = new QLineEdit(this);
    m_groups->setObjectName(QStringLiteral("groupPattern"));
    m_groups->setPlaceholderText(tr("Group in the file name, e.g. ^g([0-9]+)_"));
    m_groups->setAccessibleName(tr("Pattern of the group in file names"));
    m_groups->setToolTip(tr(
        "A regular expression whose first bracket is the field, slide or patient.\nTiles of one group are not independent of each other."));
    m_groups->setVisible(kind == Real);
    column->addWidget(m_groups);
    connect(button, &QPushButton::clicked, this, &SetCard::choose);
    connect(m_groups, &QLineEdit::editingFinished, this, &SetCard::read);
    show(Found{});
}

SetChoice SetCard::choice() const { return {{}, m_choice.toStdString(), m_kind == Real ? m_groups->text().toStdString() : std::string()}; }

void SetCard::setChoice(const SetChoice& choice) {
    m_groups->setText(fromUtf8(choice.groupPattern));
    setPath(fromUtf8(choice.path.string()));
}

void SetCard::setPath(const QString& path) {
    m_choice = path;
    read();
}

void SetCard::choose() {
    const QString folder =
        QFileDialog::getExistingDirectory(this, m_kind == Real ? tr("Folder of real tiles") : tr("Folder of synthetic tiles"), m_choice);
    if (!folder.isEmpty()) setPath(folder);
}

SetCard::Found SetCard::look(const SetChoice& choice) {
    Found found;
    try {
        const auto set = readTileSet(choice.path, {{}, choice.groupPattern});
        std::set<std::string> groups, classes;
        for (const auto& tile : set.tiles) groups.insert(tile.group), classes.insert(tile.className);
        found.tiles = int(set.tiles.size()), found.groups = int(groups.size()), found.classes = int(classes.size());
        found.groupsKnown = set.groupsKnown, found.faults = int(set.faults.size());
        for (int i = 0; i < pictures && i < found.tiles; ++i) // spread over the set, so that classes show
            found.pictures.push_back(toQImage(readImage(set.tiles[std::size_t(i) * set.tiles.size() / pictures].file))
                                         .scaled(2 * picturePx, 2 * picturePx, Qt::IgnoreAspectRatio, Qt::SmoothTransformation));
    } catch (const Error& e) { found.problem = QString::fromUtf8(e.what()); } catch (const std::exception& e) {
        found.problem = tr("The set cannot be read: %1").arg(QString::fromUtf8(e.what()));
    }
    return found;
}

void SetCard::read() {
    const int number = ++m_reading; // an older answer that comes later is not shown
    m_tiles = 0;
    m_problem.clear();
    setElided(*m_name, QFileInfo(m_choice).fileName(), 120, Qt::ElideMiddle);
    m_facts->setText(m_choice.isEmpty() ? QString() : tr("Reading the folder"));
    Q_EMIT changed();
    if (m_choice.isEmpty()) return show(Found{});
    QThreadPool::globalInstance()->start([card = QPointer<SetCard>(this), choice = choice(), number] {
        auto found = look(choice);
        QMetaObject::invokeMethod(
            qApp,
            [card, found = std::move(found), number] {
                if (card && card->m_reading == number) card->show(found);
            },
            Qt::QueuedConnection);
    });
}

void SetCard::show(const Found& found) {
    m_tiles = found.tiles, m_problem = found.problem, m_pictures = found.pictures;
    if (m_choice.isEmpty()) {
        m_name->setText(m_kind == Real ? tr("No set yet") : tr("No set yet"));
        m_facts->setText(tr("Drop a folder of tiles here: class/tile.png, or with a metadata.jsonl."));
    } else if (!m_problem.isEmpty()) {
        m_facts->setText(m_problem);
    } else {
        QStringList words{tr("%1 tiles", "", found.tiles).arg(found.tiles)};
        if (found.classes > 1) words << tr("%1 classes", "", found.classes).arg(found.classes);
        if (m_kind == Real) words << (found.groupsKnown ? tr("%1 groups", "", found.groups).arg(found.groups) : tr("groups not known"));
        if (found.faults) words << tr("%1 files left out", "", found.faults).arg(found.faults);
        m_facts->setText(words.join(QStringLiteral(", ")));
    }
    update();
    Q_EMIT changed();
}

void SetCard::dragEnterEvent(QDragEnterEvent* event) {
    if (!localFile(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void SetCard::dropEvent(QDropEvent* event) {
    setPath(localFile(event->mimeData()));
    event->acceptProposedAction();
}

void SetCard::paintEvent(QPaintEvent* event) {
    QFrame::paintEvent(event);
    QPainter painter(this);
    for (int i = 0; i < pictures; ++i) {
        const QRect place(m_strip->x() + i * (picturePx + 8) + 1, m_strip->y() + 2, picturePx, picturePx);
        if (i < int(m_pictures.size())) painter.drawImage(place, m_pictures[std::size_t(i)]);
        QPen pen(i < int(m_pictures.size()) && m_kind == Real ? theme().text : m_kind == Real ? theme().line : theme().accent, 1);
        if (m_kind == Synthetic) pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawRect(place);
    }
}

} // namespace phloxine::ui
