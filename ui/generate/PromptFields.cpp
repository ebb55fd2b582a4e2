#include "ui/generate/PromptFields.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "ui/widgets/SegmentedControl.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int labelWidth = 92;
constexpr std::size_t mostSegments = 2; // more options are a list to open: they would not fit beside their label
} // namespace

PromptFields::PromptFields(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    for (const auto& vocabulary : promptVocabularies()) addPage(vocabulary);
    setVocabulary({}, {});
}

void PromptFields::addPage(const PromptVocabulary& vocabulary) {
    auto* page = new QWidget(this);
    auto* grid = new QGridLayout(page);
    grid->setContentsMargins(0, 0, 0, 4);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);
    grid->setColumnMinimumWidth(0, labelWidth);
    grid->setColumnStretch(1, 1);
    std::vector<Field> fields;
    for (const auto& row : vocabulary.fields) fields.push_back(addField(*grid, row, page));
    layout()->addWidget(page);
    m_pages.push_back({&vocabulary, page, std::move(fields)});
}

PromptFields::Field PromptFields::choiceOf(QComboBox* combo) {
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(8);
    combo->addItem(tr("Not stated"), QString());
    connect(combo, &QComboBox::currentIndexChanged, this, [this] {
        if (!m_quiet) Q_EMIT changed();
    });
    return {[combo] { return combo->currentData().toString().toStdString(); },
            [combo](const std::string& value) { combo->setCurrentIndex(std::max(0, combo->findData(fromUtf8(value)))); }};
}

PromptFields::Field PromptFields::addField(QGridLayout& grid, const PromptField& row, QWidget* page) {
    auto* label = new QLabel(tr(row.title.c_str()), page);
    const bool wide = row.kind == PromptFieldKind::Class; // names are long: they stand below their label
    const int at = grid.rowCount() + (wide ? 1 : 0);
    grid.addWidget(label, wide ? at - 1 : at, 0);
    const auto take = [&](QWidget* widget) {
        widget->setObjectName(QStringLiteral("field-") + fromUtf8(row.id));
        widget->setAccessibleName(tr(row.title.c_str()));
        label->setBuddy(widget);
        grid.addWidget(widget, at, wide ? 0 : 1, 1, wide ? 2 : 1);
    };
    if (row.kind == PromptFieldKind::Words) {
        auto* edit = new QLineEdit(page);
        edit->setPlaceholderText(fromUtf8(row.example));
        take(edit);
        connect(edit, &QLineEdit::textChanged, this, [this] {
            if (!m_quiet) Q_EMIT changed();
        });
        return {[edit] { return edit->text().toStdString(); }, [edit](const std::string& words) { edit->setText(fromUtf8(words)); }};
    }
    if (row.kind == PromptFieldKind::Levels && row.options.size() <= mostSegments) {
        QStringList titles;
        for (const auto& option : row.options) titles.append(tr(option.title.c_str()));
        auto* segments = new SegmentedControl(titles << tr("Not stated"), page);
        take(segments);
        connect(segments, &SegmentedControl::currentChanged, this, [this] {
            if (!m_quiet) Q_EMIT changed();
        });
        const auto options = row.options;
        return {[segments, options] {
                    const auto i = std::size_t(segments->currentIndex());
                    return i < options.size() ? options[i].value : std::string();
                },
                [segments, options](const std::string& value) {
                    std::size_t i = 0;
                    while (i < options.size() && options[i].value != value) ++i;
                    segments->setCurrentIndex(int(i));
                }};
    }
    auto* combo = new QComboBox(page);
    take(combo);
    auto field = choiceOf(combo);
    for (const auto& option : row.options) combo->addItem(tr(option.title.c_str()), fromUtf8(option.value));
    if (row.kind == PromptFieldKind::Class) field.classes = combo;
    return field;
}

void PromptFields::setVocabulary(const std::string& id, const std::vector<std::string>& classPrompts) {
    m_classPrompts = classPrompts;
    m_shown = -1;
    m_quiet = true;
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        const bool shown = m_pages[i].vocabulary->id == id;
        if (shown) m_shown = int(i);
        m_pages[i].widget->setVisible(shown);
        for (Field& field : m_pages[i].fields) {
            if (field.classes)
                while (field.classes->count() > 1) field.classes->removeItem(1);
            if (field.classes && shown)
                for (const auto& prompt : classPrompts) field.classes->addItem(fromUtf8(prompt), fromUtf8(prompt));
            field.setValue({});
        }
    }
    m_quiet = false;
    setVisible(there());
}

QString PromptFields::composed() const {
    if (!there()) return {};
    const Page& page = m_pages[std::size_t(m_shown)];
    PromptValues values;
    for (const Field& field : page.fields) values.push_back(field.value());
    return fromUtf8(composedPrompt(*page.vocabulary, values));
}

void PromptFields::readFrom(const QString& prompt) {
    if (!there()) return;
    const Page& page = m_pages[std::size_t(m_shown)];
    const auto values = promptValuesIn(*page.vocabulary, prompt.toStdString(), m_classPrompts);
    m_quiet = true;
    for (std::size_t i = 0; i < values.size(); ++i) page.fields[i].setValue(values[i]);
    m_quiet = false;
}

} // namespace phloxine::ui
