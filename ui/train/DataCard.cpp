#include "ui/train/DataCard.h"

#include <algorithm>
#include <map>
#include <set>

#include <QApplication>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMimeData>
#include <QPointer>
#include <QPushButton>
#include <QThreadPool>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "core/train/TrainingSet.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/ElidingLabel.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int chipsPerRow = 7, mostChips = 20, fewTiles = 50;

QString localPath(const QMimeData* data) { return data->urls().size() == 1 ? data->urls().first().toLocalFile() : QString(); }
QString number(int n) { return QLocale().toString(n); }
} // namespace

DataCard::DataCard(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("dataCard"));
    setAcceptDrops(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Data set"), this), 1);
    m_choose = new QPushButton(tr("Choose\u2026"), this);
    m_choose->setObjectName(QStringLiteral("chooseDataButton"));
    m_choose->setAccessibleName(tr("Choose the folder of tiles"));
    m_choose->setProperty("link", true);
    head->addWidget(m_choose);
    column->addLayout(head);
    m_card = new QFrame(this);
    m_card->setProperty("card", true);
    auto* inside = new QVBoxLayout(m_card);
    inside->setContentsMargins(12, 10, 12, 10);
    inside->setSpacing(6);
    auto* title = new QHBoxLayout;
    m_name = new ElidingLabel({}, "section", m_card);
    m_badge = new Badge({}, Tone::Ok, m_card);
    title->addWidget(m_name, 1);
    title->addWidget(m_badge);
    inside->addLayout(title);
    m_chips = new QWidget(m_card);
    m_chipGrid = new QGridLayout(m_chips);
    m_chipGrid->setContentsMargins(0, 0, 0, 0);
    m_chipGrid->setSpacing(4);
    inside->addWidget(m_chips);
    m_facts = mutedLabel({}, m_card);
    m_facts->setObjectName(QStringLiteral("dataFacts"));
    m_facts->setWordWrap(true);
    inside->addWidget(m_facts);
    column->addWidget(m_card);
    m_note = mutedLabel({}, this);
    m_note->setObjectName(QStringLiteral("dataNote"));
    m_note->setWordWrap(true);
    column->addWidget(m_note);
    m_splitRows = new QWidget(this);
    auto* grid = new QGridLayout(m_splitRows);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(8);
    m_groups = new QLineEdit(m_splitRows);
    m_groups->setObjectName(QStringLiteral("groupPattern"));
    m_groups->setPlaceholderText(tr("from metadata.jsonl"));
    m_groups->setToolTip(
        tr("A regular expression over the file name whose first bracket is the field, slide or patient, such as ^g([0-9]+)_.\n"
           "Empty: the groups that a metadata.jsonl names."));
    m_holdOut = new QLineEdit(m_splitRows);
    m_holdOut->setObjectName(QStringLiteral("holdOut"));
    m_holdOut->setPlaceholderText(tr("nothing"));
    m_holdOut->setToolTip(
        tr("A regular expression over the group: groups in which it finds something train nothing, and the held-out loss\n"
           "is measured on them. [38]$ holds out the groups whose number ends in 3 or 8."));
    int row = 0;
    for (const auto& [text, field] : {std::pair(tr("Groups"), m_groups), std::pair(tr("Hold out"), m_holdOut)}) {
        auto* label = new QLabel(text, m_splitRows);
        label->setBuddy(field);
        field->setAccessibleName(text);
        label->setMinimumWidth(80);
        grid->addWidget(label, row, 0);
        grid->addWidget(field, row++, 1);
        connect(field, &QLineEdit::editingFinished, this, [this] {
            if (m_groups->isReadOnly()) return;
            if (m_groups->text().toStdString() == m_data.groupPattern && m_holdOut->text().toStdString() == m_data.holdOut) return;
            m_data.groupPattern = m_groups->text().toStdString(), m_data.holdOut = m_holdOut->text().toStdString();
            m_data.holdOutWords.clear();
            Q_EMIT settingsEdited();
            read();
        });
    }
    column->addWidget(m_splitRows);
    connect(m_choose, &QPushButton::clicked, this, &DataCard::choose);
    show(Found{});
}

void DataCard::choose() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of tiles"), m_path);
    if (!folder.isEmpty()) setPath(folder);
}

void DataCard::setPath(const QString& path) {
    m_path = path;
    read();
}

void DataCard::setRecipe(const Recipe& recipe) {
    const auto& data = dataOf(recipe);
    const auto* diffusion = diffusionOf(recipe);
    std::vector<RecipeClass> classes = diffusion ? diffusion->classes : std::vector<RecipeClass>();
    const auto sameClass = [](const RecipeClass& a, const RecipeClass& b) {
        return a.id == b.id && a.label == b.label && a.code == b.code;
    };
    const bool same = data.groupPattern == m_data.groupPattern && data.holdOut == m_data.holdOut && data.captions == m_data.captions &&
                      std::equal(classes.begin(), classes.end(), m_classes.begin(), m_classes.end(), sameClass);
    m_data = data, m_classes = std::move(classes);
    m_groups->setText(QString::fromStdString(data.groupPattern));
    m_holdOut->setText(QString::fromStdString(data.holdOut));
    if (!same) read();
}

void DataCard::writeTo(Recipe& recipe) const {
    auto& data = dataOf(recipe);
    if (data.holdOut != m_data.holdOut) data.holdOutWords.clear();
    data.groupPattern = m_data.groupPattern, data.holdOut = m_data.holdOut;
}

void DataCard::setFrozen(bool begun, bool running) {
    for (auto* field : {m_groups, m_holdOut}) field->setReadOnly(begun);
    m_choose->setEnabled(!running);
    setAcceptDrops(!running);
}

DataCard::Found DataCard::look(const std::filesystem::path& path, const RecipeData& data, const std::vector<RecipeClass>& classes) {
    Found found;
    try {
        const auto set = readTrainingSet(path, data, classes);
        std::set<std::string> groups;
        std::vector<int> training(set.classes.size());
        found.classes = shownClasses(set.classes);
        for (const auto& tile : set.tiles) {
            groups.insert(tile.group);
            ++found.classes[std::size_t(tile.classIndex)].tiles;
            ++(tile.heldOut ? found.heldOut : found.training);
            if (!tile.heldOut) ++training[std::size_t(tile.classIndex)];
        }
        const auto smallest = std::min_element(training.begin(), training.end());
        found.smallestClass = *smallest, found.smallestLabel = found.classes[std::size_t(smallest - training.begin())].label;
        found.tiles = int(set.tiles.size()), found.groups = int(groups.size());
        for (const auto& leak : set.leaks) found.leaks.append(QString::fromStdString(leak));
    } catch (const Error& e) { found.problem = QString::fromUtf8(e.what()); } catch (const std::exception&) {
        found.problem = tr("The folder cannot be read; choose another.");
    }
    return found;
}

void DataCard::read() {
    const int asked = ++m_reading; // an older answer that comes later is not shown
    m_problem.clear();
    m_trainingTiles = 0;
    m_waiting = !m_path.isEmpty();
    if (!m_waiting) return show(Found{});
    m_name->setWhole(QFileInfo(m_path).fileName());
    m_badge->hide();
    m_facts->setText(tr("Reading the tiles"));
    Q_EMIT changed();
    QThreadPool::globalInstance()->start(
        [card = QPointer<DataCard>(this), path = std::filesystem::path(m_path.toStdString()), data = m_data, classes = m_classes, asked] {
            auto found = look(path, data, classes);
            QMetaObject::invokeMethod(
                qApp,
                [card, found = std::move(found), asked] {
                    if (!card || card->m_reading != asked) return;
                    card->m_waiting = false;
                    card->show(found);
                },
                Qt::QueuedConnection);
        });
}

void DataCard::showChips(const std::vector<ShownClass>& classes) {
    while (auto* item = m_chipGrid->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const int count = std::min(mostChips, int(classes.size()));
    for (int i = 0; i < count; ++i) {
        const auto& c = classes[std::size_t(i)];
        auto* chip = new ClassSwatch(c.code, QColor(c.colour), m_chips);
        chip->setToolTip(tr("%1: %2 tiles", nullptr, c.tiles).arg(c.label, number(c.tiles)));
        chip->setAccessibleName(chip->toolTip());
        m_chipGrid->addWidget(chip, i / chipsPerRow, i % chipsPerRow);
    }
    m_chipGrid->setColumnStretch(chipsPerRow, 1);
    m_chips->setVisible(count > 0);
}

QString DataCard::warning() const { return m_note->isHidden() ? QString() : m_note->text(); }

void DataCard::showNotes(const Found& found) {
    QStringList notes = found.leaks;
    if (m_data.holdOut.empty()) notes.append(tr("No group is held out, so the held-out loss is not measured."));
    if (found.smallestClass < fewTiles)
        notes.append(
            found.smallestClass == 1
                ? tr("Only one tile of %1 trains: the model will learn it by heart.").arg(found.smallestLabel)
                : tr("Only %1 tiles of %2 train: the model may learn them by heart.").arg(found.smallestClass).arg(found.smallestLabel));
    m_note->setText(notes.join(QLatin1Char('\n')));
    m_note->setVisible(!notes.isEmpty());
    m_badge->setTone(found.leaks.isEmpty() && !m_data.holdOut.empty() ? Tone::Ok : Tone::Warn);
    m_badge->setText(!found.leaks.isEmpty() ? tr("May leak") : m_data.holdOut.empty() ? tr("Not split") : tr("Split by group"));
    m_badge->show();
}

void DataCard::show(const Found& found) {
    m_problem = found.problem, m_trainingTiles = found.training;
    m_choose->setText(m_path.isEmpty() ? tr("Choose\u2026") : tr("Change\u2026"));
    m_splitRows->setVisible(!m_path.isEmpty());
    showChips(found.classes);
    m_badge->hide();
    m_note->hide();
    if (m_path.isEmpty()) {
        m_name->setWhole(tr("No tiles yet"));
        m_facts->setText(tr("Drop a folder of tiles here: class/tile.png, or with a metadata.jsonl."));
        setRole(*m_facts, "secondary");
    } else if (!m_problem.isEmpty()) {
        m_facts->setText(m_problem);
        setRole(*m_facts, "error");
    } else {
        m_facts->setText(tr("%1 tiles, %2 groups, %3 tiles held out", nullptr, found.tiles)
                             .arg(number(found.tiles), number(found.groups), number(found.heldOut)));
        setRole(*m_facts, "secondary");
        showNotes(found);
    }
    Q_EMIT changed();
}

void DataCard::dragEnterEvent(QDragEnterEvent* event) {
    if (!localPath(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void DataCard::dropEvent(QDropEvent* event) {
    setPath(localPath(event->mimeData()));
    event->acceptProposedAction();
}

} // namespace phloxine::ui
