#include "ui/train/RecipeDialog.h"

#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QStyle>
#include <QTextBlock>
#include <QVBoxLayout>

#include "core/base/Error.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
// The line of an entry such as "optimiser.rate" or "classes[2].id": its keys one after the other.
QTextBlock lineOf(const QTextDocument& document, const QString& path) {
    int from = 0;
    QTextBlock line;
    for (QString key : path.split(QLatin1Char('.'))) {
        key.remove(QRegularExpression(QStringLiteral("\\[[0-9]+\\]$")));
        const QTextCursor found = document.find(QLatin1Char('"') + key + QLatin1Char('"'), from);
        if (found.isNull()) break;
        from = found.position(), line = found.block();
    }
    return line;
}
} // namespace

RecipeDialog::RecipeDialog(const Recipe& recipe, bool readOnly, QWidget* parent)
    : QDialog(parent), m_recipe(recipe), m_text(new QPlainTextEdit(this)), m_problem(new QLabel(this)) {
    setObjectName(QStringLiteral("recipeDialog"));
    setWindowTitle(tr("Full settings"));
    resize(640, 680);
    auto* hint = mutedLabel(readOnly ? tr("The recipe of a training that has begun cannot be changed.")
                                     : tr("The recipe as JSON. What is left out keeps its usual value."),
                            this);
    m_text->setObjectName(QStringLiteral("recipeText"));
    m_text->setAccessibleName(tr("Recipe"));
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setPlainText(textOf(recipe));
    m_text->setReadOnly(readOnly);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(true);
    m_problem->setObjectName(QStringLiteral("recipeProblem"));
    m_problem->setProperty("role", QStringLiteral("error"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setMinimumHeight(36);
    auto* buttons = new QDialogButtonBox(this);
    m_use = buttons->addButton(tr("Use these settings"), QDialogButtonBox::AcceptRole);
    m_use->setObjectName(QStringLiteral("useRecipeButton"));
    m_use->setVisible(!readOnly);
    buttons->addButton(readOnly ? tr("Close") : tr("Cancel"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(hint);
    column->addWidget(m_text, 1);
    column->addWidget(m_problem);
    column->addWidget(buttons);
    connect(m_text, &QPlainTextEdit::textChanged, this, &RecipeDialog::check);
}

void RecipeDialog::check() {
    QString problem;
    try {
        m_recipe = recipeFromText(m_text->toPlainText().toStdString(), "in this window");
    } catch (const Error& e) { problem = QString::fromUtf8(e.what()); }
    m_problem->setText(problem);
    m_use->setEnabled(problem.isEmpty());
    m_text->setProperty("error", !problem.isEmpty());
    m_text->style()->unpolish(m_text);
    m_text->style()->polish(m_text);
    mark(problem);
}

void RecipeDialog::mark(const QString& problem) {
    QList<QTextEdit::ExtraSelection> marks;
    static const QRegularExpression quoted(QStringLiteral("\"([^\"]+)\"")), numbered(QStringLiteral("line ([0-9]+)"));
    QTextBlock line;
    if (const auto at = numbered.match(problem); at.hasMatch()) line = m_text->document()->findBlockByNumber(at.captured(1).toInt() - 1);
    else if (const auto key = quoted.match(problem); key.hasMatch()) line = lineOf(*m_text->document(), key.captured(1));
    if (!problem.isEmpty() && line.isValid()) {
        QTextEdit::ExtraSelection selection;
        selection.cursor = QTextCursor(line);
        selection.format.setBackground(theme().errBg);
        selection.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks.append(selection);
    }
    m_text->setExtraSelections(marks);
}

} // namespace phloxine::ui
