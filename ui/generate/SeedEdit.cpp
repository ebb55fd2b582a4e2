#include "ui/generate/SeedEdit.h"

#include <algorithm>

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QRegularExpressionValidator>

#include "ui/generate/words.h"

namespace phloxine::ui {

namespace {
constexpr quint64 largestSeed = (quint64(1) << 53) - 1;

QString digitsOf(const QString& text) {
    QString digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](QChar c) { return c >= u'0' && c <= u'9'; });
    return digits;
}
} // namespace

SeedEdit::SeedEdit(QWidget* parent) : QLineEdit(parent) {
    setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9\\s]{0,24}")), this));
    connect(this, &QLineEdit::editingFinished, this, &SeedEdit::group);
    connect(this, &QLineEdit::textChanged, this, &SeedEdit::seedChanged);
}

quint64 SeedEdit::seed() const {
    bool ok = false;
    const quint64 value = digitsOf(text()).toULongLong(&ok);
    return ok ? std::min(value, largestSeed) : text().isEmpty() ? 0 : largestSeed;
}

void SeedEdit::setSeed(quint64 seed) {
    setText(groupedSeed(std::min(seed, largestSeed)));
    setCursorPosition(0);
}

void SeedEdit::group() {
    if (const QString grouped = groupedSeed(seed()); grouped != text()) setText(grouped);
}

void SeedEdit::copyDigits() const { QGuiApplication::clipboard()->setText(digitsOf(hasSelectedText() ? selectedText() : text())); }

void SeedEdit::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) return copyDigits();
    if (event->matches(QKeySequence::Cut)) {
        copyDigits();
        return del();
    }
    QLineEdit::keyPressEvent(event);
}

// The standard menu copies what is shown, so this one has the few entries that a number needs.
void SeedEdit::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    menu.addAction(tr("Copy"), this, [this] { copyDigits(); });
    menu.addAction(tr("Paste"), this, &QLineEdit::paste);
    menu.addAction(tr("Select all"), this, &QLineEdit::selectAll);
    menu.exec(event->globalPos());
}

void SeedEdit::focusOutEvent(QFocusEvent* event) {
    QLineEdit::focusOutEvent(event);
    group();
}

} // namespace phloxine::ui
