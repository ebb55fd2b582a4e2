#include "ui/generate/ModelPanel.h"

#include <cmath>

#include <QComboBox>
#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QStylePainter>
#include <QVBoxLayout>

#include "ui/generate/words.h"
#include "ui/widgets/Badge.h"

namespace phloxine::ui {

namespace {
// A style sheet cuts the text of a combo box without a mark; here it ends in dots.
class ElidingCombo : public QComboBox {
public:
    using QComboBox::QComboBox;

protected:
    void paintEvent(QPaintEvent*) override {
        QStylePainter painter(this);
        QStyleOptionComboBox option;
        initStyleOption(&option);
        const int room = style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this).width() - 4;
        option.currentText = option.fontMetrics.elidedText(option.currentText, Qt::ElideRight, room);
        painter.drawComplexControl(QStyle::CC_ComboBox, option);
        painter.drawControl(QStyle::CE_ComboBoxLabel, option);
    }
};

constexpr int stainWidth = 84, latentWidth = 150, wideFactWidth = 250;
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
    m_title->hide();
    m_models = new ElidingCombo(card);
    m_models->setObjectName(QStringLiteral("modelCombo"));
    m_models->setAccessibleName(tr("Model"));
    m_models->setProperty("head", true); // the head of the card, without a frame of its own
    m_models->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_models->setMinimumContentsLength(8);
    rows->addWidget(m_models);
    connect(m_models, &QComboBox::activated, this, [this](int row) { Q_EMIT chosen(m_models->itemData(row).toString()); });
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

void ModelPanel::setModels(const std::vector<ModelEntry>& models, const std::filesystem::path& chosen) {
    const QSignalBlocker quiet(m_models);
    m_models->clear();
    for (const ModelEntry& entry : models) {
        m_models->addItem(fromUtf8(entry.card.title), fromUtf8(entry.path.string()));
        m_models->setItemData(m_models->count() - 1, fromUtf8(entry.card.title), Qt::ToolTipRole);
        if (entry.path == chosen) m_models->setCurrentIndex(m_models->count() - 1);
    }
}

void ModelPanel::setCard(const ModelCard& card) {
    m_facts->show();
    m_limits->hide();
    m_title->hide();
    m_models->show();
    m_models->setToolTip(card.limits.empty() ? fromUtf8(card.title)
                                             : tr("%1\n%2", "title, limits").arg(fromUtf8(card.title), fromUtf8(card.limits)));
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
    m_models->hide();
    m_title->setText(tr("No model can be used"));
    m_title->show();
    m_limits->setText(sentence);
    m_limits->show();
    m_facts->hide();
}

} // namespace phloxine::ui
