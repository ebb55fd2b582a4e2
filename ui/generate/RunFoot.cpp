#include "ui/generate/RunFoot.h"

#include <QHBoxLayout>
#include <QKeySequence>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Note.h"

namespace phloxine::ui {

namespace {
constexpr int sentenceWidth = 180; // beside the key

QPushButton* makeButton(const QString& text, const char* name, QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    button->setObjectName(QString::fromLatin1(name));
    button->setProperty("tall", true);
    return button;
}
} // namespace

RunFoot::RunFoot(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 10, 16, 16);
    column->setSpacing(10);
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    m_mark = new IconLabel(this);
    m_sentence = new QLabel(this);
    m_sentence->setObjectName(QStringLiteral("costLabel"));
    m_sentence->setWordWrap(true);
    m_key = mutedLabel(QKeySequence(Qt::CTRL | Qt::Key_Enter).toString(QKeySequence::NativeText), this);
    line->addWidget(m_mark, 0, Qt::AlignTop);
    line->addWidget(m_sentence, 1);
    line->addWidget(m_key, 0, Qt::AlignTop);
    column->addLayout(line);
    m_warning = new Note(Tone::Warn, this);
    m_warning->setObjectName(QStringLiteral("costWarning"));
    m_warning->hide();
    column->addWidget(m_warning);

    m_generate = makeButton(tr("Generate"), "generateButton", this);
    m_generate->setProperty("primary", true);
    m_generate->setIcon(icon("sparkles", 18, IconTone::OnAccent));
    m_add = makeButton(tr("Add to queue"), "addToQueueButton", this);
    m_stop = makeButton(tr("Stop"), "stopButton", this);
    m_stop->setIcon(icon("player-stop"));
    auto* menu = new QMenu(m_stop);
    menu->addAction(tr("Stop now"), this, &RunFoot::stopNow);
    menu->addAction(tr("Finish this tile, then stop"), this, &RunFoot::stopAfterTile);
    m_stop->setMenu(menu);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_generate, 3);
    buttons->addWidget(m_add, 2);
    buttons->addWidget(m_stop, 2);
    column->addLayout(buttons);
    connect(m_generate, &QPushButton::clicked, this, &RunFoot::generate);
    connect(m_add, &QPushButton::clicked, this, &RunFoot::addToQueue);
    setState({}, false, {});
}

void RunFoot::setState(const QString& sentence, bool running, const QString& reason, const QString& warning) {
    const QString text = reason.isEmpty() ? sentence : reason;
    m_sentence->setText(text);
    m_key->setVisible(m_sentence->fontMetrics().horizontalAdvance(text) < sentenceWidth); // one line of words comes before the key
    m_mark->setMark(!reason.isEmpty() ? "info-circle" : running ? "hourglass" : "clock", 16, IconTone::Text2);
    m_warning->setText(warning);
    m_warning->setVisible(!warning.isEmpty() && reason.isEmpty());
    m_generate->setVisible(!running);
    m_stop->setVisible(running);
    m_generate->setEnabled(reason.isEmpty());
    m_add->setEnabled(reason.isEmpty());
    if (m_add->property("primary").toBool() != running ||
        m_add->icon().isNull()) { // the same key does the same thing: it is the primary now
        m_add->setProperty("primary", running);
        m_add->setIcon(running ? icon("plus", 18, IconTone::OnAccent) : QIcon());
        m_add->style()->unpolish(m_add);
        m_add->style()->polish(m_add);
    }
}

} // namespace phloxine::ui
