// The part of ComparePage that shows a report.
#include <algorithm>
#include <cmath>

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/compare/ComparePage.h"
#include "ui/compare/DensityPlot.h"
#include "ui/compare/DotPlot.h"
#include "ui/compare/MetricCard.h"
#include "ui/compare/NearestTiles.h"
#include "ui/widgets/IconLabel.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/plot_painting.h"

namespace phloxine::ui {

namespace {

QWidget* findingRow(const Finding& finding, QWidget* parent) {
    auto* row = new QWidget(parent);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto* mark = new IconLabel(row);
    auto* label = new QLabel(row);
    label->setWordWrap(true);
    showFinding(*mark, *label, finding);
    layout->addWidget(mark, 0, Qt::AlignTop);
    layout->addWidget(label, 1);
    return row;
}

QFrame* card(QWidget* parent, QVBoxLayout*& column, const QString& title, const QString& aside = {}) {
    auto* frame = new QFrame(parent);
    frame->setProperty("card", true);
    column = new QVBoxLayout(frame);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(8);
    auto* head = new QHBoxLayout;
    auto* name = new QLabel(title, frame);
    name->setProperty("role", QStringLiteral("title"));
    head->addWidget(name);
    head->addStretch(1);
    if (!aside.isEmpty()) head->addWidget(mutedLabel(aside, frame));
    column->addLayout(head);
    return frame;
}

Finding firstSentence(Finding finding) {
    const auto end = finding.text.find(". ");
    if (end != finding.text.npos) finding.text.resize(end + 1);
    return finding;
}

QString rangeText(double low, double high, double factor = 1) {
    return ComparePage::tr("%1 to %2").arg(shortNumber(low * factor), shortNumber(high * factor));
}

// How far the median moved, as people say it.
QString medianShift(const Distribution& d) {
    if (d.realMedian == 0) return {};
    const double percent = (d.syntheticMedian / d.realMedian - 1) * 100;
    return ComparePage::tr("median %1%2 %", "sign, number")
        .arg(percent < 0 ? QStringLiteral("\u2212") : QStringLiteral("+"))
        .arg(QLocale().toString(std::abs(percent), 'f', 0));
}

} // namespace

void ComparePage::showReport() {
    m_subtitle->setText(tr("%1: %2 tiles, %3 groups against %4 tiles of %5")
                            .arg(fromUtf8(m_report->real.name))
                            .arg(m_report->real.tiles)
                            .arg(m_report->real.groups)
                            .arg(shown().set.tiles)
                            .arg(fromUtf8(shown().set.name)));
    auto* body = new QWidget(m_scroll);
    auto* column = new QVBoxLayout(body);
    column->setContentsMargins(24, 16, 24, 24);
    column->setSpacing(16);
    for (const auto& warning : m_report->warnings) column->addWidget(new Note(ui::Tone::Warn, fromUtf8(warning), body));
    if (!shown().answers.empty()) {
        QVBoxLayout* answers = nullptr;
        column->addWidget(card(body, answers, tr("In short")));
        for (const auto& answer : shown().answers) answers->addWidget(findingRow(answer, body));
    }
    addMetricCards(*column);
    addDistributions(*column);
    addNuclei(*column, body);
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    QVBoxLayout* copying = nullptr;
    row->addWidget(card(body, copying, tr("Nearest training tiles"), tr("synthetic, then the most similar training tile")), 3);
    addCopying(*copying, body);
    row->addWidget(makeAdherence(body), 2);
    column->addLayout(row);
    QVBoxLayout* cues = nullptr;
    if (!shown().cues.findings.empty()) {
        column->addWidget(card(body, cues, tr("Trivial cues"), tr("can twelve simple features tell the sets apart?")));
        for (const auto& finding : shown().cues.findings) cues->addWidget(findingRow(finding, body));
    }
    column->addStretch(1);
    m_scroll->setWidget(body); // deletes the one before
}

void ComparePage::addMetricCards(QVBoxLayout& column) {
    struct Headline {
        const char* id;
        QString title;
        double factor;
    };
    const Headline headlines[] = {{"kid", tr("KID \u00d7 1 000, lower is closer"), 1000},
                                  {"precision", tr("Precision, looks real"), 1},
                                  {"recall", tr("Recall, covers real"), 1}};
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    for (const auto& headline : headlines)
        for (const auto& m : shown().metrics) {
            if (m.id != headline.id || !m.className.empty()) continue;
            auto* card = new MetricCard(m_scroll);
            card->setNumber(headline.title, shortNumber(m.estimate.value * headline.factor),
                            rangeText(m.estimate.low, m.estimate.high, headline.factor), m.finding);
            row->addWidget(card, 1);
            break;
        }
    if (const auto& copying = shown().copying; copying.checked) {
        auto* card = new MetricCard(m_scroll);
        card->setNumber(tr("Near copies"), tr("%1 of %2").arg(copying.count).arg(QLocale().toString(copying.tiles)),
                        tr("%1 to %2 %").arg(shortNumber(copying.low * 100), shortNumber(copying.upper * 100)),
                        firstSentence(copying.finding));
        card->setToolTip(fromUtf8(copying.finding.text)); // it stands in whole under "In short"
        row->addWidget(card, 1);
    }
    column.addLayout(row);
}

void ComparePage::addDistributions(QVBoxLayout& column) {
    constexpr int perRow = 3;
    auto* grid = new QGridLayout;
    grid->setSpacing(16);
    int place = 0;
    for (const auto& d : shown().distributions) {
        QVBoxLayout* inside = nullptr;
        auto* frame = card(m_scroll, inside, fromUtf8(d.title), medianShift(d));
        auto* plot = new DensityPlot(frame);
        plot->setObjectName(QStringLiteral("plot-%1").arg(fromUtf8(d.id)));
        plot->setMedians(d.realMedian, d.syntheticMedian);
        plot->setTiles(d.realValues, d.syntheticValues);
        plot->setCurves(d.x, d.realDensity, d.syntheticDensity,
                        d.unit.empty() ? fromUtf8(d.title) : tr("%1, %2", "title, unit").arg(fromUtf8(d.title), fromUtf8(d.unit)));
        connect(plot, &DensityPlot::tileRequested, this, &ComparePage::showTile);
        inside->addWidget(plot, 1);
        inside->addWidget(findingRow(d.finding, frame));
        grid->addWidget(frame, place / perRow, place % perRow);
        ++place;
    }
    for (int i = 0; i < perRow; ++i) grid->setColumnStretch(i, 1);
    column.addLayout(grid);
}

// What the counts are worth, and where the spectra differ: sentences; the page that is saved has the tables and the plot.
void ComparePage::addNuclei(QVBoxLayout& column, QWidget* parent) {
    const auto& check = m_report->nuclei;
    if (check.rendered.empty()) return;
    QStringList errors;
    for (const auto& e : check.rendered)
        errors << tr("%1 %2 \u00b1 %3 %", "kind of field, bias, spread")
                      .arg(fromUtf8(e.setting), QLocale().toString(e.bias * 100, 'f', 0), QLocale().toString(e.spread * 100, 'f', 0));
    QVBoxLayout* inside = nullptr;
    column.addWidget(card(parent, inside, tr("Counts of nuclei, and detail by frequency")));
    inside->addWidget(findingRow(check.finding, parent));
    auto* rendered = mutedLabel(tr("Error of the counter on rendered fields: %1.").arg(errors.join(QStringLiteral(", "))), parent);
    rendered->setWordWrap(true);
    inside->addWidget(rendered);
    if (!shown().spectrum.finding.text.empty()) inside->addWidget(findingRow(shown().spectrum.finding, parent));
}

void ComparePage::addCopying(QVBoxLayout& column, QWidget* parent) {
    const auto& copying = shown().copying;
    if (copying.checked) {
        auto* pairs = new NearestTiles(parent);
        pairs->setReport(m_report, m_set);
        connect(pairs, &NearestTiles::tileRequested, this, &ComparePage::showTile);
        column.addWidget(pairs);
    }
    column.addWidget(copying.finding.text.empty() ? mutedLabel(tr("Not measured."), parent) : findingRow(copying.finding, parent));
    if (copying.checked) {
        auto* plot = new DensityPlot(parent);
        plot->setLimit(0, tr("limit"));
        plot->setCurves(copying.x, copying.realDensity, copying.syntheticDensity,
                        tr("Likeness to the nearest training tile, in spreads over the limit"));
        column.addWidget(plot);
    }
    column.addStretch(1);
}

QWidget* ComparePage::makeAdherence(QWidget* parent) {
    QVBoxLayout* column = nullptr;
    auto* frame = card(parent, column, tr("Prompt adherence"));
    if (shown().adherence.findings.empty() && shown().adherence.attributeFindings.empty())
        column->addWidget(mutedLabel(tr("Not measured."), frame));
    std::vector<DotPlot::Row> rows;
    for (const auto& row : shown().adherence.classes)
        if (row.judge == shown().adherence.classes.front().judge)
            rows.push_back({{}, row.className.empty() ? tr("all") : fromUtf8(row.className), {}, row});
    if (!rows.empty()) {
        auto* hint = mutedLabel(tr("A judge trained on real tiles finds the asked class. 95 % intervals."), frame);
        hint->setWordWrap(true);
        column->addWidget(hint);
        auto* plot = new DotPlot(frame);
        plot->setRows(std::move(rows));
        column->addWidget(plot);
    }
    for (const auto* findings : {&shown().adherence.findings, &shown().adherence.attributeFindings})
        for (const auto& finding : *findings) column->addWidget(findingRow(finding, frame));
    column->addStretch(1);
    return frame;
}

} // namespace phloxine::ui
