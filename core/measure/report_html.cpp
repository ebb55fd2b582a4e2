// The page of the report: a sentence for each question first, then the numbers with their intervals, the pictures, and the protocol.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "core/image/ImageFile.h"
#include "core/image/orientation.h"
#include "core/measure/report_files.h"
#include "core/measure/report_plots.h"

namespace phloxine {

namespace {

constexpr const char* style = R"(<style>
:root{color-scheme:light}body{font:14px/20px Inter,"Noto Sans",sans-serif;color:#1b1b1b;background:#f4f4f4;margin:0 auto;max-width:1120px;padding:24px}
h1{font-size:24px;line-height:32px;margin:0}h2{font-size:16px;margin:32px 0 8px}h3{font-size:14px;margin:24px 0 8px}p{margin:4px 0 8px}
.sub,.note{color:#545454;font-size:12px}.card{background:#fff;border:1px solid #d8d8d8;border-radius:4px;padding:12px 16px;margin:8px 0}
.answers p{margin:4px 0;padding-left:24px;position:relative}.answers p:before{position:absolute;left:0}
.good:before{content:"\2713";color:#2b6a34}.look:before{content:"\25B3";color:#7d4e00}.bad:before{content:"\2716";color:#a3201d}.plain:before{content:"\2013";color:#545454}
table{border-collapse:collapse;width:100%;background:#fff;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid #d8d8d8;vertical-align:top}
th{font-size:12px;font-weight:600;color:#545454}td.n,th.n{text-align:right}.row{display:flex;flex-wrap:wrap;gap:12px}
.row>.card{flex:1 1 330px;margin:0}.pair{width:212px;font-size:12px}.pair img{width:96px;height:96px;object-fit:cover;border:2px solid #1b1b1b;margin-right:4px}
.pair img.s{border:2px dashed #0b6770}.gone{display:inline-block;width:96px;height:96px;border:2px solid #868686;color:#545454;font-size:11px;line-height:14px;vertical-align:top;padding:8px;box-sizing:border-box}
.scroll{overflow-x:auto}pre{white-space:pre-wrap;font-size:12px;line-height:16px}svg{max-width:100%}svg text{font:11px Inter,"Noto Sans",sans-serif;fill:#545454}svg text.label{font-size:12px;fill:#1b1b1b}
svg .real{stroke:#3a3a3a;stroke-width:1.8;fill:none}svg .synthetic{stroke:#0b6770;stroke-width:1.8;fill:none;stroke-dasharray:7 4}svg .syntheticMark{stroke:#0b6770;stroke-width:1.8}
svg .realBand{fill:#3a3a3a;fill-opacity:.14}svg .syntheticBand{fill:#0b6770;fill-opacity:.16}
svg .base{stroke:#868686}svg .grid{stroke:#d8d8d8}svg .limit{stroke:#7d4e00;stroke-width:1.5}svg .realDot{fill:#3a3a3a}svg .syntheticDot{fill:#fff;stroke:#0b6770;stroke-width:2}
</style>)";

const char* judgementWord(Judgement judgement) {
    constexpr const char* words[] = {"good", "look", "bad", "plain"};
    return words[int(judgement)];
}

std::string paragraph(const Finding& finding) {
    return finding.text.empty() ? ""
                                : "<p class=\"" + std::string(judgementWord(finding.judgement)) + "\">" + escaped(finding.text) + "</p>";
}

std::string paragraphs(const std::vector<Finding>& findings) {
    std::string html;
    for (const auto& finding : findings) html += paragraph(finding);
    return html.empty() ? "" : "<div class=\"answers\">" + html + "</div>";
}

std::string row(const std::vector<std::string>& cells, const char* kind = "td") {
    std::string html = "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i)
        html.append("<").append(kind).append(i ? " class=\"n\">" : ">").append(cells[i]).append("</").append(kind).append(">");
    return html.append("</tr>");
}

std::string range(double low, double high) {
    return std::isfinite(low) && std::isfinite(high) ? shortNumber(low) + " to " + shortNumber(high) : "\u2013";
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? std::uint8_t(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
    }
    return text;
}

std::string picture(const std::filesystem::path& file, const char* kind, int orientation, const std::string& name) {
    try {
        const auto image = oriented(resized(readImage(file), 112, 112), orientation);
        return "<img class=\"" + std::string(kind) + "\" alt=\"" + escaped(name) + "\" src=\"data:image/jpeg;base64," +
               base64(encodeJpeg(image, 88)) + "\">";
    } catch (const std::exception&) { return "<span class=\"gone\">" + escaped(name) + " is not on disk</span>"; }
}

// Metrics of all sets in one table, best first: one protocol for any generator.
std::string ranking(const CompareReport& report) {
    std::string html;
    std::map<std::string, std::vector<const SyntheticReport*>> byExtractor;
    for (const auto& s : report.synthetic)
        for (const auto& m : s.metrics)
            if (m.className.empty() && m.id == "kid") byExtractor[m.extractor].push_back(&s);
    const auto find = [](const SyntheticReport& s, const std::string& extractor, const std::string& id) {
        for (const auto& m : s.metrics)
            if (m.extractor == extractor && m.id == id && m.className.empty()) return m.estimate;
        return Estimate{};
    };
    for (auto& [extractor, sets] : byExtractor) {
        std::stable_sort(sets.begin(), sets.end(),
                         [&](auto* a, auto* b) { return find(*a, extractor, "kid").value < find(*b, extractor, "kid").value; });
        html += "<p class=\"note\">Features: " + escaped(extractor) + "</p><div class=\"card scroll\"><table>" +
                row({"Set", "n", "KID", "95 % interval", "FID", "FID, n to infinity", "Precision", "Recall", "Density", "Coverage",
                     "Near copies"},
                    "th");
        for (const auto* s : sets) {
            const auto kid = find(*s, extractor, "kid");
            const auto value = [&](const char* id) { return shortNumber(find(*s, extractor, id).value); };
            html += row({escaped(s->set.name), std::to_string(s->set.tiles), shortNumber(kid.value), range(kid.low, kid.high), value("fid"),
                         value("fid_inf"), value("precision"), value("recall"), value("density"), value("coverage"),
                         s->copying.checked ? std::to_string(s->copying.count) + " of " + std::to_string(s->copying.tiles) : "\u2013"});
        }
        html += "</table></div>";
    }
    return html;
}

std::string metricsTable(const SyntheticReport& s) {
    std::string html = "<div class=\"card scroll\"><table>" +
                       row({"Metric", "Class", "Value", "95 % interval", "Real against real", "n", "Groups", "What it says"}, "th");
    for (const auto& m : s.metrics) {
        const auto& e = m.estimate;
        html += row({escaped(m.title) + "<br><span class=\"note\">" + escaped(m.extractor) + "</span>",
                     m.className.empty() ? "all" : escaped(m.className), shortNumber(e.value), range(e.low, e.high),
                     shortNumber(e.realAgainstReal) +
                         (std::isfinite(e.realLow) ? "<br><span class=\"note\">" + range(e.realLow, e.realHigh) + "</span>" : ""),
                     std::to_string(e.tiles), std::to_string(e.groups), escaped(m.finding.text)});
    }
    return html + "</table></div>";
}

std::string distributions(const SyntheticReport& s) {
    std::string html = "<div class=\"row\">";
    for (const auto& d : s.distributions) {
        Curves curves{d.x,
                      d.realDensity,
                      d.syntheticDensity,
                      d.unit.empty() ? d.title : d.title + ", " + d.unit,
                      {d.realMedian},
                      {d.syntheticMedian},
                      0,
                      {}};
        html += "<div class=\"card\"><b>" + escaped(d.title) + "</b> " + densitySvg(curves, 330, 170) + "<p class=\"note\">median " +
                shortNumber(d.realMedian) + " real, " + shortNumber(d.syntheticMedian) + " synthetic; difference " +
                shortNumber(d.difference.value) + " (" + range(d.difference.low, d.difference.high) + "); Wasserstein distance " +
                shortNumber(d.wasserstein) + ", group permutation p = " + shortNumber(d.pValue) + "</p>" + paragraphs({d.finding}) +
                "</div>";
    }
    return html + "</div>";
}

std::string spectrum(const SyntheticReport& s) {
    const auto& r = s.spectrum;
    if (r.cyclesPerPx.empty()) return {};
    BandedCurves curves{r.cyclesPerPx,   r.real,          r.realLow,
                        r.realHigh,      r.synthetic,     r.syntheticLow,
                        r.syntheticHigh, "cycles per px", "power, squared grey levels"};
    if (r.micronsPerPixel > 0) {
        for (double& x : curves.x) x /= r.micronsPerPixel;
        curves.xTitle = "cycles per um";
    }
    std::string html = "<div class=\"card\"><b>Power spectrum</b><br>";
    html.append(spectrumSvg(curves, 700, 260)).append("<p class=\"note\">Mean over groups (").append(std::to_string(r.realGroups));
    html.append(" real, ")
        .append(std::to_string(r.syntheticGroups))
        .append(" synthetic); the bands hold the middle 95 % of the groups.</p>");
    return html.append(paragraphs({r.finding})).append("</div>");
}

std::string percent(double share) {
    char text[32] = "\u2013";
    if (std::isfinite(share)) std::snprintf(text, sizeof text, "%.1f %%", share * 100);
    return text;
}

std::string clickedRows(const CalibrationResult& c) {
    std::string html;
    html += row({"Fields", std::to_string(c.fields) + " of " + std::to_string(c.groups) + " groups"});
    html += row({"Nuclei clicked, counted", std::to_string(c.clicked) + ", " + std::to_string(c.counted)});
    html += row({"Counted for each clicked", shortNumber(c.factor) + " (" + range(c.low, c.high) + ")"});
    html += row({"Bias and spread over fields", percent(c.bias) + ", " + percent(c.spread)});
    html += row({"Rank correlation of the counts", shortNumber(c.rankCorrelation)});
    html += row({"Counted ones that were clicked (precision)", percent(c.precision)});
    html += row({"Clicked ones that were found (recall)", percent(c.recall)});
    return html;
}

std::string nuclei(const NucleiCheck& check) {
    if (check.rendered.empty()) return {};
    std::string html = "<h2>What the counts of nuclei are worth</h2>";
    html.append(paragraphs({check.finding})).append("<div class=\"row\"><div class=\"card scroll\"><b>On rendered fields</b><table>");
    html.append(row({"Field", "Bias", "Spread", "Fields"}, "th"));
    for (const auto& e : check.rendered)
        html.append(row({escaped(e.setting), percent(e.bias), percent(e.spread), std::to_string(e.fields)}));
    html.append("</table><p class=\"note\">Error of the counter where the number of nuclei is known. Rendered fields are simpler than "
                "tissue: the error on tiles is at least this.</p></div>");
    if (check.clicked.fields) {
        const auto& c = check.clicked;
        html.append("<div class=\"card scroll\"><b>On clicked nuclei</b><table>").append(clickedRows(c)).append("</table>");
        html.append("<p class=\"note\">A click and a nucleus belong together within ").append(shortNumber(c.matchRadiusPx));
        html.append(" px, the nearest pair first. Interval: jackknife over groups.")
            .append(check.sameSet ? "" : " The set has changed since.");
        html.append("</p></div>");
    }
    html.append("</div>");
    if (check.clicked.faults.empty()) return html;
    html.append("<div class=\"card scroll\"><table>").append(row({"Clicked field left out", "Why"}, "th"));
    for (const auto& fault : check.clicked.faults) html.append(row({escaped(fault.name), escaped(fault.reason)}));
    return html.append("</table></div>");
}

std::string copying(const SyntheticReport& s, ReportPictures pictures) {
    const auto& c = s.copying;
    std::string html = paragraphs({c.finding});
    if (!c.checked) return html;
    if (!c.x.empty())
        html += "<div class=\"card\">" +
                densitySvg({c.x,
                            c.realDensity,
                            c.syntheticDensity,
                            "likeness to the nearest training tile, in spreads over the limit",
                            {},
                            {},
                            0,
                            "limit"},
                           700, 180) +
                "<p class=\"note\">Solid: real tiles against training tiles of other groups.</p></div>";
    html += "<div class=\"row\">";
    for (const auto& p : c.pairs) {
        const auto real = pictures.real ? p.trainingFile : std::filesystem::path();
        html += "<div class=\"pair\">";
        if (pictures.synthetic) html += picture(s.files[std::size_t(p.syntheticIndex)], "s", 0, p.synthetic);
        html += real.empty() ? "<span class=\"gone\">real tile not shown</span>" : picture(real, "r", p.orientation, p.training);
        html += "<br>" + std::string(p.nearCopy ? "<b>Near copy</b>, " : "") + escaped(p.detector) + " " + shortNumber(p.score) + "<br>" +
                escaped(p.synthetic) + "<br>" + escaped(p.training) + "</div>";
    }
    return html + "</div>";
}

std::string adherence(const SyntheticReport& s) {
    std::string html = paragraphs(s.adherence.findings);
    std::map<std::string, std::vector<DotRow>> byJudge;
    for (const auto& r : s.adherence.classes)
        byJudge[r.judge].push_back({r.className.empty() ? "all classes" : r.className, r.real, r.realLow, r.realHigh, r.synthetic,
                                    r.syntheticLow, r.syntheticHigh});
    html += "<div class=\"row\">";
    for (const auto& [judge, rows] : byJudge)
        html += "<div class=\"card\"><b>Judge of " + escaped(judge) + "</b>: share of tiles in which it finds the asked class<br>" +
                dotSvg(rows, 0, 1, 500) + "</div>";
    html += "</div>";
    html += paragraphs(s.adherence.attributeFindings);
    if (s.adherence.attributes.empty()) return html;
    html += "<div class=\"card scroll\"><table>" +
            row({"Attribute", "Class", "n", "Rank correlation", "95 % interval", "Highest possible", "Real tiles", "Real n"}, "th");
    for (const auto& a : s.adherence.attributes)
        html += row({escaped(a.attribute) + "<br><span class=\"note\">" + escaped(a.measuredBy) + "</span>",
                     a.className.empty() ? "within classes" : escaped(a.className), std::to_string(a.tiles), shortNumber(a.correlation),
                     range(a.low, a.high), shortNumber(a.ceiling), shortNumber(a.real), std::to_string(a.realTiles)});
    return html + "</table><p class=\"note\">Asked level (low, medium, high) against what is measured, in ranks within each class. The "
                  "highest possible is that of perfectly ordered tiles with the same levels. Real tiles: with the levels of their own "
                  "captions, whose maker may have measured in another way.</p></div>";
}

std::string cues(const SyntheticReport& s) {
    std::string html = paragraphs(s.cues.findings);
    if (s.cues.rows.empty()) return html;
    html += "<div class=\"card scroll\"><table>" + row({"Feature", "Kind", "AUC", "chance range", "p"}, "th");
    for (const auto& r : s.cues.rows)
        html += row({escaped(r.title), r.format ? "format" : "generator", shortNumber(r.auc), range(r.low, r.high), shortNumber(r.pValue)});
    return html + "</table></div>";
}

std::string setLine(const SetSummary& set) {
    std::string text = set.name + ": " + std::to_string(set.tiles) + " tiles of " + std::to_string(set.widthPx) + " x " +
                       std::to_string(set.heightPx) + " px, " + std::to_string(set.groups) +
                       (set.groupsKnown ? " groups (" + set.groupSource + ")" : " tiles counted each as its own group") + ", ";
    return text + (set.scale.known()
                       ? shortNumber(set.scale.micronsPerPixel) + " um per pixel (" + std::string(toString(set.scale.source)) + ")"
                       : std::string("scale not known"));
}

std::string faults(const CompareReport& report) {
    std::string rows;
    const auto add = [&](const SetSummary& set) {
        for (const auto& fault : set.faults) rows += row({escaped(set.name), escaped(fault.name), escaped(fault.reason)});
    };
    add(report.real);
    for (const auto& s : report.synthetic) add(s.set);
    return rows.empty()
               ? ""
               : "<h2>Tiles left out</h2><div class=\"card scroll\"><table>" + row({"Set", "Tile", "Why"}, "th") + rows + "</table></div>";
}

} // namespace

std::string reportPage(const CompareReport& report, ReportPictures pictures) {
    std::string html = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Real and synthetic tiles</title>" +
                       std::string(style) +
                       "<h1>Real and synthetic tiles</h1><p class=\"sub\">Phloxine. For research only, not for diagnosis.</p>";
    html += "<p class=\"sub\">" + escaped(setLine(report.real));
    for (const auto& s : report.synthetic) html += "<br>" + escaped(setLine(s.set));
    html += "</p>";
    for (const auto& warning : report.warnings) html += "<div class=\"answers\"><p class=\"look\">" + escaped(warning) + "</p></div>";
    html += "<h2>All sets</h2>" + ranking(report);
    for (const auto& s : report.synthetic) {
        html += "<h2>" + escaped(s.set.name) + "</h2><div class=\"card\">" + paragraphs(s.answers) + "</div>";
        if (!s.metrics.empty()) html += "<h3>Distances</h3>" + metricsTable(s);
        if (!s.distributions.empty()) html += "<h3>Tissue</h3>" + distributions(s) + spectrum(s);
        html += "<h3>Near copies</h3>" + copying(s, pictures);
        html += "<h3>Does it follow the prompt</h3>" + adherence(s);
        html += "<h3>Trivial cues</h3>" + cues(s);
    }
    html += nuclei(report.nuclei);
    html += faults(report);
    return html + "<h2>Protocol</h2><div class=\"card\"><pre>" + escaped(report.protocol) + "</pre></div></html>\n";
}

} // namespace phloxine
