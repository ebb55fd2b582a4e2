#include "ui/regions/RegionPanel.h"

#include <algorithm>

#include <QAbstractItemView>
#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/regions/RegionListModel.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

constexpr int rowHeight = 24, mostRows = 4;

struct ToolRow {
    RegionTool tool;
    const char *icon, *name, *key, *how;
};
// Names are translated where they are used.
constexpr ToolRow toolRows[] = {
    {RegionTool::Select, "pointer", QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Select"), "M",
     QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel",
                       "Click a region to choose it, drag its corners; double-click adds and removes a corner")},
    {RegionTool::Rectangle, "rectangle", QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Rectangle"), "R",
     QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Drag over the slide, or press Enter to take the tile box")},
    {RegionTool::Polygon, "polygon", QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Polygon"), "P",
     QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Click corners or drag freely; Enter closes, Backspace takes the last corner back")},
    {RegionTool::Brush, "brush", QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Brush"), "B",
     QT_TRANSLATE_NOOP("phloxine::ui::RegionPanel", "Paint; from inside the chosen region it grows, with Alt it shrinks")}};

// The area keeps its place at the end of the row; the name before it is cut.
class AreaDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        return {QStyledItemDelegate::sizeHint(option, index).width(), rowHeight};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyleOptionViewItem row = option;
        initStyleOption(&row, index);
        const QString area = index.data(RegionListModel::areaRole).toString();
        const int width = row.fontMetrics.horizontalAdvance(area), margin = 6, icon = row.decorationSize.width() + 3 * margin;
        row.text = row.fontMetrics.elidedText(index.data(RegionListModel::nameRole).toString(), Qt::ElideRight,
                                              row.rect.width() - width - icon - 2 * margin);
        row.widget->style()->drawControl(QStyle::CE_ItemViewItem, &row, painter, row.widget);
        painter->save();
        painter->setPen(row.state & QStyle::State_Selected ? theme().softText : theme().text2);
        painter->drawText(row.rect.adjusted(0, 0, -margin, 0), Qt::AlignRight | Qt::AlignVCenter, area);
        painter->restore();
    }
};

} // namespace

RegionPanel::RegionPanel(RegionDocument& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new RegionListModel(document, this)), m_menu(new QMenu(this)),
      m_makeMenu(new QMenu(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Regions"), this));
    m_count = mutedLabel({}, this);
    m_count->setObjectName(QStringLiteral("regionCount"));
    head->addWidget(m_count);
    head->addStretch(1);
    m_more = new QToolButton(this);
    m_more->setObjectName(QStringLiteral("regionMenuButton"));
    m_more->setIcon(icon("dots"));
    m_more->setFixedSize(28, 28);
    m_more->setAutoRaise(true);
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_more->setMenu(m_menu);
    m_more->setToolTip(tr("What can be done with regions"));
    m_more->setAccessibleName(m_more->toolTip());
    head->addWidget(m_more);
    column->addLayout(head);
    m_none = mutedLabel(tr("Open a slide to draw regions on it."), this);
    m_none->setWordWrap(true);
    column->addWidget(m_none);

    m_body = new QWidget(this);
    auto* rows = new QVBoxLayout(m_body);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(8);
    rows->addWidget(makeTools());
    m_list = new QListView(m_body);
    m_list->setObjectName(QStringLiteral("regionList"));
    m_list->setAccessibleName(tr("Regions"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new AreaDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setIconSize({26, 18});
    m_list->setTextElideMode(Qt::ElideRight);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    rows->addWidget(m_list);
    makeMenus();
    m_make = new QPushButton(icon("sparkles"), tr("Make from this tissue"), m_body);
    m_make->setObjectName(QStringLiteral("makeFromTissueButton"));
    m_make->setMenu(m_makeMenu);
    rows->addWidget(m_make);
    rows->addWidget(makeTiles());
    rows->addWidget(makeWork());
    column->addWidget(m_body);
    m_note = new Note(Tone::Info, this);
    m_note->setObjectName(QStringLiteral("regionNote"));
    m_note->setClosable(true);
    m_note->hide();
    column->addWidget(m_note);
    m_warning = new Note(Tone::Warn, this);
    m_warning->setObjectName(QStringLiteral("regionWarning"));
    m_warning->setClosable(true);
    m_warning->hide();
    column->addWidget(m_warning);

    connect(&m_document, &RegionDocument::changed, this, &RegionPanel::showRegions);
    connect(&m_document, &RegionDocument::chosenChanged, this, &RegionPanel::showChosen);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid()) m_document.choose(index.row());
    });
    connect(m_list, &QListView::activated, this, [this](const QModelIndex& index) { Q_EMIT goToRegion(index.row()); });
    setSlide(false, {});
    showRegions();
}

QWidget* RegionPanel::makeTools() {
    auto* box = new QWidget(m_body);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    m_tools = new QButtonGroup(this);
    for (const ToolRow& tool : toolRows) {
        auto* button = new QToolButton(box);
        button->setObjectName(QStringLiteral("tool") + QLatin1String(tool.name));
        button->setIcon(icon(tool.icon));
        button->setFixedSize(36, 32);
        button->setCheckable(true);
        button->setChecked(tool.tool == RegionTool::Select);
        button->setAccessibleName(tr(tool.name));
        button->setToolTip(tr("%1 (key %2): %3", "tool, key, how").arg(tr(tool.name), QLatin1String(tool.key), tr(tool.how)));
        m_tools->addButton(button, int(tool.tool));
        row->addWidget(button);
    }
    row->addStretch(1);
    m_class = new QComboBox(box);
    m_class->setObjectName(QStringLiteral("regionClass"));
    m_class->setAccessibleName(tr("Class of the chosen region and of new ones"));
    m_class->setToolTip(m_class->accessibleName());
    m_class->setIconSize({26, 18});
    m_class->setMinimumContentsLength(3);
    m_class->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    column->addLayout(row);
    column->addWidget(m_class);
    m_brush = new QWidget(box);
    auto* brushRow = new QHBoxLayout(m_brush);
    brushRow->setContentsMargins(0, 0, 0, 0);
    auto* name = mutedLabel(tr("Brush size"), m_brush);
    auto* size = new QSlider(Qt::Horizontal, m_brush);
    size->setObjectName(QStringLiteral("brushSize"));
    size->setRange(4, 80);
    size->setValue(20);
    size->setAccessibleName(tr("Brush size"));
    brushRow->addWidget(name);
    brushRow->addWidget(size, 1);
    column->addWidget(m_brush);
    m_brush->hide();
    connect(size, &QSlider::valueChanged, this, [this](int radius) { Q_EMIT brushChosen(radius); });
    connect(m_tools, &QButtonGroup::idClicked, this, [this](int tool) { Q_EMIT toolChosen(RegionTool(tool)); });
    connect(m_class, qOverload<int>(&QComboBox::activated), this, &RegionPanel::takeClass);
    return box;
}

// Shown while there are tiles on the slide.
QWidget* RegionPanel::makeTiles() {
    m_tiles = new QWidget(m_body);
    auto* row = new QHBoxLayout(m_tiles);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_eye = new QToolButton(m_tiles);
    m_eye->setObjectName(QStringLiteral("tilesShownButton"));
    m_eye->setCheckable(true);
    m_eye->setChecked(true);
    m_eye->setFixedSize(28, 28);
    m_eye->setAccessibleName(tr("Show synthetic tiles on the slide"));
    m_eye->setToolTip(m_eye->accessibleName());
    m_tilesText = mutedLabel({}, m_tiles);
    m_tilesText->setObjectName(QStringLiteral("tilesOnSlide"));
    m_opacity = new QSlider(Qt::Horizontal, m_tiles);
    m_opacity->setObjectName(QStringLiteral("tilesOpacity"));
    m_opacity->setRange(20, 100);
    m_opacity->setValue(100);
    m_opacity->setAccessibleName(tr("Opacity of the synthetic tiles on the slide, in percent"));
    m_opacity->setToolTip(m_opacity->accessibleName());
    auto* clear = new QToolButton(m_tiles);
    clear->setObjectName(QStringLiteral("clearTilesButton"));
    clear->setIcon(icon("x"));
    clear->setFixedSize(28, 28);
    clear->setAutoRaise(true);
    clear->setAccessibleName(tr("Take the tiles off the slide; their files stay"));
    clear->setToolTip(clear->accessibleName());
    row->addWidget(m_eye);
    row->addWidget(m_tilesText);
    row->addWidget(m_opacity, 1);
    row->addWidget(clear);
    connect(m_eye, &QToolButton::toggled, this, &RegionPanel::tilesShown);
    connect(m_opacity, &QSlider::valueChanged, this, [this](int percent) { Q_EMIT tilesOpacity(percent / 100.0); });
    connect(clear, &QToolButton::clicked, this, &RegionPanel::tilesCleared);
    m_tiles->hide();
    return m_tiles;
}

QWidget* RegionPanel::makeWork() {
    m_work = new QWidget(m_body);
    auto* column = new QVBoxLayout(m_work);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    auto* row = new QHBoxLayout;
    m_workText = mutedLabel({}, m_work);
    m_workText->setObjectName(QStringLiteral("regionWork"));
    auto* stop = new QPushButton(tr("Stop"), m_work);
    stop->setObjectName(QStringLiteral("stopRegionWork"));
    stop->setProperty("compact", true);
    row->addWidget(m_workText, 1);
    row->addWidget(stop);
    m_bar = new QProgressBar(m_work);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_bar->setFixedHeight(4);
    m_bar->setAccessibleName(tr("Progress"));
    column->addLayout(row);
    column->addWidget(m_bar);
    connect(stop, &QPushButton::clicked, this, &RegionPanel::stopRequested);
    m_work->hide();
    return m_work;
}

void RegionPanel::makeMenus() {
    const auto add = [this](QMenu* menu, const char* name, const QString& text, auto signal) {
        QAction* action = menu->addAction(text);
        action->setObjectName(QLatin1String(name));
        connect(action, &QAction::triggered, this, signal);
        return action;
    };
    add(m_makeMenu, "useAsInitial", tr("Use as initial image"), &RegionPanel::initialRequested)
        ->setToolTip(tr("The next tiles start from these real pixels"));
    m_replace = add(m_makeMenu, "replaceInside", tr("Replace inside the region"), &RegionPanel::replaceRequested);
    m_replace->setToolTip(tr("The inside of the chosen region is painted anew, the rest stays to the byte"));
    add(m_makeMenu, "draftPrompt", tr("Draft a prompt from this tissue"), &RegionPanel::draftRequested)
        ->setToolTip(tr("What is measured here, in the words of the model's captions"));
    add(m_makeMenu, "roundTrip", tr("Round trip through the model"), &RegionPanel::roundTripRequested)
        ->setToolTip(tr("The tissue in the box is encoded and decoded. What is lost there, no tile of the model can show"));
    m_makeMenu->setToolTipsVisible(true);

    m_menu->setTitle(tr("&Regions"));
    m_undo = m_menu->addAction(tr("Undo"), &m_document, &RegionDocument::undo);
    m_undo->setObjectName(QStringLiteral("undoRegion"));
    m_redo = m_menu->addAction(tr("Redo"), &m_document, &RegionDocument::redo);
    m_redo->setObjectName(QStringLiteral("redoRegion"));
    m_menu->addSeparator();
    add(m_menu, "tileBoxRegion", tr("Region from the tile box"), &RegionPanel::tileBoxRequested);
    add(m_menu, "tissueRegion", tr("Tissue of the whole slide"), &RegionPanel::tissueRequested);
    m_menu->addSeparator();
    for (QAction* action : m_makeMenu->actions()) m_menu->addAction(action);
    m_menu->addSeparator();
    add(m_menu, "importRegions", tr("Import regions\u2026"), &RegionPanel::importRequested);
    m_export = add(m_menu, "exportRegions", tr("Export regions\u2026"), &RegionPanel::exportRequested);
    m_cut = add(m_menu, "cutTiles", tr("Cut tiles at the model's scale from these regions\u2026"), &RegionPanel::cutRequested);
    m_menu->addSeparator();
    m_deleteAll = m_menu->addAction(tr("Delete all regions"), &m_document, &RegionDocument::removeAll);
    m_deleteAll->setObjectName(QStringLiteral("deleteAllRegions"));
    m_menu->setToolTipsVisible(true);
}

void RegionPanel::setSlide(bool there, const Scale& scale) {
    m_slideThere = there;
    m_none->setVisible(!there);
    m_body->setVisible(there);
    m_more->setVisible(there);
    m_model->setScale(scale);
}

void RegionPanel::setLabels(const RegionLabels& labels) {
    const QString before = chosenClass();
    m_labels = labels;
    m_model->setLabels(labels);
    const QSignalBlocker quiet(m_class);
    m_class->clear();
    for (const auto& label : labels.all())
        m_class->addItem(swatchIcon(label, 2), label.id.isEmpty() ? tr("No class") : label.name, label.id);
    m_class->insertSeparator(m_class->count());
    m_class->addItem(tr("New label\u2026"));
    m_class->view()->setMinimumWidth(240);
    m_class->setCurrentIndex(std::max(0, m_class->findData(before)));
    showChosen();
}

QString RegionPanel::chosenClass() const { return m_class->currentData().toString(); }

void RegionPanel::setClass(const QString& id) { m_class->setCurrentIndex(std::max(0, m_class->findData(id))); }

void RegionPanel::takeClass(int index) {
    if (index == m_class->count() - 1) {
        showChosen();
        return Q_EMIT newLabelRequested();
    }
    Q_EMIT classChosen(m_class->itemData(index).toString());
}

void RegionPanel::setTool(RegionTool tool) {
    m_tools->button(int(tool))->setChecked(true);
    m_brush->setVisible(tool == RegionTool::Brush);
}

void RegionPanel::showRegions() {
    const int count = m_document.count();
    m_count->setText(count == 0 ? QString() : count == 1 ? tr("1 region") : tr("%n regions", nullptr, count));
    m_list->setVisible(count > 0);
    m_list->setFixedHeight(std::clamp(count, 1, mostRows) * rowHeight + 2 * m_list->frameWidth() + 2);
    for (QAction* action : {m_export, m_cut, m_deleteAll}) action->setEnabled(count > 0);
    m_undo->setEnabled(m_document.canUndo());
    m_redo->setEnabled(m_document.canRedo());
    showChosen();
}

void RegionPanel::showChosen() {
    const int chosen = m_document.chosen();
    const QSignalBlocker quietList(m_list->selectionModel()), quietClass(m_class);
    const QModelIndex index = chosen < 0 ? QModelIndex() : m_model->index(chosen);
    m_list->setCurrentIndex(index);
    if (index.isValid()) m_list->scrollTo(index);
    else m_list->clearSelection();
    m_list->viewport()->update();
    m_replace->setEnabled(chosen >= 0);
    m_replace->setText(chosen >= 0 ? tr("Replace inside the region") : tr("Replace inside the region (choose one first)"));
    if (const ShownRegion* region = m_document.chosenRegion())
        m_class->setCurrentIndex(std::max(0, m_class->findData(fromUtf8(region->region.className))));
}

void RegionPanel::setPlacedTiles(int count, bool shown, double opacity) {
    m_tiles->setVisible(count > 0);
    const QSignalBlocker quietEye(m_eye), quietOpacity(m_opacity);
    m_eye->setChecked(shown);
    m_eye->setIcon(icon(shown ? "eye" : "eye-off"));
    m_opacity->setValue(int(opacity * 100 + 0.5));
    m_opacity->setEnabled(shown);
    m_tilesText->setText(count == 1 ? tr("1 tile on the slide") : tr("%n tiles on the slide", nullptr, count));
}

void RegionPanel::say(Tone tone, const QString& sentence) {
    m_note->setTone(tone);
    m_note->setText(sentence);
    m_note->setVisible(!sentence.isEmpty());
}

QString RegionPanel::said() const { return m_note->isHidden() ? QString() : m_note->text(); }

void RegionPanel::warn(const QString& sentence) {
    m_warning->setText(sentence);
    m_warning->setVisible(!sentence.isEmpty());
}

QString RegionPanel::warned() const { return m_warning->isHidden() ? QString() : m_warning->text(); }

void RegionPanel::setWork(const QString& stage, double fraction) {
    m_work->setVisible(fraction >= 0);
    m_workText->setText(stage);
    m_bar->setRange(0, fraction > 0 ? 1000 : 0); // not known yet: it moves
    m_bar->setValue(int(fraction * 1000));
}

} // namespace phloxine::ui
