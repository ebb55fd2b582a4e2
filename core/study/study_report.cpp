#include "core/study/study_report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "core/base/Files.h"
#include "core/measure/distances/intervals.h"
#include "core/measure/report_plots.h"

namespace phloxine {

namespace {

using Measure = double ArmResult::*;

std::vector<double> valuesOf(const std::vector<ArmResult>& results, Measure measure) {
    std::vector<double> values;
    for (const auto& r : results)
        if (std::isfinite(r.*measure)) values.push_back(r.*measure);
    return values;
}

double meanOf(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v;
    return values.empty() ? ArmResult::none : sum / double(values.size());
}

// Variance within lists, pooled, and its degrees of freedom.
Spread pooled(const std::vector<std::vector<double>>& lists) {
    double squares = 0, degrees = 0;
    for (const auto& values : lists) {
        const double mean = meanOf(values);
        for (const double v : values) squares += (v - mean) * (v - mean);
        degrees += double(std::max<std::size_t>(1, values.size())) - 1;
    }
    return {degrees > 0 ? squares / degrees : 0, degrees};
}

SeedMean meanWith(const std::vector<double>& values, const Spread& spread) {
    SeedMean mean;
    mean.value = meanOf(values), mean.n = int(values.size());
    if (values.empty() || spread.degrees < 1) return mean;
    Estimate e;
    setInterval(e, mean.value, {spread.variance / double(values.size()), spread.degrees});
    mean.low = e.low, mean.high = e.high;
    return mean;
}

const ArmRow* findRow(const StudyTable& table, const std::string& id) {
    for (const auto& row : table.rows)
        if (row.arm.id == id) return &row;
    return nullptr;
}

std::vector<double> pairedDifferences(const ArmRow& a, const ArmRow& b, Measure measure) {
    std::vector<double> values;
    for (const auto& x : a.results)
        for (const auto& y : b.results)
            if (x.seed == y.seed && std::isfinite(x.*measure) && std::isfinite(y.*measure)) values.push_back(y.*measure - x.*measure);
    return values;
}

std::string number(double value, int digits) {
    if (!std::isfinite(value)) return "\u2013";
    char text[48];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string withInterval(const SeedMean& m, double factor, int digits) {
    auto text = number(m.value * factor, digits);
    if (std::isfinite(m.low)) text += " (" + number(m.low * factor, digits) + " to " + number(m.high * factor, digits) + ")";
    return text;
}

struct Column {
    std::string title;
    std::string (*cell)(const ArmRow&);
};
const std::vector<Column>& columns() {
    static const std::vector<Column> rows = {
        {"arm", [](const ArmRow& r) { return r.arm.id; }},
        {"context, tokens", [](const ArmRow& r) { return std::to_string(r.arm.length); }},
        {"tokens of the text, mean", [](const ArmRow& r) { return number(r.tokens, 1); }},
        {"true statements beside the class, mean",
         [](const ArmRow& r) { return r.arm.text && r.arm.pairing == CaptionPairing::Own ? number(r.facts, 1) : "none"; }},
        {"seeds", [](const ArmRow& r) { return std::to_string(r.results.size()); }},
        {"KID x 1000 (seeds)", [](const ArmRow& r) { return withInterval(r.kid, 1000, 2); }},
        {"KID x 1000, interval over groups",
         [](const ArmRow& r) { return number(r.kidLow * 1000, 2) + " to " + number(r.kidHigh * 1000, 2); }},
        {"KID x 1000 within classes (seeds)", [](const ArmRow& r) { return withInterval(r.kidInClass, 1000, 2); }},
        {"FID (seeds)", [](const ArmRow& r) { return withInterval(r.fid, 1, 2); }},
        {"held-out loss (seeds)", [](const ArmRow& r) { return withInterval(r.loss, 1, 5); }},
        {"peak memory, MB", [](const ArmRow& r) { return number(r.peakBytes / 1e6, 1); }},
        {"images/s", [](const ArmRow& r) { return number(r.imagesPerSecond, 1); }}};
    return rows;
}

// The difference of a control to its true counterpart in one sentence, and whether it is worse for certain.
struct Verdict {
    bool judged = false, worse = false;
    std::string numbers;
};
Verdict verdictOf(const StudyTable& table, const std::string& own, const std::string& control) {
    Verdict verdict;
    struct Asked {
        const char* title;
        Measure measure;
        double factor;
        int digits;
    };
    for (const auto& asked :
         {Asked{"KID x 1000", &ArmResult::kid, 1000, 2}, Asked{"KID x 1000 within classes", &ArmResult::kidInClass, 1000, 2},
          Asked{"held-out loss", &ArmResult::loss, 1, 5}}) {
        const auto d = difference(table, own, control, asked.measure);
        if (!std::isfinite(d.value)) continue;
        verdict.numbers += (verdict.numbers.empty() ? "" : ", ") + std::string(asked.title) + " " + (d.value >= 0 ? "+" : "") +
                           withInterval(d, asked.factor, asked.digits);
        if (!std::isfinite(d.low)) continue;
        verdict.judged = true, verdict.worse = verdict.worse || d.low > 0;
    }
    return verdict;
}

std::string textUse(const StudyTable& table, const std::string& own, const std::string& control, const std::string& what,
                    const std::string& unused) {
    const auto verdict = verdictOf(table, own, control);
    if (verdict.numbers.empty()) return "Whether " + what + " is used was not measured yet. ";
    if (!verdict.judged)
        return "Shuffled against true captions (" + what + "): " + verdict.numbers + "; one seed cannot tell whether that is chance. ";
    if (verdict.worse) return "Shuffled captions are worse than true ones, so " + what + " is used: " + verdict.numbers + ". ";
    return "Shuffled captions are not worse than true ones in any measure, so " + unused + ": " + verdict.numbers + ". ";
}

// Of a list of arms: which is best by KID, and whether any pair stands apart.
std::string amongLengths(const StudyTable& table, const std::string& prefix, const std::string& what) {
    std::vector<const ArmRow*> rows;
    for (const auto& row : table.rows)
        if (row.arm.id.starts_with(prefix) && std::isfinite(row.kid.value)) rows.push_back(&row);
    if (rows.size() < 2) return {};
    const auto [best, worst] =
        std::minmax_element(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->kid.value < b->kid.value; });
    const auto d = difference(table, (*best)->arm.id, (*worst)->arm.id, &ArmResult::kid);
    auto text = what + " the lowest KID is that of " + (*best)->arm.id + " (" + number((*best)->kid.value * 1000, 2) +
                "), the highest that of " + (*worst)->arm.id + " (" + number((*worst)->kid.value * 1000, 2) + ")";
    if (!std::isfinite(d.low)) return text + "; with one seed this is no finding. ";
    text += ", " + withInterval(d, 1000, 2) + " apart";
    // The largest of k(k-1)/2 differences was picked: the interval is widened by Bonferroni's factor in words, not in the table.
    return text + (d.low > 0 ? "; the interval leaves 0 out, but these two were picked out of " + std::to_string(rows.size()) +
                                   ", so read it as a hint. "
                             : "; that is within what seeds alone do, so this study shows no effect of it on the distance. ");
}

std::string costs(const CaptionStudy& study, const StudyTable& table) {
    const auto* shortest = findRow(table, "text-" + std::to_string(study.lengths.front()));
    const auto* longest = findRow(table, "text-" + std::to_string(study.lengths.back()));
    if (!shortest || !longest || shortest == longest) return {};
    return "A context of " + std::to_string(longest->arm.length) + " tokens takes " +
           number((longest->peakBytes / shortest->peakBytes - 1) * 100, 1) + " % more memory and runs at " +
           number(longest->imagesPerSecond / shortest->imagesPerSecond * 100, 0) + " % of the speed of one of " +
           std::to_string(shortest->arm.length) + " (runs follow one another, so what else the machine does counts in the speed). ";
}

std::string escapedHtml(const std::string& text) { return escaped(text); }

} // namespace

StudyTable tableOf(const CaptionStudy& study, const std::vector<ArmResult>& results) {
    StudyTable table;
    const auto arms = armsOf(study);
    table.planned = int(arms.size() * study.seeds.size());
    for (const auto& arm : arms) {
        ArmRow row;
        row.arm = arm;
        for (const auto& r : results)
            if (r.arm == arm.id) row.results.push_back(r);
        table.done += int(row.results.size());
        if (row.results.empty()) continue;
        const auto mean = [&](Measure m) { return meanOf(valuesOf(row.results, m)); };
        row.kidLow = mean(&ArmResult::kidLow), row.kidHigh = mean(&ArmResult::kidHigh);
        row.imagesPerSecond = mean(&ArmResult::imagesPerSecond), row.peakBytes = mean(&ArmResult::peakBytes);
        row.tokens = mean(&ArmResult::tokens), row.facts = mean(&ArmResult::facts);
        table.rows.push_back(std::move(row));
    }
    const std::pair<Measure, SeedMean ArmRow::*> both[] = {{&ArmResult::kid, &ArmRow::kid},
                                                           {&ArmResult::kidInClass, &ArmRow::kidInClass},
                                                           {&ArmResult::fid, &ArmRow::fid},
                                                           {&ArmResult::loss, &ArmRow::loss}};
    for (const auto& [measure, into] : both) {
        std::vector<std::vector<double>> lists;
        for (const auto& row : table.rows) lists.push_back(valuesOf(row.results, measure));
        const auto spread = pooled(lists);
        for (std::size_t i = 0; i < table.rows.size(); ++i) table.rows[i].*into = meanWith(lists[i], spread);
    }
    return table;
}

SeedMean difference(const StudyTable& table, const std::string& a, const std::string& b, double ArmResult::*measure) {
    const auto *one = findRow(table, a), *other = findRow(table, b);
    if (!one || !other) return {};
    // The spread of the differences of all arms to the first of the two.
    std::vector<std::vector<double>> lists;
    for (const auto& row : table.rows)
        if (&row != one) lists.push_back(pairedDifferences(*one, row, measure));
    return meanWith(pairedDifferences(*one, *other, measure), pooled(lists));
}

std::string studyParagraph(const CaptionStudy& study, const StudyTable& table) {
    if (table.rows.empty()) return "No run is finished yet.";
    const auto& any = table.rows.front().results.front();
    const auto control = std::to_string(study.controlLength), own = "text-" + control;
    std::string text = "Each run trained " + std::to_string(study.recipe.steps) + " steps of " + std::to_string(study.recipe.batch) +
                       " images; " + std::to_string(table.done) + " of " + std::to_string(table.planned) +
                       " runs are done. Distances are between " + std::to_string(any.tiles) + " tiles of a run and " +
                       std::to_string(any.realTiles) + " held-out tiles of " + std::to_string(any.realGroups) +
                       " groups, in the features of the extractor \"" + study.extractor +
                       "\"; between halves of the held-out groups KID x 1000 is " + number(any.kidReal * 1000, 2) + " (" +
                       number(any.kidRealLow * 1000, 2) + " to " + number(any.kidRealHigh * 1000, 2) + "). ";
    text += textUse(table, own, "shuffled", "the text as a whole",
                    "the text is unused by these models and the rows above say nothing about captions");
    text += textUse(table, own, "shuffled-in-class", "what captions say beyond the class",
                    "the statements beyond the class are unused and lengths differ by nothing that was read");
    const auto none = difference(table, own, "none", &ArmResult::kid);
    if (std::isfinite(none.value))
        text +=
            "Without any text (and so without guidance) KID x 1000 is " + std::string(none.value >= 0 ? "higher by " : "lower by ") +
            number(std::abs(none.value) * 1000, 2) +
            (std::isfinite(none.low) ? " (difference " + number(none.low * 1000, 2) + " to " + number(none.high * 1000, 2) + "). " : ". ");
    text += amongLengths(table, "text-", "Among lengths with as many statements as fit");
    text += amongLengths(table, "filler-", "Among lengths made of filler words, with the same statements,");
    text += amongLengths(table, "padding-", "Among contexts made of padding, with the same statements,");
    text += costs(study, table);
    text += "Intervals over seeds are pooled over arms and hold for these held-out tiles; intervals over groups hold for these trainings. "
            "Small models after a short training say little about large ones.";
    return text;
}

void writeStudyReport(const CaptionStudy& study, const StudyTable& table, const TrainingSet& set, const std::filesystem::path& folder) {
    const auto paragraph = studyParagraph(study, table);
    Json json{
        {"format", "phloxine-study-report/1"},
        {"study", toJson(study)},
        {"data", {{"tiles", set.tiles.size()}, {"held_out", set.rows(true).size()}, {"tiles_sha256", set.sha256}, {"leaks", set.leaks}}},
        {"runs_planned", table.planned},
        {"runs_done", table.done},
        {"paragraph", paragraph},
        {"arms", Json::array()}};
    // Without the folders in which files of this machine lie.
    json["study"]["recipe"]["model"]["autoencoder"] = std::filesystem::path(study.recipe.model.autoencoder).filename().string();
    const auto meanJson = [](const SeedMean& m) {
        const auto value = [](double v) { return std::isfinite(v) ? Json(v) : Json(); };
        return Json{{"mean", value(m.value)}, {"low", value(m.low)}, {"high", value(m.high)}, {"seeds", m.n}};
    };
    std::string csv, head, rule, markdown, html;
    for (const auto& column : columns()) {
        csv += (csv.empty() ? "\"" : ",\"") + column.title + "\"";
        head += "| " + column.title + " ", rule += "|---", html += "<th>" + escapedHtml(column.title) + "</th>";
    }
    csv += "\n", markdown = head + "|\n" + rule + "|\n", html = "<tr>" + html + "</tr>\n";
    for (const auto& row : table.rows) {
        Json arm{{"id", row.arm.id},
                 {"title", row.arm.title},
                 {"length", row.arm.length},
                 {"kid", meanJson(row.kid)},
                 {"kid_in_class", meanJson(row.kidInClass)},
                 {"fid", meanJson(row.fid)},
                 {"held_out_loss", meanJson(row.loss)},
                 {"results", Json::array()}};
        for (const auto& result : row.results) arm["results"].push_back(toJson(result));
        json["arms"].push_back(std::move(arm));
        std::string line;
        html += "<tr>";
        for (const auto& column : columns()) {
            const auto cell = column.cell(row);
            csv += (line.empty() ? "\"" : ",\"") + cell + "\"";
            line += "| " + cell + " ", html += "<td>" + escapedHtml(cell) + "</td>";
        }
        csv += "\n", markdown += line + "|\n", html += "</tr>\n";
    }
    std::string legend = "Arms: ";
    for (const auto& row : table.rows) legend += (legend.size() > 6 ? "; " : "") + row.arm.id + ": " + row.arm.title;
    legend += ". Memory is the most that Torch held at once in training, without the program and without mapped latents; images/s is the "
              "median over the steps, on one machine under whatever load it had.";
    const auto title = study.title.empty() ? std::string("Caption length") : study.title;
    const auto write = [&](const char* name, const std::string& text) { writeFileAtomically(folder / name, text, IfExists::Replace); };
    write("study.json", json.dump(1) + "\n");
    write("table.csv", csv);
    write("report.md", "# " + title + "\n\n" + paragraph + "\n\n" + markdown + "\n" + legend + "\n");
    write("report.html",
          "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" + escapedHtml(title) +
              "</title><style>body{font:14px/20px sans-serif;max-width:1200px;margin:0 auto;padding:24px}table{border-collapse:"
              "collapse}th,td{border-bottom:1px solid #d8d8d8;padding:4px 8px;text-align:left;vertical-align:top}</style><h1>" +
              escapedHtml(title) + "</h1><p>" + escapedHtml(paragraph) + "</p><table>\n" + html + "</table><p>" + escapedHtml(legend) +
              "</p></html>\n");
}

} // namespace phloxine
