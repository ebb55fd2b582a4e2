#include "ui/generate/ConditionPanel.h"

#include <algorithm>

#include <QLabel>
#include <QListWidget>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/generate/ClassDelegate.h"
#include "ui/generate/PromptPanel.h"
#include "ui/generate/VectorPanel.h"
#include "ui/generate/words.h"
#include "ui/widgets/SegmentedControl.h"

namespace phloxine::ui {

namespace {
bool has(const ModelCard& card, const char* condition) {
    return std::find(card.conditions.begin(), card.conditions.end(), condition) != card.conditions.end();
}
} // namespace

ConditionPanel::ConditionPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(sectionHead(tr("Condition"), this));
    m_segments = new SegmentedControl({tr("Tissue class"), tr("Text")}, this);
    m_segments->setObjectName(QStringLiteral("conditionSegments"));
    m_segments->setAccessibleName(tr("Condition by"));
    column->addWidget(m_segments);
    m_pages = new QStackedWidget(this);
    m_pages->addWidget(makeClassPage());
    m_prompt = new PromptPanel(m_pages);
    m_vectors = new VectorPanel(m_pages);
    for (QWidget* page : std::initializer_list<QWidget*>{m_prompt, m_vectors, makeNonePage()}) m_pages->addWidget(page); // as ConditionKind
    column->addWidget(m_pages);
    showPage(ConditionKind::Classes);
    connect(m_segments, &SegmentedControl::currentChanged, this, [this](int index) {
        showPage(ConditionKind(index));
        Q_EMIT changed();
    });
    connect(m_prompt, &PromptPanel::changed, this, &ConditionPanel::changed);
    connect(m_vectors, &VectorPanel::changed, this, &ConditionPanel::changed);
}

QWidget* ConditionPanel::makeClassPage() {
    auto* page = new QWidget(m_pages);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    m_list = new QListWidget(page);
    m_list->setObjectName(QStringLiteral("classList"));
    m_list->setAccessibleName(tr("Tissue classes"));
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setItemDelegate(new ClassDelegate(m_list));
    m_list->setMouseTracking(true);
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_listNote = mutedLabel({}, page);
    m_listNote->setWordWrap(true);
    column->addWidget(m_list);
    column->addWidget(m_listNote);
    column->addStretch(1);
    connect(m_list, &QListWidget::itemSelectionChanged, this, &ConditionPanel::changed);
    return page;
}

void ConditionPanel::setCard(const ModelCard& card) {
    m_list->clear();
    bool counted = false;
    for (const TissueClass& c : card.classes) {
        auto* item = new QListWidgetItem(fromUtf8(c.label), m_list);
        item->setData(classIdRole, fromUtf8(c.id));
        item->setData(classCodeRole, fromUtf8(c.code));
        item->setData(classColourRole, QColor(fromUtf8(c.colour)));
        item->setData(classTilesRole, qint64(c.trainingTiles));
        item->setToolTip(fromUtf8(c.label));
        counted = counted || c.trainingTiles > 0;
    }
    if (m_list->count()) m_list->setCurrentRow(0);
    m_listNote->setText(counted ? tr("Training tiles on the right. Ctrl-click for several.")
                                : tr("Ctrl-click picks several classes: one job for each."));
    const bool classes = has(card, "class") && !card.classes.empty(), text = has(card, "text");
    m_segments->setVisible(classes && text);
    m_prompt->setCard(card);
    fitList();
    const bool kept = kind() == ConditionKind::Text ? text : kind() == ConditionKind::Classes && classes;
    if (!kept)
        setKind(classes               ? ConditionKind::Classes
                : text                ? ConditionKind::Text
                : has(card, "vector") ? ConditionKind::Vectors
                                      : ConditionKind::None);
}

// As high as its rows, up to eight of them; more scroll.
void ConditionPanel::fitList() {
    const int shown = std::clamp(m_list->count(), 1, 8);
    m_list->setFixedHeight(shown * m_list->sizeHintForRow(0) + 2 * m_list->frameWidth() + 2);
}

QWidget* ConditionPanel::makeNonePage() {
    auto* page = new QWidget(m_pages);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    auto* note = mutedLabel(tr("This model is guided by nothing: the seed alone decides what it makes."), page);
    note->setWordWrap(true);
    column->addWidget(note);
    column->addStretch(1);
    return page;
}

ConditionKind ConditionPanel::kind() const { return ConditionKind(m_pages->currentIndex()); }

void ConditionPanel::setKind(ConditionKind kind) {
    if (kind == ConditionKind::Classes || kind == ConditionKind::Text) m_segments->setCurrentIndex(int(kind));
    showPage(kind);
}

// The hidden page takes no room: the panels below close up.
void ConditionPanel::showPage(ConditionKind kind) {
    const int index = int(kind);
    for (int i = 0; i < m_pages->count(); ++i)
        m_pages->widget(i)->setSizePolicy(QSizePolicy::Preferred, i == index ? QSizePolicy::Preferred : QSizePolicy::Ignored);
    m_pages->setCurrentIndex(index);
}

QStringList ConditionPanel::selectedClasses() const {
    QStringList ids;
    for (int i = 0; i < m_list->count(); ++i)
        if (m_list->item(i)->isSelected()) ids.append(m_list->item(i)->data(classIdRole).toString());
    return ids;
}

void ConditionPanel::selectClass(const QString& id) {
    for (int i = 0; i < m_list->count(); ++i)
        if (m_list->item(i)->data(classIdRole).toString() == id) {
            setKind(ConditionKind::Classes);
            m_list->setCurrentRow(i, QItemSelectionModel::ClearAndSelect);
        }
}

QString ConditionPanel::prompt() const { return m_prompt->prompt(); }
QString ConditionPanel::negative() const { return m_prompt->negative(); }

void ConditionPanel::setPrompt(const QString& prompt, const QString& negative) {
    m_prompt->setPrompt(prompt, negative);
    setKind(ConditionKind::Text);
}

void ConditionPanel::setVectors(const QString& file, int magnification) {
    m_vectors->setVectors(file, magnification);
    setKind(ConditionKind::Vectors);
}

QString ConditionPanel::whyNotReady() const {
    if (kind() == ConditionKind::None) return {};
    if (kind() == ConditionKind::Text) return prompt().isEmpty() ? tr("Write a text to start") : QString();
    if (kind() == ConditionKind::Vectors) return m_vectors->whyNotReady();
    return selectedClasses().isEmpty() ? tr("Choose a tissue class to start") : QString();
}

} // namespace phloxine::ui
