#include "ui/generate/PromptPanel.h"

#include <algorithm>

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextBlock>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "core/generate/Generator.h"
#include "ui/generate/words.h"
#include "ui/widgets/TokenMeter.h"

namespace phloxine::ui {

namespace {
constexpr int windowTokens = 77, countAfterMs = 100;
} // namespace

PromptPanel::PromptPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    auto* promptLabel = new QLabel(tr("Pr&ompt"), this);
    m_edit = new QPlainTextEdit(this);
    m_edit->setObjectName(QStringLiteral("promptEdit"));
    m_edit->setPlaceholderText(tr("lung adenocarcinoma, high nuclear density, dark stain"));
    m_edit->setTabChangesFocus(true);
    m_edit->setFixedHeight(96);
    promptLabel->setBuddy(m_edit);
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
    for (QWidget* w : std::initializer_list<QWidget*>{promptLabel, m_edit, m_meter, m_cut, negativeLabel, m_negative}) column->addWidget(w);
    column->addStretch(1);

    m_wait.setSingleShot(true);
    m_wait.setInterval(countAfterMs);
    connect(&m_wait, &QTimer::timeout, this, &PromptPanel::count);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        m_wait.start();
        Q_EMIT changed();
    });
    connect(m_negative, &QLineEdit::textChanged, this, &PromptPanel::changed);
    count();
}

void PromptPanel::setLimits(int trained, int limit) {
    m_trained = trained;
    m_limit = limit;
    count();
}

QString PromptPanel::prompt() const { return m_edit->toPlainText().simplified(); }
QString PromptPanel::negative() const { return m_negative->text().simplified(); }

void PromptPanel::setPrompt(const QString& prompt, const QString& negative) {
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
