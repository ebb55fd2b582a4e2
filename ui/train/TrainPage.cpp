#include "ui/train/TrainPage.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QThreadPool>
#include <QVBoxLayout>

#include "core/model/ModelStore.h"
#include "ui/train/DataCard.h"
#include "ui/train/LossPlot.h"
#include "ui/train/MemoryBar.h"
#include "ui/train/NumberCard.h"
#include "ui/train/RecipePanel.h"
#include "ui/train/SampleTimeline.h"
#include "ui/viewer/EmptyState.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ElidingLabel.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int leftWidth = 320, pageHeadHeight = 56, pollMs = 1000, estimateMs = 400;

// A card with its title, an aside, and what else stands in its head.
QFrame* titledCard(const QString& title, ElidingLabel*& aside, QHBoxLayout*& head, QVBoxLayout*& column, QWidget* parent) {
    auto* card = new QFrame(parent);
    card->setProperty("card", true);
    column = new QVBoxLayout(card);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(8);
    head = new QHBoxLayout;
    head->setSpacing(8);
    auto* name = new QLabel(title, card);
    name->setProperty("role", QStringLiteral("section"));
    aside = new ElidingLabel(card);
    aside->setProperty("role", QStringLiteral("secondary"));
    head->addWidget(name);
    head->addWidget(aside, 1);
    column->addLayout(head);
    return card;
}
} // namespace

TrainPage::TrainPage(std::shared_ptr<ModelStore> store, JobBridge& bridge, QWidget* parent)
    : QWidget(parent), m_store(std::move(store)), m_bridge(bridge) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    auto* left = makeLeft();
    auto* centre = makeCentre();
    left->setProperty("panel", 1); // F6 goes through them in this order
    centre->setProperty("panel", 2);
    row->addWidget(left);
    row->addWidget(separatorLine(this, true));
    row->addWidget(centre, 1);
    connect(m_data, &DataCard::changed, this, &TrainPage::showState);
    connect(m_data, &DataCard::settingsEdited, this, [this] {
        Recipe recipe = m_recipes->recipe();
        m_data->writeTo(recipe);
        m_recipes->setDataSettings(dataOf(recipe));
    });
    connect(m_recipes, &RecipePanel::changed, this, &TrainPage::recipeChanged);
    connect(&m_poll, &QTimer::timeout, this, &TrainPage::readRun);
    m_poll.setInterval(pollMs);
    m_estimateSoon.setSingleShot(true);
    m_estimateSoon.setInterval(estimateMs);
    connect(&m_estimateSoon, &QTimer::timeout, this, &TrainPage::estimate);
    connectJobs();
    loadChoices();
    showState();
}

// Recipes that ship and models of this machine: files, so on another thread.
void TrainPage::loadChoices() {
    QThreadPool::globalInstance()->start([page = QPointer<TrainPage>(this), store = m_store] {
        std::vector<ListedRecipe> recipes;
        std::vector<RecipePanel::ListedModel> models;
        try {
            recipes = listRecipes();
            for (const auto& entry : store->list())
                models.push_back({fromUtf8(entry.card.title.empty() ? entry.card.id : entry.card.title), fromUtf8(entry.path.string())});
        } catch (const std::exception&) {} // the panel says that there is none
        QMetaObject::invokeMethod(
            qApp,
            [page, recipes = std::move(recipes), models = std::move(models)] {
                if (page) page->m_recipes->setChoices(recipes, models);
            },
            Qt::QueuedConnection);
    });
}

QWidget* TrainPage::makeLeft() {
    auto* left = new QWidget(this);
    left->setFixedWidth(leftWidth);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* scroll = new QScrollArea(left);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* body = new QWidget(scroll);
    auto* parts = new QVBoxLayout(body);
    parts->setContentsMargins(0, 12, 0, 16);
    parts->setSpacing(12);
    const auto within = [parts](QWidget* widget) { // lines between the parts go through, what stands between them does not
        auto* row = new QHBoxLayout;
        row->setContentsMargins(16, 0, 16, 0);
        row->addWidget(widget);
        parts->addLayout(row);
    };
    m_data = new DataCard(body);
    m_recipes = new RecipePanel(body);
    m_memory = new MemoryBar(body);
    within(m_data);
    parts->addWidget(separatorLine(body));
    parts->addWidget(m_recipes);
    parts->addWidget(separatorLine(body));
    within(sectionHead(tr("Memory on this device"), body));
    within(m_memory);
    parts->addStretch(1);
    scroll->setWidget(body);
    column->addWidget(scroll, 1);
    column->addWidget(separatorLine(left));
    makeFoot(*column, left);
    return left;
}

void TrainPage::makeFoot(QVBoxLayout& column, QWidget* left) {
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(16, 10, 16, 16);
    foot->setSpacing(10);
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    m_footMark = new IconLabel(left);
    m_footText = new QLabel(left);
    m_footText->setObjectName(QStringLiteral("trainFoot"));
    m_footText->setTextFormat(Qt::PlainText);
    m_footText->setWordWrap(true);
    line->addWidget(m_footMark, 0, Qt::AlignTop);
    line->addWidget(m_footText, 1);
    foot->addLayout(line);
    m_start = new QPushButton(icon("player-play", 18, IconTone::OnAccent), tr("Start"), left);
    m_start->setObjectName(QStringLiteral("startTrainingButton"));
    m_start->setProperty("primary", true);
    m_pause = new QPushButton(icon("player-pause", 18, IconTone::OnAccent), tr("Pause"), left);
    m_pause->setObjectName(QStringLiteral("pauseTrainingButton"));
    m_pause->setProperty("primary", true);
    m_pause->setToolTip(tr("Saves the state and gives the memory back. Go on at any time, also after a restart."));
    m_stop = new QPushButton(tr("Stop and save"), left);
    m_stop->setObjectName(QStringLiteral("stopTrainingButton"));
    m_stop->setToolTip(tr("Saves the state and the model as it is now."));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    for (auto* button : {m_start, m_pause, m_stop}) {
        button->setProperty("tall", true);
        buttons->addWidget(button, button == m_stop ? 2 : 3);
    }
    foot->addLayout(buttons);
    connect(m_start, &QPushButton::clicked, this, &TrainPage::start);
    connect(m_pause, &QPushButton::clicked, this, &TrainPage::pause);
    connect(m_stop, &QPushButton::clicked, this, &TrainPage::stopAndSave);
    column.addLayout(foot);
}

QWidget* TrainPage::makeHead() {
    auto* head = new QWidget(this);
    head->setFixedHeight(pageHeadHeight);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(24, 0, 24, 0);
    row->setSpacing(8);
    m_title = new ElidingLabel(head);
    m_title->setObjectName(QStringLiteral("trainTitle"));
    m_title->setProperty("role", QStringLiteral("page"));
    m_subtitle = new ElidingLabel(head);
    m_subtitle->setProperty("role", QStringLiteral("secondary"));
    m_best = new Badge({}, Tone::Ok, head);
    m_new = new QPushButton(icon("plus"), tr("New training"), head);
    m_new->setObjectName(QStringLiteral("newTrainingButton"));
    m_open = new QPushButton(icon("folder-open"), tr("Open"), head);
    m_open->setObjectName(QStringLiteral("openTrainingButton"));
    m_open->setToolTip(tr("Open a training that was begun before, here or on the command line"));
    m_open->setAccessibleName(tr("Open a training"));
    m_runsMenu = new QMenu(m_open);
    m_open->setMenu(m_runsMenu);
    connect(m_runsMenu, &QMenu::aboutToShow, this, &TrainPage::fillRunsMenu);
    m_use = new QPushButton(icon("box"), tr("Use this model"), head);
    m_use->setObjectName(QStringLiteral("useTrainedModelButton"));
    row->addWidget(m_title);
    row->addSpacing(4);
    row->addWidget(m_subtitle, 1);
    row->addWidget(m_best);
    row->addSpacing(8);
    row->addWidget(m_new);
    row->addWidget(m_open);
    row->addWidget(m_use);
    connect(m_new, &QPushButton::clicked, this, &TrainPage::newTraining);
    connect(m_use, &QPushButton::clicked, this, &TrainPage::useModel);
    return head;
}

QWidget* TrainPage::makeCentre() {
    auto* centre = new QWidget(this);
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHead());
    column->addWidget(separatorLine(centre));
    const auto bar = [&](Tone tone, const char* name) {
        auto* note = new Note(tone, centre);
        note->setBar(true);
        note->setClosable(true);
        note->setObjectName(QString::fromLatin1(name));
        note->hide();
        column->addWidget(note);
        return note;
    };
    m_failureNote = bar(Tone::Err, "trainFailure");
    m_modelNote = bar(Tone::Ok, "trainModelNote");
    m_noticeNote = bar(Tone::Warn, "trainNotice");
    connect(m_failureNote, &Note::actionTriggered, this, &TrainPage::answerFailure);
    connect(m_modelNote, &Note::actionTriggered, this, [this] { Q_EMIT useRequested(m_addedPath); });
    connect(m_noticeNote, &Note::closed, this, [this] { m_notices.clear(); });
    m_stack = new QStackedWidget(centre);
    auto* empty = new EmptyState(QStringLiteral("chart-line"), m_stack);
    empty->setText(QStringLiteral("chart-line"), tr("Train a model on your own tiles"),
                   tr("Choose a folder of tiles on the left and start. Loss and samples appear here while it learns."));
    auto* open = empty->addButton(tr("Open a training\u2026"));
    open->setObjectName(QStringLiteral("emptyOpenButton"));
    connect(open, &QPushButton::clicked, this, &TrainPage::openRunDialog);
    m_stack->addWidget(empty);
    m_stack->addWidget(makeReport());
    column->addWidget(m_stack, 1);
    return centre;
}

QWidget* TrainPage::makeReport() {
    auto* scroll = new QScrollArea(m_stack);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* body = new QWidget(scroll);
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(16);
    auto* cards = new QHBoxLayout;
    cards->setSpacing(16);
    m_speed = new NumberCard(tr("Speed"), body);
    m_seen = new NumberCard(tr("Images seen"), body);
    m_heldOut = new NumberCard(tr("Held-out loss"), body);
    m_state = new NumberCard(tr("Last saved state"), body);
    for (auto* card : {m_speed, m_seen, m_heldOut, m_state}) cards->addWidget(card, 1);
    column->addLayout(cards);
    QVBoxLayout* inside = nullptr;
    QHBoxLayout* head = nullptr;
    column->addWidget(titledCard(tr("Loss"), m_lossHint, head, inside, body), 5);
    head->addWidget(mutedLabel(tr("\u2500 Each step"), body));
    head->addSpacing(8);
    head->addWidget(mutedLabel(tr("\u2501 Smoothed"), body));
    head->addSpacing(8);
    auto* rings = new QLabel(tr("\u25cb Held-out groups"), body);
    rings->setProperty("role", QStringLiteral("syntheticKey"));
    head->addWidget(rings);
    m_plot = new LossPlot(body);
    inside->addWidget(m_plot, 1);
    column->addWidget(titledCard(tr("Samples over time"), m_sampleHint, head, inside, body), 6);
    m_samples = new SampleTimeline(body);
    inside->addWidget(m_samples, 1);
    scroll->setWidget(body);
    return scroll;
}

void TrainPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    m_estimateSoon.start();
}

} // namespace phloxine::ui
