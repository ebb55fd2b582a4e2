#include "ui/generate/ConditionPanel.h"

#include <algorithm>

#include <QLabel>
#include <QListWidget>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/generate/ClassDelegate.h"
#include "ui/generate/PromptPanel.h"
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
    m_pages->addWidget(m_prompt);
    column->addWidget(m_pages);
    showPage(0);
    connect(m_segments, &SegmentedControl::currentChanged, this, [this](int index) {
        showPage(index);
        Q_EMIT changed();
    });
    connect(m_prompt, &PromptPanel::changed, this, &ConditionPanel::changed);
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
    m_segments->setVisible(has(card, "class") && has(card, "text"));
    m_prompt->setLimits(card.captionTokens, card.maxTokens);
    if (!has(card, "class")) setTextMode(true);
    fitList();
}

// As high as its rows, up to eight of them; more scroll.
void ConditionPanel::fitList() {
    const int shown = std::clamp(m_list->count(), 1, 8);
    m_list->setFixedHeight(shown * m_list->sizeHintForRow(0) + 2 * m_list->frameWidth() + 2);
}

bool ConditionPanel::textMode() const { return m_pages->currentIndex() == 1; }

void ConditionPanel::setTextMode(bool text) {
    m_segments->setCurrentIndex(text ? 1 : 0);
    showPage(text ? 1 : 0);
}

// The hidden page takes no room: the panels below close up.
void ConditionPanel::showPage(int index) {
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
            setTextMode(false);
            m_list->setCurrentRow(i, QItemSelectionModel::ClearAndSelect);
        }
}

QString ConditionPanel::prompt() const { return m_prompt->prompt(); }
QString ConditionPanel::negative() const { return m_prompt->negative(); }

void ConditionPanel::setPrompt(const QString& prompt, const QString& negative) {
    m_prompt->setPrompt(prompt, negative);
    setTextMode(true);
}

QString ConditionPanel::whyNotReady() const {
    if (textMode()) return prompt().isEmpty() ? tr("Write a text to start") : QString();
    return selectedClasses().isEmpty() ? tr("Choose a tissue class to start") : QString();
}

} // namespace phloxine::ui
