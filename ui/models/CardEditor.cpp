#include "ui/models/CardEditor.h"

#include <algorithm>

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/scale_words.h"

namespace phloxine::ui {

namespace {

constexpr int editorWidth = 560, editorHeight = 640, labelWidth = 88, codeWidth = 48, colourWidth = 92, scaleWidth = 96;
constexpr std::size_t editedClasses = 40; // a model of a thousand has no codes that a person gave

// Looks of an error, and back.
void markWrong(QLineEdit& edit, bool wrong) {
    if (edit.property("error").toBool() == wrong) return;
    edit.setProperty("error", wrong);
    edit.style()->unpolish(&edit);
    edit.style()->polish(&edit);
}

} // namespace

CardEditor::CardEditor(const ModelEntry& entry, QWidget* parent)
    : QDialog(parent), m_own(ownCard(entry)), m_card(entry.card), m_rights(rightsOf(entry, m_own)) {
    setObjectName(QStringLiteral("cardEditor"));
    setWindowTitle(tr("Edit card"));
    resize(editorWidth, editorHeight);
    auto* area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* body = new QWidget(area);
    body->setProperty("ground", QStringLiteral("none"));
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    addWords(*column);
    addClasses(*column);
    column->addStretch(1);
    area->setWidget(body);
    m_failure = new Note(Tone::Err, this);
    m_failure->setObjectName(QStringLiteral("cardFailure"));
    m_failure->hide();
    m_buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    for (QAbstractButton* button : m_buttons->buttons()) button->setIcon({});
    m_buttons->button(QDialogButtonBox::Save)->setObjectName(QStringLiteral("saveCard"));
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(16, 8, 16, 16);
    foot->addWidget(m_failure);
    foot->addWidget(m_buttons);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    all->addWidget(area, 1);
    all->addWidget(separatorLine(this));
    all->addLayout(foot);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &CardEditor::save);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    check();
}

QLineEdit* CardEditor::addField(QGridLayout& grid, const QString& text, const char* name, const std::string& value, bool mayChange) {
    auto* label = new QLabel(text, this);
    auto* edit = new QLineEdit(fromUtf8(value), this);
    edit->setObjectName(QString::fromLatin1(name));
    edit->setCursorPosition(0);
    edit->setEnabled(mayChange);
    if (!mayChange) edit->setToolTip(tr("The model states this itself."));
    label->setBuddy(edit);
    const int row = grid.rowCount();
    grid.addWidget(label, row, 0);
    grid.addWidget(edit, row, 1);
    connect(edit, &QLineEdit::textChanged, this, &CardEditor::check);
    return edit;
}

QLabel* CardEditor::addProblem(QGridLayout& grid, const std::string& field, int column) {
    auto* label = new QLabel(this);
    label->setObjectName(QStringLiteral("problem-") + fromUtf8(field));
    label->setProperty("role", QStringLiteral("error"));
    label->setWordWrap(true);
    label->hide();
    grid.addWidget(label, grid.rowCount(), column, 1, -1);
    return m_problems[field] = label;
}

void CardEditor::addWords(QVBoxLayout& column) {
    column.addWidget(sectionHead(tr("Model"), this));
    if (!m_rights.words)
        column.addWidget(
            mutedLabel(tr("This model states its title, stain and licence itself. They are shown and cannot be changed."), this));
    static_cast<QLabel*>(column.itemAt(column.count() - 1)->widget())->setWordWrap(true);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);
    grid->setColumnMinimumWidth(0, labelWidth);
    grid->setColumnStretch(1, 1);
    m_title = addField(*grid, tr("&Title"), "cardTitle", m_card.title, m_rights.words);
    addProblem(*grid, "title", 1);
    m_scale = addField(*grid, tr("&Pixel size"), "cardScale", {}, m_rights.scale);
    if (m_card.scale.known()) m_scale->setText(QLocale().toString(m_card.scale.micronsPerPixel, 'g', 4));
    m_scale->setPlaceholderText(tr("\u00b5m/px"));
    m_scale->setMaximumWidth(scaleWidth);
    grid->addWidget(mutedLabel(m_own.scale.known() ? tr("%1\u00a0\u00b5m/px by the model: %2", "number, source")
                                                         .arg(QLocale().toString(m_own.scale.micronsPerPixel, 'g', 4),
                                                              scaleSourceText(m_own.scale.source).toLower())
                                                   : tr("The model states none."),
                               this),
                    grid->rowCount(), 1);
    addProblem(*grid, "scale", 1);
    m_stain = addField(*grid, tr("&Stain"), "cardStain", m_card.stain, m_rights.words);
    addProblem(*grid, "stain", 1);
    m_licence = addField(*grid, tr("&Licence"), "cardLicence", m_card.licence, m_rights.words);
    addProblem(*grid, "licence", 1);
    m_dataSets = new QCheckBox(tr("Its tiles may form &data sets"), this);
    m_dataSets->setObjectName(QStringLiteral("cardDataSets"));
    m_dataSets->setChecked(m_card.outputsMayFormDataSets);
    m_dataSets->setEnabled(m_rights.words);
    grid->addWidget(m_dataSets, grid->rowCount(), 1);
    column.addLayout(grid);
}

void CardEditor::addClasses(QVBoxLayout& column) {
    m_warning = new Note(Tone::Warn, this);
    m_warning->setObjectName(QStringLiteral("colourWarning"));
    m_warning->hide();
    if (m_card.classes.empty()) return;
    column.addSpacing(8);
    column.addWidget(sectionHead(tr("Tissue classes"), this));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(3, 1);
    int row = grid->rowCount();
    for (const auto& [place, text] : {std::pair{1, tr("Code")}, {2, tr("Colour")}, {3, tr("Name")}})
        grid->addWidget(mutedLabel(text, this), row, place);
    for (std::size_t i = 0; i < std::min(editedClasses, m_card.classes.size()); ++i) {
        const auto& c = m_card.classes[i];
        const QString id = fromUtf8(c.id);
        row = grid->rowCount();
        ClassRow fields{new QLineEdit(fromUtf8(c.code), this), new QLineEdit(fromUtf8(c.colour), this),
                        new QLineEdit(fromUtf8(c.label), this), new ClassSwatch(fromUtf8(c.code), QColor(fromUtf8(c.colour)), this)};
        grid->addWidget(fields.swatch, row, 0);
        int place = 1;
        for (const auto& [edit, word, name] : {std::tuple{fields.code, "code", tr("Code of %1")},
                                               {fields.colour, "colour", tr("Colour of %1")},
                                               {fields.label, "label", tr("Name of %1")}}) {
            edit->setObjectName(QLatin1String(word) + QLatin1Char('-') + id);
            edit->setAccessibleName(name.arg(fromUtf8(c.label)));
            edit->setToolTip(tr("Class %1").arg(id));
            grid->addWidget(edit, row, place++);
            connect(edit, &QLineEdit::textChanged, this, &CardEditor::check);
        }
        fields.code->setFixedWidth(codeWidth);
        fields.colour->setFixedWidth(colourWidth);
        fields.label->setCursorPosition(0);
        fields.label->setEnabled(m_rights.words);
        m_classes.push_back(fields);
        for (const char* word : {"code", "colour", "label"}) addProblem(*grid, "class/" + c.id + "/" + word, 1);
    }
    column.addLayout(grid);
    if (const int rest = int(m_card.classes.size() - m_classes.size()); rest > 0)
        column.addWidget(mutedLabel(tr("and %1 more, which stay as they are").arg(rest), this));
    column.addWidget(m_warning);
    auto* note = mutedLabel(tr("The prompt of a class stays as it is: tiles name their class alone, and could not be made again."), this);
    note->setWordWrap(true);
    column.addWidget(note);
}

ModelCard CardEditor::wanted() const {
    ModelCard card = m_card;
    card.title = m_title->text().simplified().toStdString();
    card.stain = m_stain->text().simplified().toStdString();
    card.licence = m_licence->text().simplified().toStdString();
    card.outputsMayFormDataSets = m_dataSets->isChecked();
    const QString scale = m_scale->text().trimmed(); // empty: as the model has it
    if (scale.isEmpty()) card.scale = m_own.scale;
    else if (m_scale->isModified()) card.scale = {QLocale().toDouble(scale), ScaleSource::User};
    for (std::size_t i = 0; i < m_classes.size(); ++i) {
        card.classes[i].code = m_classes[i].code->text().trimmed().toStdString();
        card.classes[i].colour = m_classes[i].colour->text().trimmed().toStdString();
        card.classes[i].label = m_classes[i].label->text().simplified().toStdString();
    }
    return card;
}

// A sentence beside each field that cannot stay so; nothing else is held back.
void CardEditor::check() {
    if (!m_buttons) return; // being built
    const ModelCard card = wanted();
    auto faults = faultsIn(card);
    bool number = true;
    (void)QLocale().toDouble(m_scale->text().trimmed(), &number);
    if (!number && !m_scale->text().trimmed().isEmpty()) faults.push_back({"scale", "The pixel size is a number, such as 0.5."});
    for (const auto& [field, label] : m_problems) label->hide();
    std::erase_if(faults, [this](const CardFault& fault) { return m_problems.count(fault.field) == 0; }); // of what is not shown
    for (const auto& fault : faults) {
        m_problems[fault.field]->setText(fromUtf8(fault.sentence));
        m_problems[fault.field]->show();
    }
    const auto wrong = [&](const std::string& field) { return !m_problems[field]->isHidden(); };
    for (const auto& [edit, field] : {std::pair{m_title, "title"}, {m_scale, "scale"}, {m_stain, "stain"}, {m_licence, "licence"}})
        markWrong(*edit, wrong(field));
    for (std::size_t i = 0; i < m_classes.size(); ++i) {
        const std::string field = "class/" + card.classes[i].id + "/";
        markWrong(*m_classes[i].code, wrong(field + "code")), markWrong(*m_classes[i].colour, wrong(field + "colour"));
        markWrong(*m_classes[i].label, wrong(field + "label"));
        if (!wrong(field + "colour"))
            m_classes[i].swatch->setSwatch(fromUtf8(card.classes[i].code), QColor(fromUtf8(card.classes[i].colour)));
    }
    QStringList warnings;
    for (const auto& sentence : colourWarnings(card)) warnings.append(fromUtf8(sentence));
    m_warning->setText(warnings.mid(0, 3).join(QLatin1Char('\n')));
    m_warning->setVisible(!warnings.isEmpty());
    m_buttons->button(QDialogButtonBox::Save)->setEnabled(faults.empty());
}

void CardEditor::save() {
    try {
        storeStatements(m_own, statementsFor(m_own, wanted()));
    } catch (const Error& e) {
        m_failure->setText(fromUtf8(e.what()));
        m_failure->show();
        return;
    }
    accept();
    Q_EMIT saved();
}

} // namespace phloxine::ui
