#include "ui/models/CardView.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QVBoxLayout>

#include "core/generate/Generator.h"
#include "ui/widgets/Badge.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/scale_words.h"

namespace phloxine::ui {

namespace {

constexpr int headWidth = 84, shownClasses = 12, hashLetters = 12;

QString defaultsText(const ModelCard& card) {
    QString sampler = fromUtf8(card.defaultSampler);
    for (const auto& row : samplerRows())
        if (row.id == card.defaultSampler) sampler = fromUtf8(row.title);
    const QString guidance = card.defaultGuidance == 1 ? CardView::tr("not guided")
                                                       : CardView::tr("guidance %1").arg(QLocale().toString(card.defaultGuidance, 'g', 3));
    return CardView::tr("%1, %2 steps, %3", "sampler, steps, guidance").arg(sampler).arg(card.defaultSteps).arg(guidance);
}

QLabel* valueLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

CardView::CardView(const ModelFacts& facts, QWidget* parent) : QWidget(parent) {
    const ModelCard& card = facts.card();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* title = valueLabel(fromUtf8(card.title), this);
    title->setProperty("role", QStringLiteral("title"));
    title->setObjectName(QStringLiteral("detailsTitle"));
    column->addWidget(title);
    addFacts(*column, facts);
    addClasses(*column, card);
}

void CardView::addFacts(QVBoxLayout& column, const ModelFacts& facts) {
    const ModelCard& card = facts.card();
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    grid->setColumnMinimumWidth(0, headWidth);
    grid->setColumnStretch(1, 1);
    int row = 0;
    const auto add = [&](const QString& head, const QString& value) {
        if (value.isEmpty()) return;
        grid->addWidget(mutedLabel(head, this), row, 0, Qt::AlignTop);
        grid->addWidget(valueLabel(value, this), row++, 1);
    };
    add(tr("Name"), card.version.empty() ? fromUtf8(card.id) : tr("%1, version %2").arg(fromUtf8(card.id), fromUtf8(card.version)));
    add(tr("Guided by"), conditionSize(card).isEmpty()
                             ? conditionText(card)
                             : tr("%1; %2", "conditions; how many").arg(conditionText(card), conditionSize(card)));
    add(tr("Latent"), fromUtf8(card.latent).replace(QStringLiteral(" x "), QStringLiteral(" \u00d7 ")));
    add(tr("Tile"),
        tileWidthText(card).isEmpty() ? tileText(card) : tr("%1, %2", "pixels, width").arg(tileText(card), tileWidthText(card)));
    auto* scale = new QHBoxLayout;
    scale->setSpacing(8);
    scale->addWidget(valueLabel(scaleText(card.scale), this));
    scale->addWidget(new Badge(scaleSourceText(card.scale.source), toneOf(card.scale.source), this));
    scale->addStretch(1);
    grid->addWidget(mutedLabel(tr("Scale"), this), row, 0);
    grid->addLayout(scale, row++, 1);
    add(tr("Stain"), fromUtf8(card.stain));
    add(tr("Defaults"), defaultsText(card));
    add(tr("Data sets"), card.outputsMayFormDataSets ? tr("Its tiles may form data sets") : tr("Its tiles may not form data sets"));
    if (!card.weightsSha256.empty()) {
        add(tr("SHA-256"), tr("%1\u2026", "beginning of a hash").arg(fromUtf8(card.weightsSha256).left(hashLetters)));
        grid->itemAtPosition(row - 1, 1)->widget()->setToolTip(fromUtf8(card.weightsSha256));
    }
    column.addLayout(grid);
}

void CardView::addClasses(QVBoxLayout& column, const ModelCard& card) {
    if (card.classes.empty()) return;
    column.addSpacing(4);
    column.addWidget(sectionHead(tr("Tissue classes"), this));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    const int shown = std::min(shownClasses, int(card.classes.size()));
    for (int i = 0; i < shown; ++i) {
        const TissueClass& c = card.classes[std::size_t(i)];
        grid->addWidget(new ClassSwatch(fromUtf8(c.code), QColor(fromUtf8(c.colour)), this), i, 0);
        grid->addWidget(valueLabel(fromUtf8(c.label), this), i, 1);
        if (c.trainingTiles > 0) grid->addWidget(mutedLabel(QLocale().toString(qint64(c.trainingTiles)), this), i, 2, Qt::AlignRight);
    }
    column.addLayout(grid);
    if (const int rest = int(card.classes.size()) - shown) column.addWidget(mutedLabel(tr("and %n more", nullptr, rest), this));
    else if (card.classes.front().trainingTiles > 0) column.addWidget(mutedLabel(tr("Number of training tiles on the right."), this));
}

CardTexts::CardTexts(const ModelCard& card, QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    addText(*column, tr("Limits"), card.limits);
    addText(*column, tr("Intended use"), card.intendedUse);
    addText(*column, tr("Trained on"), card.dataSource);
    addText(*column, tr("Held out"), card.groupsHeldOut);
    addText(*column, tr("Scale"), card.scaleNote);
    addText(*column, tr("Licence"), card.licence.empty() ? tr("Not stated. Ask who released the model.").toStdString() : card.licence);
}

void CardTexts::addText(QVBoxLayout& column, const QString& head, const std::string& text) {
    if (text.empty()) return;
    if (column.count()) column.addSpacing(8);
    column.addWidget(sectionHead(head, this));
    column.addWidget(valueLabel(fromUtf8(text), this));
}

} // namespace phloxine::ui
