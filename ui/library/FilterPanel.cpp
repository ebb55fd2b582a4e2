#include "ui/library/FilterPanel.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/library/ChipGroup.h"
#include "ui/library/card_painting.h"
#include "ui/widgets/Icon.h"

namespace phloxine::ui {

namespace {

constexpr int typedMs = 200;

// "412 907 733", as seeds are shown, or without the spaces.
std::optional<std::uint64_t> seedOf(QString text) {
    text.remove(QRegularExpression(QStringLiteral("\\s")));
    bool number = false;
    const auto seed = text.toULongLong(&number);
    return number ? std::optional<std::uint64_t>(seed) : std::nullopt;
}

// The first moment of the days that a choice of the list means: any time, today, 7 days, 30 days.
std::int64_t since(int choice) {
    constexpr int days[] = {-1, 0, 6, 29};
    if (choice <= 0) return 0;
    return QDate::currentDate().addDays(-days[choice]).startOfDay().toMSecsSinceEpoch();
}

} // namespace

FilterPanel::FilterPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(12);
    addHead(column);
    m_marks = new ChipGroup({}, this);
    m_marks->setObjectName(QStringLiteral("markChips"));
    m_marks->setChips({{"star", tr("Starred"), {}, {}, {}, {}},
                       {"kept", tr("Not rejected"), {}, {}, {}, {}},
                       {"rejected", tr("Rejected"), {}, {}, {}, {}}});
    m_classes = new ChipGroup(tr("Class"), this);
    m_classes->setObjectName(QStringLiteral("classChips"));
    m_tags = new ChipGroup(tr("Tag"), this);
    m_tags->setObjectName(QStringLiteral("tagChips"));
    m_models = new ChipGroup(tr("Model"), this);
    m_models->setObjectName(QStringLiteral("modelChips"));
    for (auto* group : {m_marks, m_classes, m_tags, m_models}) {
        column->addWidget(group);
        connect(group, &ChipGroup::changed, this, &FilterPanel::changed);
    }
    connect(m_marks, &ChipGroup::toggled, this, [this](const QString& key, bool on) { // the two exclude each other
        const char* other = key == QLatin1String("kept") ? "rejected" : key == QLatin1String("rejected") ? "kept" : nullptr;
        if (!on || !other) return;
        auto keys = m_marks->chosen();
        std::erase(keys, other);
        m_marks->choose(keys);
    });
    m_date = new QComboBox(this);
    m_date->addItems({tr("Any time"), tr("Today"), tr("Last 7 days"), tr("Last 30 days")});
    m_date->setAccessibleName(tr("Made"));
    column->addWidget(m_date);
    m_nearOn = new QCheckBox(tr("Nearest below"), this);
    m_nearOn->setToolTip(tr("Tiles whose distance to the nearest training tile has been measured and is smaller"));
    m_near = new QDoubleSpinBox(this);
    m_near->setRange(0.01, 1);
    m_near->setSingleStep(0.01);
    m_near->setValue(0.15);
    m_near->setFixedWidth(72);
    m_near->setAccessibleName(tr("Nearest below"));
    m_near->setEnabled(false);
    auto* near = new QHBoxLayout;
    near->addWidget(m_nearOn, 1);
    near->addWidget(m_near);
    column->addLayout(near);
    column->addStretch(1);
    m_typed.setSingleShot(true);
    m_typed.setInterval(typedMs);
    connect(&m_typed, &QTimer::timeout, this, &FilterPanel::changed);
    connect(m_search, &QLineEdit::textChanged, &m_typed, qOverload<>(&QTimer::start));
    connect(m_date, &QComboBox::currentIndexChanged, this, &FilterPanel::changed);
    connect(m_order, &QComboBox::currentIndexChanged, this, &FilterPanel::changed);
    connect(m_nearOn, &QCheckBox::toggled, m_near, &QWidget::setEnabled);
    connect(m_nearOn, &QCheckBox::toggled, this, &FilterPanel::changed);
    connect(m_near, &QDoubleSpinBox::valueChanged, this, &FilterPanel::changed);
    connect(m_clear, &QPushButton::clicked, this, &FilterPanel::clear);
    connect(this, &FilterPanel::changed, this, [this] { m_clear->setEnabled(filtering()); });
}

void FilterPanel::addHead(QLayout* layout) {
    auto* column = static_cast<QVBoxLayout*>(layout);
    auto* head = new QHBoxLayout;
    head->addWidget(sectionHead(tr("Show"), this), 1);
    m_clear = new QPushButton(tr("Clear"), this);
    m_clear->setObjectName(QStringLiteral("clearFilters"));
    m_clear->setProperty("link", true);
    m_clear->setToolTip(tr("Show all tiles"));
    m_clear->setEnabled(false);
    head->addWidget(m_clear);
    column->addLayout(head);
    m_search = new QLineEdit(this);
    m_search->setObjectName(QStringLiteral("librarySearch"));
    m_search->setPlaceholderText(tr("Words, class, seed or tag"));
    m_search->setAccessibleName(tr("Words that the tiles are found by"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(icon("search", 16, IconTone::Text2), QLineEdit::LeadingPosition)->setText(tr("Find"));
    column->addWidget(m_search);
    m_order = new QComboBox(this);
    m_order->setObjectName(QStringLiteral("libraryOrder"));
    m_order->setAccessibleName(tr("Order"));
    for (const auto& [text, order] : {std::pair{tr("Newest first"), TileOrder::NewestFirst},
                                      {tr("Oldest first"), TileOrder::OldestFirst},
                                      {tr("Nearest first"), TileOrder::NearestFirst},
                                      {tr("By seed"), TileOrder::SeedUp}})
        m_order->addItem(text, int(order));
    column->addWidget(m_order);
}

void FilterPanel::setCards(SharedCards cards) {
    m_cards = std::move(cards);
    setFacets(m_facets);
}

void FilterPanel::setFacets(const Facets& facets) {
    m_facets = facets;
    const QLocale locale;
    std::vector<ChipGroup::Chip> classes, models, tags;
    for (const Facet& facet : facets.classes) {
        GenerateRequest request;
        request.classId = facet.value;
        const Subject subject = subjectOf(request, m_cards->of(request));
        classes.push_back({facet.value, subject.name, {}, locale.toString(facet.tiles), subject.code, subject.colour});
    }
    for (const Facet& facet : facets.models)
        models.push_back({facet.value, fromUtf8(facet.value), {}, locale.toString(facet.tiles), {}, {}});
    for (const Facet& facet : facets.tags) tags.push_back({facet.value, tagWord(facet.value), {}, locale.toString(facet.tiles), {}, {}});
    m_classes->setChips(classes);
    m_models->setChips(models.size() > 1 ? models : std::vector<ChipGroup::Chip>()); // one model tells nothing apart
    m_tags->setChips(tags);
}

TileFilter FilterPanel::filter() const {
    TileFilter f;
    if (const auto seed = seedOf(m_search->text())) f.seed = seed;
    else f.words = m_search->text().toStdString();
    f.classes = m_classes->chosen(), f.models = m_models->chosen(), f.tags = m_tags->chosen();
    for (const auto& key : m_marks->chosen()) {
        if (key == "star") f.star = true;
        else f.rejected = key == "rejected";
    }
    f.fromMs = since(m_date->currentIndex());
    if (m_nearOn->isChecked()) f.nearestBelow = m_near->value();
    f.order = TileOrder(m_order->currentData().toInt());
    return f;
}

bool FilterPanel::filtering() const {
    return !m_search->text().trimmed().isEmpty() || !m_classes->chosen().empty() || !m_models->chosen().empty() ||
           !m_tags->chosen().empty() || !m_marks->chosen().empty() || m_date->currentIndex() > 0 || m_nearOn->isChecked();
}

void FilterPanel::clear() {
    for (auto* group : {m_marks, m_classes, m_models, m_tags}) group->choose({});
    {
        const QSignalBlocker quiet[] = {QSignalBlocker(m_search), QSignalBlocker(m_date), QSignalBlocker(m_nearOn)};
        m_search->clear();
        m_date->setCurrentIndex(0);
        m_nearOn->setChecked(false);
    }
    m_near->setEnabled(false);
    Q_EMIT changed();
}

void FilterPanel::focusSearch() {
    m_search->setFocus();
    m_search->selectAll();
}

} // namespace phloxine::ui
