#include "ui/generate/PromptPanel.h"

#include <algorithm>
#include <utility>

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBlock>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "ui/generate/PromptFields.h"
#include "ui/generate/words.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/TokenMeter.h"

namespace phloxine::ui {

namespace {
constexpr int windowTokens = 77, countAfterMs = 100;
} // namespace

PromptPanel::PromptPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    m_fields = new PromptFields(this);
    column->addWidget(m_fields);
    addHead();
    m_edit = new QPlainTextEdit(this);
    m_edit->setObjectName(QStringLiteral("promptEdit"));
    m_edit->setPlaceholderText(tr("lung adenocarcinoma, high nuclear density, dark stain"));
    m_edit->setTabChangesFocus(true);
    m_edit->setFixedHeight(96);
    findChild<QLabel*>(QStringLiteral("promptLabel"))->setBuddy(m_edit);
    m_meter = new TokenMeter(this);
    m_cut = new QLabel(this);
    m_cut->setObjectName(QStringLiteral("cutWords"));
    m_cut->setProperty("role", QStringLiteral("error"));
    m_cut->setTextFormat(Qt::PlainText);
    m_cut->setWordWrap(true);
    m_cut->hide();
    auto* negativeLabel = new QLabel(tr("Ne&gative"), this);
    m_negative = new QLineEdit(this);
    m_negative->setObjectName(QStringLiteral("negativeEdit"));
    m_negative->setPlaceholderText(tr("What guidance leads away from"));
    negativeLabel->setBuddy(m_negative);
    for (QWidget* w : std::initializer_list<QWidget*>{m_edit, m_meter, m_cut, negativeLabel, m_negative}) column->addWidget(w);
    column->addStretch(1);

    m_wait.setSingleShot(true);
    m_wait.setInterval(countAfterMs);
    connect(&m_wait, &QTimer::timeout, this, &PromptPanel::count);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        m_wait.start();
        showOrigin();
        Q_EMIT changed();
    });
    connect(m_fields, &PromptFields::changed, this, &PromptPanel::followFields);
    connect(m_again, &QPushButton::clicked, this, &PromptPanel::composeAgain);
    connect(m_negative, &QLineEdit::textChanged, this, &PromptPanel::changed);
    showOrigin();
    count();
}

void PromptPanel::addHead() {
    auto* label = new QLabel(tr("Pr&ompt"), this);
    label->setObjectName(QStringLiteral("promptLabel"));
    m_origin = new Badge({}, Tone::Neutral, this);
    m_origin->setObjectName(QStringLiteral("promptOrigin"));
    m_again = new QPushButton(tr("Compose again"), this);
    m_again->setObjectName(QStringLiteral("composeAgainButton"));
    m_again->setToolTip(tr("Writes what the fields say in place of your text. Ctrl+Z in the text brings it back."));
    m_again->setProperty("link", true);
    m_again->setFlat(true);
    m_again->setCursor(Qt::PointingHandCursor);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(label);
    row->addWidget(m_origin);
    row->addStretch(1);
    row->addWidget(m_again);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
}

void PromptPanel::setCard(const ModelCard& card) {
    std::vector<std::string> classPrompts;
    for (const auto& c : card.classes)
        if (!c.prompt.empty()) classPrompts.push_back(c.prompt);
    m_fields->setVocabulary(card.promptVocabulary, classPrompts);
    m_fields->readFrom(prompt());
    m_composed = m_fields->composed();
    m_trained = card.captionTokens;
    m_limit = card.maxTokens;
    showOrigin();
    count();
}

// What a person wrote stays.
void PromptPanel::followFields() {
    const QString before = std::exchange(m_composed, m_fields->composed());
    if (prompt() == before || prompt().isEmpty()) composeAgain();
    showOrigin();
}

// Through a cursor, so that it is one step of the text's undo.
void PromptPanel::composeAgain() {
    QTextCursor cursor(m_edit->document());
    cursor.select(QTextCursor::Document);
    cursor.insertText(m_composed);
}

void PromptPanel::showOrigin() {
    const bool byHand = prompt() != m_composed;
    m_origin->setText(byHand ? tr("Edited by hand") : tr("Composed from the fields"));
    m_origin->setVisible(m_fields->there() && !(prompt().isEmpty() && m_composed.isEmpty()));
    m_again->setVisible(m_fields->there() && byHand && !m_composed.isEmpty());
}

QString PromptPanel::prompt() const { return m_edit->toPlainText().simplified(); }
QString PromptPanel::negative() const { return m_negative->text().simplified(); }

void PromptPanel::setPrompt(const QString& prompt, const QString& negative) {
    m_fields->readFrom(prompt);
    m_composed = m_fields->composed();
    m_edit->setPlainText(prompt);
    m_negative->setText(negative);
}

void PromptPanel::count() {
    PromptTokens tokens;
    try {
        tokens = countTokens(prompt().toStdString(), m_limit);
    } catch (const Error& e) { // the word list of the program is not there
        m_meter->hide();
        m_cut->setText(fromUtf8(e.what()));
        m_cut->show();
        return;
    }
    m_meter->show();
    m_meter->setTokens(tokens.count, m_trained, windowTokens, m_limit);
    const QString cut = fromUtf8(tokens.cut).trimmed();
    m_cut->setText(tr("Cut, because they do not fit: %1").arg(cut.size() > 120 ? cut.left(119) + QChar(0x2026) : cut));
    m_cut->setToolTip(cut);
    m_cut->setVisible(!cut.isEmpty());
    strikeOut(cut);
}

// The tokenizer folds case and spaces but keeps the other characters: the cut words are as many of them at the end of the text. Extra
// selections leave the undo history alone.
void PromptPanel::strikeOut(const QString& cut) {
    QList<QTextEdit::ExtraSelection> selections;
    auto letters = std::count_if(cut.begin(), cut.end(), [](QChar c) { return !c.isSpace(); });
    if (letters > 0) {
        const QString text = m_edit->toPlainText();
        qsizetype start = text.size();
        while (start > 0 && letters > 0) letters -= !text[--start].isSpace();
        QTextEdit::ExtraSelection selection;
        selection.cursor = QTextCursor(m_edit->document());
        selection.cursor.setPosition(int(start));
        selection.cursor.setPosition(int(text.size()), QTextCursor::KeepAnchor);
        selection.format.setFontStrikeOut(true);
        selection.format.setForeground(palette().placeholderText());
        selections.append(selection);
    }
    m_edit->setExtraSelections(selections);
}

} // namespace phloxine::ui
