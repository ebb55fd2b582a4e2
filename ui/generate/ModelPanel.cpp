#include "ui/generate/ModelPanel.h"

#include <cmath>

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/widgets/Badge.h"

namespace phloxine::ui {

namespace {
constexpr int stainWidth = 84, latentWidth = 150, wideFactWidth = 250;

Tone toneOf(ScaleSource source) {
    switch (source) {
    case ScaleSource::Unknown:
        return Tone::Err;
    case ScaleSource::Assumed:
        return Tone::Warn;
    case ScaleSource::User:
        return Tone::Info;
    default:
        return Tone::Ok;
    }
}
} // namespace

ModelPanel::ModelPanel(QWidget* parent) : QWidget(parent) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(sectionHead(tr("Model"), this));
    auto* card = new QFrame(this);
    card->setProperty("card", true);
    column->addWidget(card);
    auto* rows = new QVBoxLayout(card);
    rows->setContentsMargins(11, 9, 11, 10);
    rows->setSpacing(6);
    m_title = new QLabel(card);
    m_title->setProperty("role", QStringLiteral("title"));
    m_title->setWordWrap(true);
    m_limits = mutedLabel({}, card);
    m_limits->setWordWrap(true);
    m_limits->hide();
    rows->addWidget(m_title);
    rows->addWidget(m_limits);
    m_facts = new QWidget(card);
    rows->addWidget(m_facts);
    auto* grid = new QGridLayout(m_facts);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(0);
    m_scale = addFact(*grid, 0, 0, 2, tr("Scale"));
    m_source = new Badge({}, Tone::Neutral, m_facts);
    grid->addWidget(m_source, 1, 1, Qt::AlignRight | Qt::AlignVCenter);
    m_stain = addFact(*grid, 2, 0, 1, tr("Stain"));
    m_latent = addFact(*grid, 2, 1, 1, tr("Latent"));
    m_licence = addFact(*grid, 4, 0, 2, tr("Licence"));
    grid->setColumnMinimumWidth(0, stainWidth);
    grid->setColumnStretch(1, 1);
}

QLabel* ModelPanel::addFact(QGridLayout& grid, int row, int column, int span, const QString& head) {
    auto* name = mutedLabel(head, m_facts);
    name->setProperty("role", QStringLiteral("caption"));
    name->setContentsMargins(0, row ? 6 : 0, 0, 0);
    auto* value = new QLabel(m_facts);
    value->setTextFormat(Qt::PlainText);
    value->setMinimumWidth(40);
    grid.addWidget(name, row, column, 1, span);
    grid.addWidget(value, row + 1, column, 1, span);
    return value;
}

void ModelPanel::setCard(const ModelCard& card) {
    m_facts->show();
    m_limits->hide();
    m_title->setText(fromUtf8(card.title));
    m_title->setToolTip(fromUtf8(card.limits));
    const double side = card.scale.micronsPerPixel * card.tileSizePx;
    m_scale->setText(side > 0 ? tr("%1, %2\u00a0\u00b5m wide").arg(scaleText(card.scale)).arg(std::lround(side))
                              : tr("%1\u00a0px wide").arg(card.tileSizePx));
    m_source->setText(scaleSourceText(card.scale.source));
    m_source->setTone(toneOf(card.scale.source));
    m_source->setToolTip(fromUtf8(card.scaleNote));
    setElided(*m_stain, card.stain.empty() ? tr("Not stated") : fromUtf8(card.stain), stainWidth);
    setElided(*m_latent, card.latent.empty() ? tr("Not stated") : fromUtf8(card.latent), latentWidth);
    setElided(*m_licence, card.licence.empty() ? tr("Not stated") : fromUtf8(card.licence), wideFactWidth);
}

void ModelPanel::setMissing(const QString& sentence) {
    m_title->setText(tr("No model can be used"));
    m_limits->setText(sentence);
    m_limits->show();
    m_facts->hide();
}

} // namespace phloxine::ui
